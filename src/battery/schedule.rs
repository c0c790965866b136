//! The learning rate of every step, fixed by the schedule and not by how long a trial may train.

/// Warm-up from zero, then a straight line down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// The highest learning rate.
    pub peak: f64,
    /// Steps until it is reached.
    pub warm_up: u64,
    /// Steps until it has fallen to the floor, where it stays.
    pub steps: u64,
    /// Lowest learning rate over the highest.
    pub floor: f64,
}

impl Schedule {
    /// The learning rate of step `step`, counted from 0.
    pub fn at(&self, step: u64) -> f64 {
        if step < self.warm_up {
            return self.peak * (step + 1) as f64 / (self.warm_up + 1) as f64;
        }
        let length = self.steps.saturating_sub(self.warm_up).max(1) as f64;
        let done = ((step - self.warm_up) as f64 / length).min(1.0);
        self.peak * (1.0 - (1.0 - self.floor) * done)
    }
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    #[test]
    fn it_rises_then_falls_in_straight_lines() {
        let schedule = Schedule { peak: 1.0, warm_up: 4, steps: 14, floor: 0.1 };
        for (step, rate) in [(0, 0.2), (3, 0.8), (4, 1.0), (9, 0.55), (14, 0.1), (1000, 0.1)] {
            assert!((schedule.at(step) - rate).abs() < 1e-12, "step {step}: {}", schedule.at(step));
        }
        let short = Schedule { peak: 1.0, warm_up: 8, steps: 4, floor: 0.0 };
        assert!((0..20).all(|step| (0.0..=1.0).contains(&short.at(step))));
    }
}
