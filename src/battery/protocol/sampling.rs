//! Sampling of a protocol at whole seconds: the currents that it lets flow, for a simulation beside others.
use crate::battery::cell::Cell;
use crate::battery::protocol::Protocol;
use crate::battery::protocol::conditions::{Conditions, CyclerProgress};
use crate::battery::protocol::load::Load;
use crate::battery::protocol::step::{Part, Step};
use crate::battery::protocol::test_stand::{TestStand, observation};
use crate::battery::simulation::thermal::Thermal;
use crate::battery::simulation::trace::Start;

/// s.
const SECOND: f64 = 1.0;

/// The currents of a protocol, A, 1 s apart and linear in between, from a relaxed cell on; a protocol that is over begins
/// again, and a step is over with the last second before its end.
pub(crate) fn samples(cell: &Cell, thermal: Thermal, protocol: &Protocol, start: Start, count: usize) -> Vec<f64> {
    let conditions = Conditions::relaxed(thermal, start);
    let mut watch = |_: &CyclerProgress| true;
    let mut stand = TestStand::new(cell, &conditions, &mut watch).expect("there is no state to continue from");
    stand.marcher.keep_even(SECOND);
    let mut currents = Vec::with_capacity(count);
    currents.push(0.0);
    while currents.len() < count {
        let before = currents.len();
        for group in &protocol.groups {
            pass(&mut stand, &group.parts, group.repeats, group.stops_at_limit, &mut currents, count);
        }
        if currents.len() == before {
            // Nothing that the protocol wants is possible now: the cell rests.
            stand.rest(&mut currents);
        }
    }
    currents
}

/// Samples some parts as often as they are repeated.
fn pass(stand: &mut TestStand, parts: &[Part], repeats: u64, stops: bool, currents: &mut Vec<f64>, count: usize) {
    for _ in 0..repeats {
        let (before, mut is_met) = (currents.len(), false);
        for part in parts {
            if currents.len() >= count {
                return;
            }
            match part {
                Part::Step(step) => is_met |= stand.sample(step, currents, count),
                Part::Group(group) => pass(stand, &group.parts, group.repeats, group.stops_at_limit, currents, count),
            }
        }
        if (stops && is_met) || currents.len() == before {
            return;
        }
    }
}

impl TestStand<'_> {
    /// Adds the currents of a step; true where it came to one of its endings.
    fn sample(&mut self, step: &Step, currents: &mut Vec<f64>, count: usize) -> bool {
        let mut running = self.begin(step);
        let start = observation(&self.marcher.row, 0.0);
        let direction = self.direction(step);
        running.goals = step.endings.iter().map(|end| end.goal(&start, direction, self.cell.capacity_ah)).collect();
        while currents.len() < count && running.elapsed + SECOND <= running.limit {
            let load = self.load(step, running.elapsed + SECOND, false);
            let Some(row) = self.marcher.tried(SECOND, load) else { return true };
            let seen = self.observed(&running, SECOND, &row);
            if running.goals.iter().any(|goal| goal.left(&seen) <= 0.0) || self.trouble(&row).is_some() {
                return true;
            }
            self.take(&mut running, SECOND, row, None);
            currents.push(row.current[0]);
        }
        false
    }

    /// Adds a second without a current.
    fn rest(&mut self, currents: &mut Vec<f64>) {
        if let Some(row) = self.marcher.tried(SECOND, Load::Current(0.0)) {
            self.marcher.go(SECOND, row, None);
        }
        currents.push(0.0);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::battery::simulation::trace::simulate;

    #[test]
    fn samples_are_the_currents_of_a_simulation_that_keeps_to_the_protocol() {
        let cell = Cell::named("chen2020").unwrap();
        let text = "Discharge at 2C for 100 s; Hold at 3.9 V for 60 s; Charge at 0.5C until 4.05 V; Rest for 30 s";
        let protocol = Protocol::parse(Path::new("text"), text, Path::new(".")).unwrap();
        let start = Start { soc: 0.8, ambient: 20.0 };
        let currents = samples(&cell, Thermal::Lumped, &protocol, start, 900);
        assert_eq!((currents.len(), currents[0], currents[1], currents[100]), (900, 0.0, 10.0, 10.0));
        let trace = simulate(&cell, Thermal::Lumped, &currents, start);
        for second in 101..=160 {
            assert!((trace.voltage[second] - 3.9).abs() < 1e-8, "{second}: {}", trace.voltage[second]);
        }
        assert_eq!(currents[161], -2.5);
        assert!(trace.voltage[161..].iter().all(|voltage| *voltage <= 4.05), "the limit is kept at every second");
        let stuck = Protocol::parse(Path::new("text"), "Charge at 1C until 3 V", Path::new(".")).unwrap();
        assert_eq!(samples(&cell, Thermal::Isothermal, &stuck, start, 50), [0.0; 50]);
    }
}
