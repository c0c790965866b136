//! Extrapolation of learning curves: the final cost of a trial, from the curves of those that have ended.
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::numeric::linear::Cholesky;
use crate::trial::budget::Budget;
use crate::trial::curve::Curve;

/// The features of the regression: intercept, level and drop.
const FEATURES: usize = 3;

/// Curves that a fit needs at least, for an estimate of its error.
pub(crate) const FEWEST: usize = FEATURES + 2;

/// The weight, in average curves, of the prior assumption that level and drop have no influence.
const PRIOR: f64 = 1.0;

/// A forecast of a trial's final cost: Student's t distribution around a regression.
///
/// The fall of a curve from now to its end is regressed, over the curves that have ended, on its current level and on its
/// drop over the last half of its way. The shape comes from the experiment itself, as with Baker et al. (2018), and not
/// from a family of functions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forecast {
    is_logarithmic: bool,
    law: StudentsT,
}

impl Forecast {
    /// The forecast for `curve` from its reports up to `budget`; `ended` are curves with their final costs. `None` where it
    /// reported nothing by then, or too few of the others did.
    pub(crate) fn of(curve: &Curve, budget: Budget, ended: &[(&Curve, f64)]) -> Option<Self> {
        let here = level_and_earlier(curve, budget)?;
        let others = ended.iter().filter_map(|(curve, cost)| Some((level_and_earlier(curve, budget)?, *cost)));
        let (others, finals): (Vec<(f64, f64)>, Vec<f64>) = others.unzip();
        if others.len() < FEWEST {
            return None;
        }
        // Where all costs are positive their ratios count: a curve that falls by half does so at any height.
        let all =
            others.iter().chain([&here]).flat_map(|&(level, before)| [level, before]).chain(finals.iter().copied());
        let is_logarithmic = all.clone().all(|cost| cost > 0.0);
        let scale = |cost: f64| if is_logarithmic { cost.ln() } else { cost };
        let shape = |&(level, before): &(f64, f64)| (scale(level), scale(level) - scale(before));
        let shapes: Vec<(f64, f64)> = others.iter().map(shape).collect();
        let n = shapes.len() as f64;
        let center = |pick: fn(&(f64, f64)) -> f64| shapes.iter().map(pick).sum::<f64>() / n;
        let (level, drop) = (center(|shape| shape.0), center(|shape| shape.1));
        let features = |shape: (f64, f64)| [1.0, shape.0 - level, shape.1 - drop];
        let rows: Vec<[f64; FEATURES]> = shapes.iter().copied().map(features).collect();
        let falls: Vec<f64> = shapes.iter().zip(&finals).map(|((level, _), cost)| scale(*cost) - level).collect();
        let product = |i: usize, j: usize| rows.iter().map(|row| row[i] * row[j]).sum::<f64>();
        let prior = |i: usize| if i == 0 { 0.0 } else { PRIOR * product(i, i) / n + f64::MIN_POSITIVE };
        let factor = Cholesky::of(FEATURES, |i, j| product(i, j) + if i == j { prior(i) } else { 0.0 })?;
        let right: Vec<f64> =
            (0..FEATURES).map(|i| rows.iter().zip(&falls).map(|(row, fall)| row[i] * fall).sum()).collect();
        let weights = factor.solve(&right);
        let at = |row: &[f64; FEATURES]| row.iter().zip(&weights).map(|(x, weight)| x * weight).sum::<f64>();
        let freedom = n - FEATURES as f64;
        let square = rows.iter().zip(&falls).map(|(row, fall)| (fall - at(row)).powi(2)).sum::<f64>() / freedom;
        let here = shape(&here);
        let row = features(here);
        let leverage: f64 = factor.solve(&row).iter().zip(&row).map(|(a, b)| a * b).sum();
        let deviation = (square * (1.0 + leverage)).sqrt().max(f64::MIN_POSITIVE);
        let law = StudentsT::new(here.0 + at(&row), deviation, freedom).ok()?;
        Some(Self { is_logarithmic, law })
    }

