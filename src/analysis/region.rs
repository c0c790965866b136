//! Regions: the neighbouring values of a hyperparameter at which trials fail most often.
use super::bin::{Binning, Scale, scale};
use crate::space::hyperparameter::{Hyperparameter, Value};

/// The normal quantile of a 90 % interval.
const Z: f64 = 1.645;
/// Parts into which the values that were tried are cut, at most.
const PARTS: usize = 64;
/// Regions of one hyperparameter, at most.
const MOST: usize = 3;

/// A trial: its value, the position of that in the domain, and true if it failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tried<'a> {
    pub value: &'a Value,
    pub position: f64,
    pub failed: bool,
}

/// A range of values with more failures than on average; an end is absent where no value that was tried is beyond it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Region {
    pub least: Option<Value>,
    pub greatest: Option<Value>,
    pub failed: usize,
    pub trials: usize,
}

/// Trials at neighbouring values.
#[derive(Clone, Debug)]
struct Part {
    least: Value,
    greatest: Value,
    failed: usize,
    trials: usize,
}

/// The regions of a hyperparameter in which the rate of failures is above that of `all` trials: ranges of numbers, chosen by
/// the lower end of the interval of their rate, or single choices.
pub(super) fn regions(hyperparameter: &Hyperparameter, tried: Vec<Tried>, all: f64) -> Vec<Region> {
    if scale(hyperparameter) == Scale::Categorical {
        return choices(hyperparameter, &tried, all);
    }
    let parts = parts(tried);
    let mut found = Vec::new();
    let mut open = vec![(0, parts.len())];
    while let (Some((from, to)), true) = (open.pop(), found.len() < MOST) {
        let Some((start, end)) = worst(&parts[from..to], all).map(|(start, end)| (from + start, from + end)) else {
            continue;
        };
        let (failed, trials) = count(&parts[start..end]);
        // One value is named, at an end of the range too.
        let is_one = end == start + 1 && parts[start].least == parts[start].greatest;
        let least = (start > 0 || is_one).then(|| parts[start].least.clone());
        let greatest = (end < parts.len() || is_one).then(|| parts[end - 1].greatest.clone());
        found.push(Region { least, greatest, failed, trials });
        open.extend([(end, to), (from, start)]);
    }
    found
}

fn choices(hyperparameter: &Hyperparameter, tried: &[Tried], all: f64) -> Vec<Region> {
    let binning = Binning::of(hyperparameter, tried.iter().map(|trial| trial.position));
    let mut counts = vec![(0, 0); binning.bins.len()];
    for trial in tried {
        let (failed, trials) = &mut counts[binning.bin_of(trial.position)];
        *failed += usize::from(trial.failed);
        *trials += 1;
    }
    let bins = binning.bins.into_iter().zip(counts).filter(|(_, (failed, trials))| is_above(*failed, *trials, all));
    let region =
        |value: Value, (failed, trials)| Region { least: Some(value.clone()), greatest: Some(value), failed, trials };
    bins.map(|(bin, counts)| region(bin.value, counts)).collect()
}

/// The values in their order, cut into parts; equal values are in one.
fn parts(mut tried: Vec<Tried>) -> Vec<Part> {
    tried.sort_by(|a, b| a.position.total_cmp(&b.position));
    let values: Vec<&[Tried]> = tried.chunk_by(|a, b| a.position == b.position).collect();
    let part = |values: &[&[Tried]]| {
        let trials = || values.iter().flat_map(|trials| trials.iter());
        Some(Part {
            least: trials().next()?.value.clone(),
            greatest: trials().next_back()?.value.clone(),
            failed: trials().filter(|trial| trial.failed).count(),
            trials: trials().count(),
        })
    };
    values.chunks(values.len().div_ceil(PARTS).max(1)).filter_map(part).collect()
}

fn count(parts: &[Part]) -> (usize, usize) {
    parts.iter().fold((0, 0), |(failed, trials), part| (failed + part.failed, trials + part.trials))
}

/// The run of parts whose rate of failures has the interval with the highest lower end.
fn worst(parts: &[Part], all: f64) -> Option<(usize, usize)> {
    let runs = (0..parts.len()).flat_map(|start| (start + 1..=parts.len()).map(move |end| (start, end)));
    let rated = runs.filter_map(|(start, end)| {
        let (failed, trials) = count(&parts[start..end]);
        is_above(failed, trials, all).then(|| ((start, end), wilson(failed, trials).0))
    });
    rated.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(run, _)| run)
}

fn is_above(failed: usize, trials: usize, all: f64) -> bool {
    failed > 0 && failed as f64 / trials as f64 > all
}

/// Wilson's 90 % interval of a rate (Wilson 1927).
pub(super) fn wilson(failed: usize, trials: usize) -> (f64, f64) {
    let (failed, trials) = (failed as f64, trials as f64);
    let (rate, square) = (failed / trials, Z * Z);
    let middle = (rate + square / (2.0 * trials)) / (1.0 + square / trials);
    let half = Z / (1.0 + square / trials) * (rate * (1.0 - rate) / trials + square / (4.0 * trials * trials)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;

    #[test]
    fn intervals_agree_with_scipy() {
        // scipy.stats.binomtest(2, 10).proportion_ci(0.9, "wilson")
        let (low, high) = wilson(2, 10);
        assert!((low - 0.06855).abs() < 1e-4 && (high - 0.45923).abs() < 1e-4, "{low} {high}");
        assert_eq!(wilson(0, 5).0, 0.0);
    }

    /// The regions of a number from 0 to 1 that was tried at so many places, and fails where `fails` holds.
    fn found(n: u32, fails: impl Fn(f64) -> bool) -> Vec<(Option<Value>, Option<Value>, usize, usize)> {
        let space = fixtures::line();
        let places: Vec<f64> = (0..n).map(|index| f64::from(index) / f64::from(n)).collect();
        let values: Vec<Value> = places.iter().map(|place| Value::Float(*place)).collect();
        let tried = places.iter().zip(&values);
        let tried: Vec<Tried> =
            tried.map(|(&position, value)| Tried { value, position, failed: fails(position) }).collect();
        let all = tried.iter().filter(|trial| trial.failed).count() as f64 / f64::from(n);
        let regions = regions(&space.hyperparameters()[0], tried, all);
        regions.into_iter().map(|region| (region.least, region.greatest, region.failed, region.trials)).collect()
    }

    #[test]
    fn a_range_is_as_wide_as_its_failures() {
        let value = |x: f64| Some(Value::Float(x));
        assert_eq!(found(20, |x| x > 0.7), [(value(0.75), None, 5, 5)]);
        assert_eq!(found(20, |x| x < 0.22), [(None, value(0.2), 5, 5)]);
        assert_eq!(found(20, |x| (0.32..0.5).contains(&x)), [(value(0.35), value(0.45), 3, 3)]);
        assert_eq!(found(20, |x| x == 0.95), [(value(0.95), value(0.95), 1, 1)]);
        assert_eq!(found(20, |_| true), []);
        // Beyond so many values, an end is exact to a part.
        let many = found(1000, |x| x > 0.7);
        assert_eq!((many.len(), &many[0].1), (1, &None));
        assert!(many[0].2 > 280 && many[0].3 < 320, "{many:?}");
    }
}
