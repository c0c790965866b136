//! Processor time of a simulated second of one profile.
//!
//! `cargo bench --no-default-features --features simulator --bench simulator`; the drive cycle of the tests, on one core,
//! with the instructions that this processor has; `-- chen2020` for one cell. `benches/beside_pybamm.py` puts it beside PyBaMM.
use std::path::Path;
use std::time::{Duration, Instant};

use galvani::battery::cell::Cell;
use galvani::battery::simd::lanes::{LANES, Lanes};
use galvani::battery::simulation::thermal::Thermal;
use galvani::battery::simulation::{Row, Simulator};

/// Repeats, at least; and for how long. The least time counts: everything else is somebody else's work on the machine.
const REPEATS: usize = 5;
const ENOUGH: Duration = Duration::from_secs(3);

fn main() {
    let drive = drive();
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for name in Cell::names() {
        if !wanted.is_empty() && !wanted.contains(&name) {
            continue;
        }
        let cell = Cell::named(&name).expect("a built-in cell");
        let thermals: &[Thermal] = match (&cell.thermal, name.as_str()) {
            (None, _) => &[Thermal::Isothermal],
            (_, "chen2020") => &[Thermal::TwoTemperature, Thermal::Lumped, Thermal::Isothermal],
            _ => &[Thermal::Lumped],
        };
        for &thermal in thermals {
            let scale = cell.capacity_ah / 5.0;
            let currents: Vec<Lanes> = drive.iter().map(|current| [current * scale; LANES]).collect();
            let begun = Instant::now();
            let mut best = Duration::MAX;
            let mut repeats = 0;
            while repeats < REPEATS || begun.elapsed() < ENOUGH {
                best = best.min(run(&cell, thermal, &currents));
                repeats += 1;
            }
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

/// The processor time of this thread.
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
