//! Partial dependence of the predicted cost on one hyperparameter, over legal configurations only.
use rayon::prelude::*;
use serde::Serialize;

use super::bin::{Bin, Binning, RARE, Scale, scale};
use super::importance::Importance;
use super::model::FittedModel;
use super::question::Question;
use super::sample::Sample;
use crate::numeric::quantile::quantile;
use crate::space::Space;

/// The greatest number of individual curves that are kept.
const CURVES: usize = 25;
/// The quantiles of the refits at the ends of a band.
const BAND: (f64, f64) = (0.1, 0.9);

/// One hyperparameter of the interaction matrix.
#[derive(Clone, Debug, Serialize)]
pub struct Dimension {
    pub name: String,
    /// The unit of its values.
    pub unit: Option<String>,
    /// Its index in the space.
    pub index: usize,
    pub scale: Scale,
    /// The ends of the axis; absent if it is ordinal or categorical.
    pub bounds: Option<(f64, f64)>,
    /// The condition under which it is active; absent if it always is.
    pub condition: Option<String>,
    pub levels: Vec<Level>,
    /// Predicted costs along the axis, a curve for each of some legal configurations, `None` where not legal.
    pub curves: Vec<Vec<Option<f64>>>,
    /// The incumbent's position on the axis.
    pub incumbent: Option<f64>,
    pub importance: Importance,
    #[serde(skip)]
    pub(super) binning: Binning,
}

/// A bin of the axis with the predicted cost.
#[derive(Clone, Debug, Serialize)]
pub struct Level {
    #[serde(flatten)]
    pub bin: Bin,
    /// Trials of the regression with this value.
    pub trials: usize,
    /// The predicted cost, averaged over legal configurations; absent without a model, or if none is legal.
    pub cost: Option<f64>,
    /// Ends of the bootstrap's 80 % band.
    pub band: Option<(f64, f64)>,
}

/// The model, its bootstrap refits, and the sample that they were fitted to.
pub(super) struct FittedModels<'a> {
    pub model: &'a FittedModel,
    pub refits: &'a [FittedModel],
    pub sample: &'a Sample,
}

impl FittedModels<'_> {
    /// Fills the predictions of a dimension.
    pub(crate) fn fill(&self, dimension: &mut Dimension, question: &Question) {
        let answers = question.ask(self.model);
        let refits: Vec<Vec<(Option<f64>, usize)>> = self.refits.par_iter().map(|refit| question.ask(refit)).collect();
        for (index, (level, (mean, _))) in dimension.levels.iter_mut().zip(&answers).enumerate() {
            level.cost = mean.map(|mean| self.sample.cost(mean));
            let values: Vec<f64> = refits.iter().filter_map(|answers| answers[index].0).collect();
            let end = |share| quantile(&values, share).map(|value| self.sample.cost(value));
            // The band is that of refits to fewer distinct trials; it must not exclude the model itself.
            level.band = end(BAND.0).zip(end(BAND.1)).zip(level.cost).map(|((a, b), c)| (a.min(c), b.max(c)));
        }
        let cost = |curve: Vec<Option<f64>>| curve.into_iter().map(|y| y.map(|y| self.sample.cost(y))).collect();
        dimension.curves = question.curves(self.model, CURVES).into_iter().map(cost).collect();
    }
}

impl Dimension {
    /// True for a category of which fewer than three trials tell anything.
    pub(crate) fn is_rare(&self, level: &Level) -> bool {
        self.scale == Scale::Categorical && level.trials < RARE
    }

    /// True where the values are words, of which none may be left out.
    pub(crate) fn has_names(&self) -> bool {
        let is_word = |level: &Level| level.bin.value.number().is_none();
        self.scale == Scale::Categorical || self.scale == Scale::Ordinal && self.levels.iter().any(is_word)
    }

    /// The label of its axis: the name, and the unit if it has one.
    pub(crate) fn label(&self) -> String {
        self.unit.as_ref().map_or_else(|| self.name.clone(), |unit| format!("{} ({unit})", self.name))
    }

    /// The dimension of a hyperparameter, without predictions.
    pub(super) fn bare(space: &Space, index: usize, binning: Binning) -> Self {
        let hyperparameter = &space.hyperparameters()[index];
        let bounds = match scale(hyperparameter) {
            Scale::Linear | Scale::Logarithmic => hyperparameter.at(0.0).number().zip(hyperparameter.at(1.0).number()),
            Scale::Ordinal | Scale::Categorical => None,
        };
        Self {
            name: hyperparameter.name.clone(),
            unit: hyperparameter.unit.clone(),
            index,
            scale: scale(hyperparameter),
            bounds,
            condition: space.condition(index).map(ToString::to_string),
            levels: binning
                .bins
                .iter()
                .map(|bin| Level { bin: bin.clone(), trials: 0, cost: None, band: None })
                .collect(),
            curves: vec![],
            incumbent: None,
            importance: Importance::default(),
            binning,
        }
    }
}
