//! Costs at several budgets on one scale: that of the highest budget.
use std::collections::{BTreeMap, HashMap};

use super::target::{Scale, logarithms, normal_scores, powers};

/// So many common configurations weigh as much as the assumption that a lower rung's differences carry over in full.
const PRIOR: f64 = 3.0;

/// With fewer common configurations, nothing is learnt of where the line misses.
const FEW: usize = 4;

/// A cost that was found.
#[derive(Clone, Copy, Debug)]
pub struct Observation {
    pub configuration: usize,
    pub budget: f64,
    pub cost: f64,
}

/// One target a configuration, in ascending order of its number: what its cost at the highest budget is expected to be.
///
/// A configuration counts once, by the highest budget it reached: its lower rungs say less about the same thing. From
/// the top down, a rung is linked by the regression of what was found above on what was found there, over the
/// configurations that went on. Selection by the lower rung does not bias that regression, and its slope forgets what
/// the lower rung does not know. What the line misses may depend on where a configuration is (Kennedy and O'Hagan
/// 2000): `residual` predicts it for the last of its arguments from that of the first, given with their indices. A
/// budget column instead would let a forest learn that whatever was promoted is good.
pub fn linked(observations: &[Observation], scale: Scale, residual: &Residual) -> Vec<(usize, f64)> {
    let mut rungs: BTreeMap<u64, Vec<Observation>> = BTreeMap::new();
    let mut places: HashMap<(u64, usize), (usize, f64)> = HashMap::new();
    for observation in observations {
        // Positive numbers are ordered like their bits.
        let rung = rungs.entry(observation.budget.to_bits()).or_default();
        let (place, count) =
            places.entry((observation.budget.to_bits(), observation.configuration)).or_insert((rung.len(), 0.0));
        *count += 1.0;
        match rung.get_mut(*place) {
            // Another seed or instance: their mean counts.
            Some(known) => known.cost += (observation.cost - known.cost) / *count,
            None => rung.push(*observation),
        }
    }
    let mut targets: BTreeMap<usize, f64> = BTreeMap::new();
    for rung in rungs.into_values().rev() {
        let costs: Vec<f64> = rung.iter().map(|observation| observation.cost).collect();
        let is_raw = matches!(scale, Scale::Raw | Scale::Power);
        let values = if is_raw { costs } else { logarithms(&costs) };
        let link = Link::between(&rung, &values, &targets);
        let (mut common, mut missed, mut new) = (Vec::new(), Vec::new(), Vec::new());
        for (observation, value) in rung.iter().zip(values) {
            match targets.get(&observation.configuration) {
                Some(target) => {
                    common.push(observation.configuration);
                    missed.push(target - link.at(value));
                }
                None => new.push((observation.configuration, link.at(value))),
            }
        }
        let (configurations, mut linked): (Vec<usize>, Vec<f64>) = new.into_iter().unzip();
        if common.len() >= FEW && !configurations.is_empty() {
            let corrections = residual(&common, &missed, &configurations);
            linked.iter_mut().zip(corrections).for_each(|(target, correction)| *target += correction);
        }
        targets.extend(configurations.into_iter().zip(linked));
    }
    let (configurations, mut values): (Vec<usize>, Vec<f64>) = targets.into_iter().unzip();
    match scale {
        Scale::Rank => values = normal_scores(&values),
        Scale::Power => values = powers(&values),
        Scale::Raw | Scale::Log => {}
    }
    configurations.into_iter().zip(values).collect()
}

/// Learns numbers at some configurations, and predicts them at others.
pub type Residual<'a> = dyn Fn(&[usize], &[f64], &[usize]) -> Vec<f64> + 'a;

/// The line from a rung's values to targets.
struct Link {
    from: f64,
    to: f64,
    slope: f64,
}

impl Link {
    fn between(rung: &[Observation], values: &[f64], targets: &BTreeMap<usize, f64>) -> Self {
        let common: Vec<(f64, f64)> = (rung.iter().zip(values))
            .filter_map(|(observation, &value)| Some((value, *targets.get(&observation.configuration)?)))
            .collect();
        if targets.is_empty() {
            return Self { from: 0.0, to: 0.0, slope: 1.0 };
        }
        if common.is_empty() {
            // Nothing went on: on average, what was found here is worth as much as what was found above.
            let to = targets.values().sum::<f64>() / targets.len() as f64;
            return Self { from: mean(values), to, slope: 1.0 };
        }
        let (x, y): (Vec<f64>, Vec<f64>) = common.iter().copied().unzip();
        let (from, to) = (mean(&x), mean(&y));
        let product: f64 = common.iter().map(|(x, y)| (x - from) * (y - to)).sum();
        let square: f64 = x.iter().map(|x| (x - from).powi(2)).sum();
        let center = mean(values);
        let prior = PRIOR * values.iter().map(|value| (value - center).powi(2)).sum::<f64>() / values.len() as f64;
        let slope = if prior > 0.0 { ((product + prior) / (square + prior)).max(0.0) } else { 1.0 };
        Self { from, to, slope }
    }

