//! The arrival at the end of a step: the time at which the first of its goals is reached, and the state then.
use crate::battery::protocol::ending::{Goal, Observation};
use crate::battery::protocol::table::EndReason;
use crate::battery::protocol::test_stand::{EXACT, RunningStep, TestStand, observation};
use crate::battery::simulation::Row;

/// Trials of the time at which a step ends.
const TRIALS: usize = 60;

impl TestStand<'_> {
    /// Finds the end of a step within its next seconds, after which the last row was tried, and goes there.
    pub(super) fn arrive(&mut self, running: &mut RunningStep, seconds: f64, row: Row) -> EndReason {
        let least = |seen: &Observation| running.goals.iter().map(|goal| goal.left(seen)).fold(f64::INFINITY, f64::min);
        let (mut from, mut before) = (0.0, least(&observation(&self.marcher.row, running.charge)));
        let (mut to, mut after) = (seconds, least(&self.observed(running, seconds, &row)));
        let slope = (before - after) / seconds;
        let (mut arrived, mut tried, mut last_is_after) = ((seconds, row), seconds, None);
        for _ in 0..TRIALS {
            if to - from <= EXACT {
                break;
            }
            // False position; an end that stays twice loses half of its weight (Illinois).
            let share = (before / (before - after)).clamp(1e-3, 1.0 - 1e-3);
            tried = from + (to - from) * share;
            self.surround(running, tried);
            let load = self.load(running.step, running.elapsed + tried, false);
            let Some(row) = self.marcher.tried(tried, load) else { break };
            let value = least(&self.observed(running, tried, &row));
            let is_after = value <= 0.0;
            let stays = last_is_after == Some(is_after);
            if is_after {
                (to, after) = (tried, value);
                before *= if stays { 0.5 } else { 1.0 };
            } else {
                (from, before) = (tried, value);
                after *= if stays { 0.5 } else { 1.0 };
            }
            last_is_after = Some(is_after);
            let is_there = value.abs() <= EXACT * slope;
            if is_after || is_there {
                arrived = (tried, row);
            }
            if is_there {
                break;
            }
        }
        let (seconds, mut row) = arrived;
        if tried != seconds {
            self.surround(running, seconds);
            let load = self.load(running.step, running.elapsed + seconds, false);
            row = self.marcher.tried(seconds, load).unwrap_or(row);
        }
        let seen = self.observed(running, seconds, &row);
        let nearest = running.goals.iter().min_by(|a, b| a.left(&seen).total_cmp(&b.left(&seen)));
        let name = nearest.map_or("voltage", Goal::name);
        self.take(running, seconds, row, None);
        self.row(true);
        EndReason::Reached(name)
    }
}
