//! Processor time of a cycle of CCCV, performed step by step.
//!
//! `cargo bench --no-default-features --features simulator --bench protocols -- 10000`: as many cycles, isothermal, without a
//! trace, on one core. `benches/protocols_beside_pybamm.py` puts it beside PyBaMM.
use std::path::Path;
use std::time::Duration;

use galvani::battery::cell::Cell;
use galvani::battery::protocol::Protocol;
use galvani::battery::protocol::conditions::Conditions;
use galvani::battery::protocol::cycler::perform;
use galvani::battery::simulation::thermal::Thermal;
use galvani::battery::simulation::trace::Start;

fn main() {
    let wanted = std::env::args().skip(1).find_map(|argument| argument.parse::<u64>().ok());
    let cycles = wanted.unwrap_or(1000);
    let text = format!(
        "(Discharge at 1C until 2.5 V; Rest for 30 minutes; Charge at 1C until 4.2 V; Hold at 4.2 V until C/50; Rest for 30 minutes) * {cycles}"
    );
    let protocol = Protocol::parse(Path::new("text"), &text, Path::new(".")).expect("sentences");
    let cell = Cell::named("chen2020").expect("a built-in cell");
    for thermal in [Thermal::Isothermal, Thermal::Lumped] {
        let conditions = Conditions::relaxed(thermal, Start { soc: 1.0, ambient: 25.0 });
        let begun = processor_time();
        let done = perform(&cell, &protocol, &conditions, &mut |_| true).expect("no state to continue from");
        let spent = processor_time() - begun;
        assert!(done.failure.is_none() && done.steps.len() as u64 == 5 * cycles, "{:?}", done.failure);
        let microseconds = 1e6 * spent.as_secs_f64() / cycles as f64;
        let days = done.state.time_s / 86400.0;
        println!("cccv {thermal:?}: {microseconds:.1} us of processor time a cycle, {cycles} cycles, {days:.0} days");
    }
}

/// The processor time of this thread.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
