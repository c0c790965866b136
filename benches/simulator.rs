//! Processor time of a simulated second of one profile.
//!
//! `cargo bench --no-default-features --features simulator --bench simulator`; the drive cycle of the tests, on one core,
//! with the instructions that this processor has. `benches/beside_pybamm.py` puts it beside PyBaMM.
use std::path::Path;
use std::time::Duration;

use galvani::battery::cell::Cell;
use galvani::battery::lanes::{LANES, Lanes};
use galvani::battery::spme::{Row, Simulator};
use galvani::battery::thermal::Thermal;

const REPEATS: usize = 7;

fn main() {
    let drive = drive();
    for name in Cell::names() {
        let cell = Cell::named(&name).expect("a built-in cell");
        let thermals: &[Thermal] = match (&cell.thermal, name.as_str()) {
            (None, _) => &[Thermal::Isothermal],
            (_, "chen2020") => &[Thermal::TwoTemperature, Thermal::Lumped, Thermal::Isothermal],
            _ => &[Thermal::Lumped],
        };
        for &thermal in thermals {
            let scale = cell.capacity_ah / 5.0;
            let currents: Vec<Lanes> = drive.iter().map(|current| [current * scale; LANES]).collect();
            let best = (0..REPEATS).map(|_| run(&cell, thermal, &currents)).min().expect("several repeats");
            let nanoseconds = best.as_nanos() as f64 / (currents.len() * LANES) as f64;
            println!("{name} {thermal:?}: {nanoseconds:.1} ns of processor time a profile-second");
        }
    }
}

fn run(cell: &Cell, thermal: Thermal, currents: &[Lanes]) -> Duration {
    let simulator = Simulator::new(cell, thermal);
    let (mut state, _) = simulator.start(&[0.9; LANES], &[25.0; LANES], &currents[0]);
    let mut rows = [Row::default(); 64];
    let begun = processor_time();
    for chunk in currents.chunks(rows.len()) {
        simulator.advance(&mut state, chunk, &mut rows[..chunk.len()]);
    }
    std::hint::black_box(&rows);
    processor_time() - begun
}

/// Of this thread.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The drive cycle in samples of 1 s, A.
fn drive() -> Vec<f64> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/spme/drive_4h.current.txt");
    let text = std::fs::read_to_string(path).expect("the samples of the tests");
    let run = |line: &str| {
        let (value, count) = line.split_once('*').unwrap_or((line, "1"));
        vec![value.parse().expect("a current"); count.parse().expect("a count")]
    };
    text.lines().flat_map(run).collect()
}
