//! The pace of a run, and the time that the rest of it takes at this pace.
use std::collections::VecDeque;

/// The number of latest trials from which the spread of the pace is computed.
const RECENT: usize = 500;

/// One trial that has ended: how much budget it added to its configuration, and how long that took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pace {
    pub budget: f64,
    pub seconds: f64,
}

/// The time left with its spread, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TimeEstimate {
    pub seconds: f64,
    /// Half the interquartile range of the recent pace, carried to the work that is left.
    pub spread: f64,
}

/// The paces of all trials so far, as their sums (Welford 1962); of the last ones, each.
#[derive(Clone, Debug, Default)]
pub struct Paces {
    count: f64,
    budget: f64,
    seconds: f64,
    /// Sums of squares and products about the means.
    square: f64,
    product: f64,
    recent: VecDeque<Pace>,
}

impl Paces {
    /// Adds a trial that has ended.
    pub(crate) fn push(&mut self, pace: Pace) {
        self.count += 1.0;
        let (x, y) = (pace.budget - self.budget, pace.seconds - self.seconds);
        self.budget += x / self.count;
        self.seconds += y / self.count;
        self.square += x * (pace.budget - self.budget);
        self.product += x * (pace.seconds - self.seconds);
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(pace);
    }

    /// The time that `trials` more trials with `budget` in all will take `workers` workers; `None` before two trials
    /// ended.
    ///
    /// A trial's time is a start-up and evaluation part that it always takes, plus a part proportional to its budget; both
    /// are fitted by least squares and kept from going negative.
    pub(crate) fn estimate(&self, trials: usize, budget: f64, workers: usize) -> Option<TimeEstimate> {
        let seconds = self.seconds(trials, budget, workers)?;
        let (fixed, slope) = self.fit();
        let mut ratios: Vec<f64> = self
            .recent
            .iter()
            .map(|pace| pace.seconds / (fixed + slope * pace.budget).max(f64::MIN_POSITIVE))
            .collect();
        ratios.sort_unstable_by(f64::total_cmp);
        let quartile = |share: f64| ratios[((ratios.len() - 1) as f64 * share).round() as usize];
        Some(TimeEstimate { seconds, spread: seconds * (quartile(0.75) - quartile(0.25)) / 2.0 })
    }

    /// The seconds of [`estimate`](Self::estimate) without the spread, which is quick to compute.
    pub(crate) fn seconds(&self, trials: usize, budget: f64, workers: usize) -> Option<f64> {
        let (fixed, slope) = (self.recent.len() >= 2).then(|| self.fit())?;
        Some((fixed * trials as f64 + slope * budget) / workers.max(1) as f64)
    }

    /// The seconds of a trial that adds so much budget to its configuration; `None` before two trials ended.
    pub(crate) fn trial(&self, budget: f64) -> Option<f64> {
        let (fixed, slope) = (self.recent.len() >= 2).then(|| self.fit())?;
        Some(fixed + slope * budget)
    }

    /// The seconds that one more trial with this budget takes, in proportion where all trials so far had the same budget,
    /// so that it is rather too long; `None` before the first trial ended.
    pub(crate) fn longest(&self, budget: f64) -> Option<f64> {
        self.recent.back()?;
        if self.has_slope() {
            let (fixed, slope) = self.fit();
            return Some(fixed + slope * budget);
        }
        Some(self.seconds * (budget / self.budget.max(f64::MIN_POSITIVE)).max(1.0))
    }

    /// The mean seconds of a trial so far.
    pub(crate) fn mean(&self) -> f64 {
        self.seconds
    }

    /// False for equal budgets, which say nothing of the slope; what is left of their differences is rounding.
    fn has_slope(&self) -> bool {
        self.square > 1e-9 * self.count * self.budget * self.budget
    }

    /// The fixed seconds of a trial and its seconds per unit of budget.
    fn fit(&self) -> (f64, f64) {
        let (x, y) = (self.budget, self.seconds);
        let slope = if self.has_slope() { (self.product / self.square).max(0.0) } else { 0.0 };
        let fixed = y - slope * x;
        if fixed >= 0.0 { (fixed, slope) } else { (0.0, y / x.max(f64::MIN_POSITIVE)) }
    }
}

impl FromIterator<Pace> for Paces {
    fn from_iter<T: IntoIterator<Item = Pace>>(paces: T) -> Self {
        let mut all = Self::default();
        paces.into_iter().for_each(|pace| all.push(pace));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_pace_is_extrapolated() {
        // Many before them, so that the sums are not those of the recent ones alone.
        for earlier in [0, 3 * RECENT] {
            let budgets = [27.0, 54.0, 162.0].into_iter().cycle().take(earlier + 3);
            let paces: Paces = budgets.map(|budget| Pace { budget, seconds: 2.0 + 0.1 * budget }).collect();
            let left = paces.estimate(10, 1000.0, 2).expect("three trials ended");
            assert!((left.seconds - 60.0).abs() < 1e-6 && left.spread < 1e-6, "{left:?}");
        }
    }

    #[test]
    fn a_longer_trial_is_not_taken_for_a_short_one() {
        let paces =
            |all: &[(f64, f64)]| all.iter().map(|&(budget, seconds)| Pace { budget, seconds }).collect::<Paces>();
        assert_eq!(paces(&[]).longest(9.0), None);
        assert_eq!(paces(&[(1.0, 10.0), (1.0, 10.0)]).longest(9.0), Some(90.0));
        let known = paces(&[(1.0, 3.0), (3.0, 5.0)]).longest(9.0).unwrap();
        assert!((known - 11.0).abs() < 1e-9, "{known}");
        assert_eq!(paces(&[(1.0, 10.0), (3.0, 10.0)]).longest(9.0), Some(10.0));
    }

    #[test]
    fn equal_budgets_and_too_few_trials_are_no_trouble() {
        let one: Paces = [Pace { budget: 1.0, seconds: 1.0 }].into_iter().collect();
        assert_eq!(one.estimate(5, 5.0, 1), None);
        for n in 2..12 {
            let paces: Vec<_> = (0..n).map(|i| Pace { budget: 0.7, seconds: 0.69 + 0.02 * f64::from(i % 2) }).collect();
            let mean = paces.iter().map(|pace| pace.seconds).sum::<f64>() / f64::from(n);
            let left = paces.into_iter().collect::<Paces>().estimate(5, 900.0, 1).expect("two trials ended");
            assert!((left.seconds - 5.0 * mean).abs() < 1e-9, "{n} trials: {left:?}");
        }
    }
}
