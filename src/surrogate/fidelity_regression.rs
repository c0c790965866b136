//! Fidelity regression: brings costs at several budgets to the scale of the highest one.
use super::Targets;
use super::target::{Scale, logarithms};
use crate::numeric::quantile::{mean, quantile};

/// Weight of the assumption that a lower rung's differences carry over in full, in common configurations.
const PRIOR: f64 = 3.0;

/// Common configurations below which no residual is learnt.
const FEW: usize = 4;

/// The cost of a configuration at a budget, as a trial or a prior result found it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Observation {
    pub configuration: usize,
    pub budget: f64,
    pub cost: f64,
}

/// Expected costs at the highest budget, one a configuration in ascending order of its index: logarithms where `scale` is of
/// logarithms or ranks.
///
/// A configuration counts once, by the highest budget that it reached, because its lower rungs say less about the same
/// cost. From the top down, each rung's costs are mapped to the targets of the rungs above by a regression line over
/// the promoted configurations. Selection by the lower rung does not bias this regression, and its slope drops the part
/// of a cost that the lower rung cannot predict. The residuals of the line may depend on the configuration (Kennedy and
/// O'Hagan 2000): `residual` predicts them where it can. With a budget column instead, a forest would learn that
/// promoted configurations are good.
pub(crate) fn regress(observations: &[Observation], scale: Scale, residual: &Residual) -> Targets {
    let rungs = rungs(observations);
    let count = rungs.iter().map(|rung| rung.found.len()).max().unwrap_or(0);
    let mut targets: Vec<Option<f64>> = vec![None; count];
    for (index, rung) in rungs.iter().enumerate() {
        let (configurations, costs) = rung.means();
        let is_raw = matches!(scale, Scale::Raw | Scale::Power);
        let values = if is_raw { costs } else { logarithms(&costs) };
        let line = if index == 0 { Line::IDENTITY } else { Line::between(&configurations, &values, &targets) };
        let (mut common, mut residuals, mut new, mut expected) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (configuration, value) in configurations.into_iter().zip(values) {
            match targets[configuration] {
                Some(target) => {
                    common.push(configuration);
                    residuals.push(target - line.at(value));
                }
                None => {
                    new.push(configuration);
                    expected.push(line.at(value));
                }
            }
        }
        if common.len() >= FEW
            && !new.is_empty()
            && let Some(predicted) =
                residual(&Residuals { budget: rung.budget, configurations: &common, values: &residuals }, &new)
        {
            expected.iter_mut().zip(predicted).for_each(|(target, residual)| *target += residual);
        }
        new.into_iter().zip(expected).for_each(|(configuration, target)| targets[configuration] = Some(target));
    }
    targets.into_iter().enumerate().filter_map(|(configuration, target)| Some((configuration, target?))).collect()
}

/// The residuals of one rung's regression line: target less line, at the configurations that went on from the rung.
pub(crate) struct Residuals<'a> {
    pub budget: f64,
    pub configurations: &'a [usize],
    /// The residuals, one a configuration.
    pub values: &'a [f64],
}

/// A predictor of residuals at other configurations, one each; `None` where it cannot predict any.
pub(crate) type Residual<'a> = dyn Fn(&Residuals, &[usize]) -> Option<Vec<f64>> + 'a;

/// The costs found at one budget.
struct Rung {
    budget: f64,
    /// Sum and number of the costs of each configuration, over its seeds and instances.
    found: Vec<(f64, u32)>,
}

impl Rung {
    /// The configurations with a cost in ascending order, and the mean cost of each.
    fn means(&self) -> (Vec<usize>, Vec<f64>) {
        let known = self.found.iter().enumerate().filter(|(_, (_, count))| *count > 0);
        known.map(|(configuration, (sum, count))| (configuration, sum / f64::from(*count))).unzip()
    }
}

/// The rungs with a cost, from the highest budget.
fn rungs(observations: &[Observation]) -> Vec<Rung> {
    let mut rungs: Vec<Rung> = Vec::new();
    for &Observation { configuration, budget, cost } in observations {
        let known = rungs.iter().position(|rung| rung.budget == budget).unwrap_or_else(|| {
            rungs.push(Rung { budget, found: Vec::new() });
            rungs.len() - 1
        });
        let found = &mut rungs[known].found;
        if found.len() <= configuration {
            found.resize(configuration + 1, (0.0, 0));
        }
        found[configuration].0 += cost;
        found[configuration].1 += 1;
    }
    rungs.sort_by(|a, b| b.budget.total_cmp(&a.budget));
    rungs
}

