//! Warping of costs: targets that tell the better half apart, however far the rest is from it.
use super::Rows;
use super::gaussian_process::evidence::Evidence;
use crate::numeric::normal;
use crate::numeric::quantile::{average_ranks, order, quantile};
use crate::space::encoding::Column;

/// The greatest distance of a cost from the better half: that of its rank under a normal law, so many times as wide as the
/// better half.
const REACH: f64 = 2.0;

/// The amount by which logarithms must raise the evidence, in nats, so that they replace costs.
const MARGIN: f64 = 6.0;

/// Shares of the better half whose distance from the best is tried as the start of the logarithm.
const SHARES: [usize; 4] = [16, 8, 4, 2];

/// The ties with the worst cost from which on they are no part of the distribution of costs, as penalties are.
const ATOM: usize = 2;

/// Values that the evidence is computed from at most.
const MOST: usize = 140;

/// The values, one a row, on a scale where a smooth function explains them best, in the same order.
///
/// A cost above the better half is limited by its rank, as the bad half is by Google Vizier (Song et al. 2024): an outlier or
/// a penalty of any size is no more than a bad cost. The better half itself is kept, or replaced by the logarithm of the
/// distance from just below the best where a Gaussian process explains this much better (Snelson et al. 2004): costs may
/// span decades.
pub(crate) fn warped(values: &[f64], rows: &Rows, columns: &[Column]) -> Vec<f64> {
    let Some(half) = BetterHalf::of(values) else { return values.to_vec() };
    let places: Vec<f64> = values.iter().map(|&value| half.place(value)).collect();
    let chosen = sample(values);
    let evidence = Evidence::new(columns, &rows.select(chosen.iter().copied()));
    let good: Vec<f64> = places.iter().copied().filter(|place| *place <= 1.0).collect();
    let mut best = (f64::NEG_INFINITY, Vec::new());
    for start in half.starts(values) {
        let curve = |place: f64| start.map_or(place, |start| (place + start).ln());
        let edge = curve(1.0);
        let square = good.iter().map(|&place| (curve(place) - edge).powi(2)).sum::<f64>() / good.len() as f64;
        let width = square.sqrt();
        let scale = |(&place, limit): (&f64, f64)| ((curve(place) - edge) / width).min(limit);
        let targets: Vec<f64> = places.iter().zip(limits(values, good.len())).map(scale).collect();
        // The density of the costs, not of their logarithms.
        let slope = |&index: &usize| match (places[index] <= 1.0, start) {
            (false, _) => 0.0,
            (true, None) => -width.ln(),
            (true, Some(start)) => -width.ln() - (places[index] + start).ln(),
        };
        let of_sample: Vec<f64> = chosen.iter().map(|&index| targets[index]).collect();
        let margin = if start.is_none() { MARGIN } else { 0.0 };
        let found = evidence.of(&of_sample) + chosen.iter().map(slope).sum::<f64>() + margin;
        if found > best.0 || best.1.is_empty() {
            best = (found, targets);
        }
    }
    best.1
}

/// The limit of each target: the normal score of its rank, from the edge of the better half on, times the reach.
fn limits(values: &[f64], good: usize) -> impl Iterator<Item = f64> {
    let score = |rank: f64, n: f64| normal::inverse_distribution((rank - 0.5) / n);
    let n = values.len() as f64;
    let edge = score(good as f64, n);
    let limit = move |rank: f64| if rank > good as f64 { REACH * (score(rank, n) - edge).max(0.0) } else { 0.0 };
    average_ranks(values).into_iter().map(limit)
}

/// The indices of the values that the evidence is computed from: all, or the best half of so many and an even share of the
/// rest.
fn sample(values: &[f64]) -> Vec<usize> {
    let mut chosen = order(values);
    if chosen.len() > MOST {
        let rest = chosen.split_off(MOST / 2);
        let wanted = MOST - chosen.len();
        chosen.extend((0..wanted).map(|index| rest[index * rest.len() / wanted]));
    }
    chosen.sort_unstable();
    chosen
}

/// The range from the lowest value to the median, where a crowd of equal worst values does not count for the median.
#[derive(Clone, Copy, Debug)]
struct BetterHalf {
    best: f64,
    edge: f64,
}

