//! How long a sweep will take: the budget that is left, at the pace so far.

/// One trial that has ended: how much budget it added to its configuration, and how long that took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    pub budget: f64,
    pub seconds: f64,
}

/// The time left with its spread, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub seconds: f64,
    /// Half the interquartile range of the pace, carried to the work that is left.
    pub spread: f64,
}

/// The time that `trials` more trials with `budget` in all will take `workers` workers; `None` before two trials ended.
///
/// A trial's time is a start-up and evaluation part that it always takes, plus a part proportional to its budget; both
/// are fitted by least squares and kept from going negative.
pub fn estimate(paces: &[Pace], trials: usize, budget: f64, workers: usize) -> Option<Estimate> {
    if paces.len() < 2 {
        return None;
    }
    let (fixed, slope) = fit(paces);
    let mut ratios: Vec<f64> =
        paces.iter().map(|pace| pace.seconds / (fixed + slope * pace.budget).max(f64::MIN_POSITIVE)).collect();
    ratios.sort_by(f64::total_cmp);
    let quartile = |share: f64| ratios[((ratios.len() - 1) as f64 * share).round() as usize];
    let seconds = (fixed * trials as f64 + slope * budget) / workers.max(1) as f64;
    Some(Estimate { seconds, spread: seconds * (quartile(0.75) - quartile(0.25)) / 2.0 })
}

/// The fixed seconds of a trial and its seconds per unit of budget.
fn fit(paces: &[Pace]) -> (f64, f64) {
    let n = paces.len() as f64;
    let (x, y) = paces.iter().fold((0.0, 0.0), |(x, y), pace| (x + pace.budget, y + pace.seconds));
    let (x, y) = (x / n, y / n);
    let (square, product) = paces.iter().fold((0.0, 0.0), |(square, product), pace| {
        (square + (pace.budget - x).powi(2), product + (pace.budget - x) * (pace.seconds - y))
    });
    // Equal budgets say nothing of the slope; what is left of their differences is rounding.
    let slope = if square > 1e-9 * n * x * x { (product / square).max(0.0) } else { 0.0 };
    let fixed = y - slope * x;
    if fixed >= 0.0 { (fixed, slope) } else { (0.0, y / x.max(f64::MIN_POSITIVE)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_pace_is_extrapolated() {
        let paces: Vec<_> = [27.0, 54.0, 162.0].map(|budget| Pace { budget, seconds: 2.0 + 0.1 * budget }).to_vec();
        let left = estimate(&paces, 10, 1000.0, 2).expect("three trials ended");
        assert!((left.seconds - 60.0).abs() < 1e-9 && left.spread < 1e-9, "{left:?}");
    }

    #[test]
    fn equal_budgets_and_too_few_trials_are_no_trouble() {
        assert_eq!(estimate(&[Pace { budget: 1.0, seconds: 1.0 }], 5, 5.0, 1), None);
        for n in 2..12 {
            let paces: Vec<_> = (0..n).map(|i| Pace { budget: 0.7, seconds: 0.69 + 0.02 * f64::from(i % 2) }).collect();
            let mean = paces.iter().map(|pace| pace.seconds).sum::<f64>() / f64::from(n);
            let left = estimate(&paces, 5, 900.0, 1).expect("two trials ended");
            assert!((left.seconds - 5.0 * mean).abs() < 1e-9, "{n} trials: {left:?}");
        }
    }
}
