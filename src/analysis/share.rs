//! Shares of variance: how much of a model's variance a hyperparameter explains, alone and with its interactions.
use super::importance::{Importance, variance};
use super::model::FittedModel;
use super::probe::{Probe, ProbeAnswer};
use super::question::Question;
use super::watcher::{Cancelled, Watcher, each};
use crate::numeric::quantile::{mean, quantile};
use crate::surrogate::Rows;

/// The quantiles of the refits at the ends of an interval.
const INTERVAL: (f64, f64) = (0.1, 0.9);

/// Rows from which shares are computed, the same for every model.
pub(super) struct Shares<'a> {
    /// Legal configurations as drawn.
    bases: Rows,
    questions: &'a [Question],
    jumps: Vec<Jump>,
}

/// Drawn configurations in which one hyperparameter takes the value that another configuration has.
struct Jump {
    rows: Rows,
    /// The drawn configuration of each row.
    from: Vec<usize>,
    /// The number of configurations whose prediction the hyperparameter cannot change, as it is inactive.
    still: usize,
}

/// The shares of one hyperparameter: alone, and with its interactions.
type Pair = (f64, f64);

impl<'a> Shares<'a> {
    /// Prepares the rows for hyperparameters by their index in the space, with a question for each; rows have `width` columns.
    pub(crate) fn of(probe: &Probe, indices: &[usize], questions: &'a [Question], width: usize) -> Option<Self> {
        let mut bases = Rows::new(width);
        for base in 0..probe.len() {
            bases.push(&probe.row(base)?);
        }
        let jump = |&index: &usize| {
            let mut jump = Jump { rows: Rows::new(width), from: Vec::new(), still: 0 };
            for base in 0..probe.len() {
                let position = probe.donor(base, index);
                match probe.replaced(base, &[(index, position)]) {
                    ProbeAnswer::Row(row) => {
                        jump.rows.push(&row);
                        jump.from.push(base);
                    }
                    ProbeAnswer::Inactive => jump.still += 1,
                    ProbeAnswer::Forbidden => {}
                }
            }
            jump
        };
        Some(Self { bases, questions, jumps: indices.iter().map(jump).collect() })
    }

    /// The variance of a model's predictions over legal configurations.
    pub(crate) fn variance(&self, model: &FittedModel) -> f64 {
        variance(&model.predict(&self.bases).into_iter().map(|each| (each, 1.0)).collect::<Vec<_>>())
    }

    /// The shares of each hyperparameter under one model: alone by its partial dependence, in total by Jansen's estimator
    /// (Jansen 1999).
    fn measure(&self, model: &FittedModel) -> Vec<Pair> {
        let predictions = model.predict(&self.bases);
        let whole = variance(&predictions.iter().map(|each| (*each, 1.0)).collect::<Vec<_>>());
        let pair = |(question, jump): (&Question, &Jump)| {
            if whole <= 1e-18 {
                return (0.0, 0.0);
            }
            let answers = question.ask(model).into_iter();
            let means: Vec<(f64, f64)> = answers.filter_map(|(mean, n)| Some((mean?, n as f64))).collect();
            let alone = question.active() * variance(&means) / whole;
            let moved = model.predict(&jump.rows).into_iter().zip(&jump.from);
            let squares: f64 = moved.map(|(after, &base)| (after - predictions[base]).powi(2)).sum();
            let count = jump.from.len() + jump.still;
            (alone.min(1.0), (0.5 * squares / count.max(1) as f64 / whole).min(1.0))
        };
        self.questions.iter().zip(&self.jumps).map(pair).collect()
    }

    /// Fills the shares of importances, one a question, from a model and its refits.
    pub(crate) fn fill(
        &self,
        importances: &mut [&mut Importance],
        model: &FittedModel,
        refits: &[FittedModel],
        watcher: &dyn Watcher,
    ) -> Result<(), Cancelled> {
        let own = self.measure(model);
        let refits = each(watcher, "shares", refits.iter().collect(), |refit| self.measure(refit))?;
        let corrected = |own: f64, pick: &dyn Fn(&Vec<Pair>) -> f64| {
            let refits: Vec<f64> = refits.iter().map(pick).collect();
            Corrected::of(own, &refits)
        };
        let alone: Vec<Corrected> = (0..own.len()).map(|each| corrected(own[each].0, &|refit| refit[each].0)).collect();
        // Errors of the estimates may exceed what there is to share.
        let scale = alone.iter().map(|each| each.point).sum::<f64>().max(1.0);
        for (index, importance) in importances.iter_mut().enumerate() {
            let alone = alone[index].scaled(scale);
            let total = corrected(own[index].1, &|refit| refit[index].1).at_least(alone.point);
            (importance.share, importance.interval) = (Some(alone.point), Some(alone.interval));
            (importance.total, importance.total_interval) = (Some(total.point), Some(total.interval));
        }
        Ok(())
    }
}

/// A share less the bias that refits have beside the model, with its interval.
#[derive(Clone, Copy)]
struct Corrected {
    point: f64,
    interval: (f64, f64),
}

impl Corrected {
    fn of(own: f64, refits: &[f64]) -> Self {
        let reflected = |refit: f64| (2.0 * own - refit).clamp(0.0, 1.0);
        let point = if refits.is_empty() { own } else { reflected(mean(refits)) };
        let all: Vec<f64> = refits.iter().map(|refit| reflected(*refit)).collect();
        let end = |share: f64| quantile(&all, share).unwrap_or(point);
        Self { point, interval: (end(INTERVAL.0).min(point), end(INTERVAL.1).max(point)) }
    }

    fn scaled(self, by: f64) -> Self {
        Self { point: self.point / by, interval: (self.interval.0 / by, self.interval.1 / by) }
    }

    fn at_least(self, least: f64) -> Self {
        let (low, high) = self.interval;
        Self { point: self.point.max(least), interval: (low, high.max(least)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_contains_its_point_and_bias_is_removed() {
        let corrected = Corrected::of(0.10, &[0.14, 0.16, 0.12, 0.14]);
        assert!((corrected.point - 0.06).abs() < 1e-12, "{}", corrected.point);
        assert!(corrected.interval.0 <= 0.06 && 0.06 <= corrected.interval.1 && corrected.interval.1 < 0.10);
        let none = Corrected::of(0.02, &[0.3, 0.4]);
        assert_eq!((none.point, none.interval.0), (0.0, 0.0));
    }
}