impl BetterHalf {
    /// `None` where all values are equal, but for rounding.
    fn of(values: &[f64]) -> Option<Self> {
        let best = values.iter().copied().reduce(f64::min)?;
        let worst = values.iter().copied().reduce(f64::max)?;
        let below: Vec<f64> = values.iter().copied().filter(|&value| value < worst).collect();
        let is_crowd = values.len() - below.len() >= ATOM;
        let median = quantile(if is_crowd { &below } else { values }, 0.5)?;
        // Where most are equally good, the edge is the next value.
        let next = || values.iter().copied().filter(|&value| value > best).reduce(f64::min);
        let half = Self { best, edge: if median > best { median } else { next()? } };
        (half.width() > 0.0).then_some(half)
    }

    /// Half the distance from the best to the edge: a whole one may be infinite.
    fn width(&self) -> f64 {
        0.5 * self.edge - 0.5 * self.best
    }

    /// The place of a value: 0 at the best, 1 at the edge. It may be infinite above.
    fn place(&self, value: f64) -> f64 {
        (0.5 * value - 0.5 * self.best) / self.width()
    }

    /// The starts of the logarithms that are tried, as places below the best; `None` is the value itself.
    fn starts(&self, values: &[f64]) -> Vec<Option<f64>> {
        let mut places: Vec<f64> =
            values.iter().map(|&value| self.place(value)).filter(|place| *place <= 1.0).collect();
        places.sort_by(f64::total_cmp);
        let own = (self.best > 0.0).then(|| 0.5 * self.best / self.width());
        let of_share = SHARES.map(|share| places[places.len() / share]);
        let starts = of_share.into_iter().chain(own).filter(|start| (1e-300..3.0).contains(start));
        std::iter::once(None).chain(starts.map(Some)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::stream::Stream;

    /// The targets of costs on a line, one each at places drawn at random.
    fn targets(costs: impl Fn(f64) -> f64) -> (Vec<f64>, Vec<f64>) {
        let mut stream = Stream::of(1, "test", 0);
        let places: Vec<f64> = (0..40).map(|_| stream.uniform()).collect();
        let costs: Vec<f64> = places.iter().map(|&place| costs(place)).collect();
        let targets = warped(&costs, &Rows::of(1, places), &[Column::Numeric]);
        (costs, targets)
    }

    #[test]
    fn targets_are_bounded_and_keep_the_order_of_costs() {
        let bowl = |place: f64| (place - 0.7).powi(2);
        let distortions: [fn(f64, f64) -> f64; 8] = [
            |_, cost| cost,
            |place, cost| if place < 0.3 { 1e6 } else { cost },
            |place, cost| if place < 0.6 { f64::MAX } else { cost - f64::MAX / 2.0 },
            |place, cost| if place < 0.03 { 1e9 } else { cost },
            |_, cost| 10_f64.powf(24.0 * cost),
            |_, cost| 1e-310 * cost,
            |_, cost| (9.0 * cost).floor(),
            |_, cost| if cost < 0.2 { 0.0 } else { cost },
        ];
        for (number, distort) in distortions.into_iter().enumerate() {
            let (costs, targets) = targets(|place| distort(place, bowl(place)));
            let (low, high) =
                targets.iter().fold((0.0_f64, 0.0_f64), |(low, high), each| (low.min(*each), high.max(*each)));
            assert!(low < -0.5 && high < 8.0 && targets.iter().all(|each| each.is_finite()), "{number}: {targets:?}");
            for a in 0..costs.len() {
                for b in 0..costs.len() {
                    assert!(costs[a] > costs[b] || targets[a] <= targets[b], "{number}: {} {}", costs[a], costs[b]);
                }
            }
        }
        assert_eq!(targets(|_| 3.0).1, [3.0; 40]);
    }

    #[test]
    fn decades_become_logarithms_and_a_bowl_stays_one() {
        let correlation = |a: &[f64], b: &[f64]| {
            let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
            let (of_a, of_b) = (mean(a), mean(b));
            let sum = |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(a, b)| f(a - of_a, b - of_b)).sum::<f64>();
            sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt()
        };
        let (costs, bowl) = targets(|place| (place - 0.7).powi(2));
        let (_, decades) = targets(|place| 10_f64.powf(24.0 * (place - 0.7).powi(2)));
        assert!(correlation(&costs, &bowl) > 0.85, "{}", correlation(&costs, &bowl));
        assert!(correlation(&costs, &decades) > 0.85, "{}", correlation(&costs, &decades));
    }
}
