//! The learning rate of every step, fixed by the schedule and not by how long a trial may train.
use serde::{Deserialize, Serialize};

/// The decay of the learning rate after the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decay {
    /// The rate falls linearly.
    #[default]
    Linear,
    /// The rate follows half a cosine wave, slowly at both ends (Loshchilov and Hutter 2017, without restarts).
    Cosine,
    /// The rate stays constant.
    Constant,
}

/// A schedule of the learning rate: warm-up from zero, then decay to the floor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Schedule {
    /// The highest learning rate.
    pub peak: f64,
    /// Steps until it is reached.
    pub warm_up: u64,
    /// Steps until it has fallen to the floor, where it stays.
    pub steps: u64,
    /// Lowest learning rate over the highest.
    pub floor: f64,
    pub decay: Decay,
}

impl Schedule {
    /// The learning rate of step `step`, counted from 0.
    pub(crate) fn at(&self, step: u64) -> f64 {
        if step < self.warm_up {
            return self.peak * (step + 1) as f64 / (self.warm_up + 1) as f64;
        }
        let length = self.steps.saturating_sub(self.warm_up).max(1) as f64;
        let done = ((step - self.warm_up) as f64 / length).min(1.0);
        let fallen = match self.decay {
            Decay::Linear => done,
            Decay::Cosine => 0.5 - 0.5 * (std::f64::consts::PI * done).cos(),
            Decay::Constant => 0.0,
        };
        self.peak * (1.0 - (1.0 - self.floor) * fallen)
    }
}

#[cfg(test)]
mod tests {
    use super::{Decay, Schedule};

    #[test]
    fn it_rises_then_falls_as_it_should() {
        let cases = [
            (Decay::Linear, [(0, 0.2), (3, 0.8), (4, 1.0), (9, 0.55), (14, 0.1), (1000, 0.1)]),
            (Decay::Cosine, [(0, 0.2), (4, 1.0), (6, 0.914_057_647), (9, 0.55), (14, 0.1), (1000, 0.1)]),
            (Decay::Constant, [(0, 0.2), (3, 0.8), (4, 1.0), (9, 1.0), (14, 1.0), (1000, 1.0)]),
        ];
        for (decay, rates) in cases {
            let schedule = Schedule { peak: 1.0, warm_up: 4, steps: 14, floor: 0.1, decay };
            for (step, rate) in rates {
                let found = schedule.at(step);
                assert!((found - rate).abs() < 1e-9, "{decay:?}, step {step}: {found}");
            }
        }
        let short = Schedule { peak: 1.0, warm_up: 8, steps: 4, floor: 0.0, decay: Decay::Linear };
        assert!((0..20).all(|step| (0.0..=1.0).contains(&short.at(step))));
    }
}