/// A regression line from a rung's costs to targets.
struct Line {
    from: f64,
    to: f64,
    slope: f64,
}

impl Line {
    /// The line of the highest rung, whose costs are the targets.
    const IDENTITY: Self = Self { from: 0.0, to: 0.0, slope: 1.0 };

    fn between(configurations: &[usize], values: &[f64], targets: &[Option<f64>]) -> Self {
        let common: Vec<(f64, f64)> = (configurations.iter().zip(values))
            .filter_map(|(&configuration, &value)| Some((value, targets[configuration]?)))
            .collect();
        if common.is_empty() {
            // Nothing went on: on average, what was found here is worth as much as what was found above.
            // Medians, as one penalty or outlier moves every mean.
            let above: Vec<f64> = targets.iter().copied().flatten().collect();
            let median = |values: &[f64]| quantile(values, 0.5).unwrap_or(0.0);
            return Self { from: median(values), to: median(&above), slope: 1.0 };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::stream::Stream;

    fn observations(costs: &[(usize, f64, f64)]) -> Vec<Observation> {
        costs.iter().map(|&(configuration, budget, cost)| Observation { configuration, budget, cost }).collect()
    }

    /// Residuals of 0 at every configuration.
    fn everywhere(_: &Residuals, at: &[usize]) -> Option<Vec<f64>> {
        Some(vec![0.0; at.len()])
    }

    #[test]
    fn one_rung_is_its_own_scale() {
        let costs = observations(&[(2, 9.0, 3.0), (0, 9.0, 1.0)]);
        assert_eq!(regress(&costs, Scale::Raw, &everywhere), [(0, 1.0), (2, 3.0)]);
    }

    #[test]
    fn several_seeds_count_by_their_mean() {
        let costs = observations(&[(0, 9.0, 3.0), (1, 9.0, 1.0), (0, 9.0, 5.0), (0, 9.0, 7.0)]);
        assert_eq!(regress(&costs, Scale::Raw, &everywhere), [(0, 5.0), (1, 1.0)]);
    }

    #[test]
    fn a_lower_rung_is_shifted_to_the_higher() {
        // Training longer takes two off every cost.
        let costs = observations(&[(0, 1.0, 5.0), (1, 1.0, 6.0), (2, 1.0, 7.0), (0, 3.0, 3.0), (1, 3.0, 4.0)]);
        let targets = regress(&costs, Scale::Raw, &everywhere);
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
        let targets = regress(&observations(&costs), Scale::Raw, &everywhere);
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
        let parity = |residuals: &Residuals, elsewhere: &[usize]| {
            let mean = |parity| {
                let each = residuals.configurations.iter().zip(residuals.values);
                let of: Vec<f64> = each.filter(|(c, _)| *c % 2 == parity).map(|(_, m)| *m).collect();
                of.iter().sum::<f64>() / of.len() as f64
            };
            Some(elsewhere.iter().map(|configuration| mean(configuration % 2)).collect())
        };
        let targets = regress(&observations(&costs), Scale::Raw, &everywhere);
        assert!(targets[7].1 - targets[6].1 < 2.0, "{targets:?}");
        let targets = regress(&observations(&costs), Scale::Raw, &parity);
        assert!(targets[7].1 - targets[6].1 > 7.0, "{targets:?}");
    }

    #[test]
    fn the_order_of_arrival_does_not_matter() {
        let mut costs = observations(&[(0, 1.0, 5.0), (1, 1.0, 6.0), (2, 3.0, 1.0), (0, 3.0, 3.0), (1, 9.0, 4.0)]);
        let targets = regress(&costs, Scale::Rank, &everywhere);
        costs.reverse();
        for ((_, a), (_, b)) in targets.iter().zip(regress(&costs, Scale::Rank, &everywhere)) {
            assert!((a - b).abs() < 1e-12);
        }
    }
}