    fn at(&self, value: f64) -> f64 {
        self.to + self.slope * (value - self.from)
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::stream::Stream;

    fn observations(costs: &[(usize, f64, f64)]) -> Vec<Observation> {
        costs.iter().map(|&(configuration, budget, cost)| Observation { configuration, budget, cost }).collect()
    }

    /// The same correction at every configuration: none.
    fn everywhere(_: &[usize], _: &[f64], at: &[usize]) -> Vec<f64> {
        vec![0.0; at.len()]
    }

    #[test]
    fn one_rung_is_its_own_scale() {
        let costs = observations(&[(2, 9.0, 3.0), (0, 9.0, 1.0)]);
        assert_eq!(linked(&costs, Scale::Raw, &everywhere), [(0, 1.0), (2, 3.0)]);
    }

    #[test]
    fn several_seeds_count_by_their_mean() {
        let costs = observations(&[(0, 9.0, 3.0), (1, 9.0, 1.0), (0, 9.0, 5.0), (0, 9.0, 7.0)]);
        assert_eq!(linked(&costs, Scale::Raw, &everywhere), [(0, 5.0), (1, 1.0)]);
    }

    #[test]
    fn a_lower_rung_is_shifted_to_the_higher() {
        // Training longer takes two off every cost.
        let costs = observations(&[(0, 1.0, 5.0), (1, 1.0, 6.0), (2, 1.0, 7.0), (0, 3.0, 3.0), (1, 3.0, 4.0)]);
        let targets = linked(&costs, Scale::Raw, &everywhere);
        assert_eq!(targets.iter().map(|(configuration, _)| *configuration).collect::<Vec<_>>(), [0, 1, 2]);
        for ((_, target), expected) in targets.iter().zip([3.0, 4.0, 5.0]) {
            assert!((target - expected).abs() < 1e-9, "{targets:?}");
        }
    }

    #[test]
    fn a_rung_that_knows_nothing_says_little() {
        let mut stream = Stream::of(1, "test", 0);
        let mut costs = Vec::new();
        for configuration in 0..60 {
            costs.push((configuration, 1.0, stream.normal()));
            if configuration < 40 {
                costs.push((configuration, 3.0, stream.normal()));
            }
        }
        let targets = linked(&observations(&costs), Scale::Raw, &everywhere);
        let spread = |targets: &[(usize, f64)]| targets.iter().map(|(_, t)| t * t).sum::<f64>() / targets.len() as f64;
        assert!(spread(&targets[40..]) < 0.3 * spread(&targets[..40]), "{targets:?}");
    }

    #[test]
    fn where_the_line_misses_is_corrected() {
        // Odd configurations get worse with more budget; six of eight went on.
        let cost = |configuration: usize| (configuration, 1.0, configuration as f64);
        let mut costs: Vec<_> = (0..8).map(cost).collect();
        costs
            .extend((0..6).map(|configuration| (configuration, 3.0, (configuration + 8 * (configuration % 2)) as f64)));
        let parity = |at: &[usize], missed: &[f64], elsewhere: &[usize]| {
            let mean = |parity| {
                let of: Vec<f64> = at.iter().zip(missed).filter(|(c, _)| *c % 2 == parity).map(|(_, m)| *m).collect();
                of.iter().sum::<f64>() / of.len() as f64
            };
            elsewhere.iter().map(|configuration| mean(configuration % 2)).collect()
        };
        let targets = linked(&observations(&costs), Scale::Raw, &everywhere);
        assert!(targets[7].1 - targets[6].1 < 2.0, "{targets:?}");
        let targets = linked(&observations(&costs), Scale::Raw, &parity);
        assert!(targets[7].1 - targets[6].1 > 7.0, "{targets:?}");
    }

    #[test]
    fn the_order_of_arrival_does_not_matter() {
        let mut costs = observations(&[(0, 1.0, 5.0), (1, 1.0, 6.0), (2, 3.0, 1.0), (0, 3.0, 3.0), (1, 9.0, 4.0)]);
        let targets = linked(&costs, Scale::Rank, &everywhere);
        costs.reverse();
        for ((_, a), (_, b)) in targets.iter().zip(linked(&costs, Scale::Rank, &everywhere)) {
            assert!((a - b).abs() < 1e-12);
        }
    }
}