    /// The probability that the final cost is at most this.
    pub(crate) fn at_most(&self, cost: f64) -> f64 {
        match self.is_logarithmic {
            true if cost <= 0.0 => 0.0,
            true => self.law.cdf(cost.ln()),
            false => self.law.cdf(cost),
        }
    }
}

/// The last cost that a curve reported by a budget, and by half of it; its first report where there is none so early.
fn level_and_earlier(curve: &Curve, budget: Budget) -> Option<(f64, f64)> {
    let level = curve.at(budget)?;
    let half = Budget::new(0.5 * budget.amount()).and_then(|half| curve.at(half));
    Some((level, half.unwrap_or(curve.points()[0].cost)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::stream::Stream;
    use crate::trial::curve::CurvePoint;

    const FULL: f64 = 81.0;

    fn budget(amount: f64) -> Budget {
        Budget::new(amount).unwrap()
    }

    /// Power laws of different heights and powers, with noise, and what they end with.
    fn drawn(stream: &mut Stream) -> (Curve, f64) {
        let (floor, power) = (0.02 + 0.1 * stream.uniform(), 0.3 + stream.uniform());
        let mut at = |amount: f64| (floor + 0.9 * amount.powf(-power)) * (0.01 * stream.normal()).exp();
        let mut curve = Curve::default();
        for step in 1..81 {
            curve.push(CurvePoint { budget: budget(f64::from(step)), cost: at(f64::from(step)) }, budget(FULL));
        }
        (curve, at(FULL))
    }

    #[test]
    fn probabilities_are_what_happens() {
        let mut stream = Stream::of(1, "test", 0);
        let (mut below, mut spread, mut total) = (0.0, 0.0, 0.0);
        for _ in 0..60 {
            let ended: Vec<(Curve, f64)> = (0..20).map(|_| drawn(&mut stream)).collect();
            let ended: Vec<(&Curve, f64)> = ended.iter().map(|(curve, cost)| (curve, *cost)).collect();
            for _ in 0..10 {
                let (curve, cost) = drawn(&mut stream);
                let chance = Forecast::of(&curve, budget(27.0), &ended).unwrap().at_most(cost);
                below += f64::from(chance < 0.1);
                spread += f64::from((0.25..0.75).contains(&chance));
                total += 1.0;
            }
        }
        assert!((0.05..0.2).contains(&(below / total)), "{}", below / total);
        assert!((0.35..0.75).contains(&(spread / total)), "{}", spread / total);
    }

    #[test]
    fn curves_that_cross_are_foreseen() {
        // Quick ones stop at 0.3, slow ones, behind until the middle, end at 0.1.
        let curve = |is_slow: bool, offset: f64| {
            let mut curve = Curve::default();
            for step in 1..60 {
                let share = f64::from(step) / 60.0;
                let cost = if is_slow { 0.9 - 0.8 * share } else { (0.9 - 2.0 * share).max(0.3) };
                curve.push(CurvePoint { budget: budget(f64::from(step)), cost: cost + offset }, budget(60.0));
            }
            curve
        };
        let ended: Vec<(Curve, f64)> = (0..12)
            .map(|index| {
                let (is_slow, offset) = (index % 2 == 0, 0.002 * f64::from(index));
                (curve(is_slow, offset), if is_slow { 0.1 } else { 0.3 } + offset)
            })
            .collect();
        let ended: Vec<(&Curve, f64)> = ended.iter().map(|(curve, cost)| (curve, *cost)).collect();
        let chance = |is_slow| Forecast::of(&curve(is_slow, 0.01), budget(30.0), &ended).unwrap().at_most(0.2);
        assert!(chance(true) > 0.95 && chance(false) < 0.05, "{} {}", chance(true), chance(false));
        assert!(Forecast::of(&curve(true, 0.0), budget(30.0), &ended[..4]).is_none());
        assert!(Forecast::of(&Curve::default(), budget(30.0), &ended).is_none());
    }
}
