//! The dependence of the predicted cost on one hyperparameter, over legal configurations only.
use rayon::prelude::*;
use serde::Serialize;

use super::importance::Importance;
use super::probe::{Answer, Place, Probe, Scale, places, scale};
use super::regression::SvrModel;
use super::sample::Sample;
use crate::numeric::quantile::quantile;
use crate::space::Space;

/// Individual curves that are kept to be drawn.
const CURVES: usize = 25;
/// The share of the refits between the ends of a band.
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
    /// The ends of the axis, where it has numbers.
    pub bounds: Option<(f64, f64)>,
    /// When it is active; absent is always.
    pub condition: Option<String>,
    pub levels: Vec<Level>,
    /// Predicted cost along the axis with all other values as in one legal configuration; absent where illegal.
    pub curves: Vec<Vec<Option<f64>>>,
    /// Where the incumbent is on the axis.
    pub incumbent: Option<f64>,
    pub importance: Importance,
}

/// A place on the axis with what the machine says about it.
#[derive(Clone, Debug, Serialize)]
pub struct Level {
    #[serde(flatten)]
    pub place: Place,
    /// Trials of the regression with this value.
    pub trials: usize,
    /// Predicted cost, averaged over legal configurations; absent without a machine, or where none is legal.
    pub cost: Option<f64>,
    /// Ends of the bootstrap's 80 % band.
    pub band: Option<(f64, f64)>,
}

/// The rows at which one hyperparameter is asked: by place, then by drawn configuration.
pub(super) struct Question {
    pub index: usize,
    rows: Vec<Vec<Option<Vec<f64>>>>,
}

impl Question {
    pub fn of(probe: &Probe, space: &Space, index: usize) -> Self {
        let row = |base: usize, at: f64| match probe.replaced(base, &[(index, at)]) {
            Answer::Row(row) => Some(row),
            Answer::Inactive | Answer::Forbidden => None,
        };
        let places = places(&space.hyperparameters()[index]);
        Self {
            index,
            rows: places.iter().map(|place| (0..probe.len()).map(|base| row(base, place.at)).collect()).collect(),
        }
    }

    /// Mean prediction and number of legal rows by place, from every `stride`-th configuration.
    pub fn ask(&self, machine: &SvrModel, stride: usize) -> Vec<(Option<f64>, usize)> {
        let mean = |rows: &Vec<Option<Vec<f64>>>| {
            let values: Vec<f64> = rows.iter().step_by(stride).flatten().map(|row| machine.predict(row)).collect();
            let n = values.len();
            ((n > 0).then(|| values.iter().sum::<f64>() / n as f64), n)
        };
        self.rows.iter().map(mean).collect()
    }

    /// The share of drawn configurations in which the hyperparameter is active, averaged over places.
    pub fn active(&self, probe: &Probe, space: &Space) -> f64 {
        if space.condition(self.index).is_none() {
            return 1.0;
        }
        let active = (0..probe.len()).filter(|&base| self.rows.iter().any(|rows| rows[base].is_some())).count();
        active as f64 / probe.len().max(1) as f64
    }

    fn curves(&self, machine: &SvrModel) -> Vec<Vec<Option<f64>>> {
        let bases = self.rows.first().map_or(0, Vec::len);
        let curve = |base: usize| -> Vec<Option<f64>> {
            self.rows.iter().map(|rows| rows[base].as_ref().map(|row| machine.predict(row))).collect()
        };
        (0..bases).map(curve).filter(|curve| curve.iter().flatten().count() > 1).take(CURVES).collect()
    }
}

/// The machine, its refits and the sample behind them.
pub(super) struct Panel<'a> {
    pub machine: &'a SvrModel,
    pub refits: &'a [SvrModel],
    pub sample: &'a Sample,
}

impl Panel<'_> {
    /// Fills the predictions of a dimension.
    pub fn fill(&self, dimension: &mut Dimension, question: &Question) {
        let answers = question.ask(self.machine, 1);
        let refits: Vec<Vec<(Option<f64>, usize)>> =
            self.refits.par_iter().map(|refit| question.ask(refit, 2)).collect();
        for (index, (level, (mean, _))) in dimension.levels.iter_mut().zip(&answers).enumerate() {
            level.cost = mean.map(|mean| self.sample.cost(mean));
            let values: Vec<f64> = refits.iter().filter_map(|answers| answers[index].0).collect();
            let end = |share| quantile(&values, share).map(|value| self.sample.cost(value));
            // The band is that of refits to fewer distinct trials; it must not exclude the machine itself.
            level.band = end(BAND.0).zip(end(BAND.1)).zip(level.cost).map(|((a, b), c)| (a.min(c), b.max(c)));
        }
        let cost = |curve: Vec<Option<f64>>| curve.into_iter().map(|y| y.map(|y| self.sample.cost(y))).collect();
        dimension.curves = question.curves(self.machine).into_iter().map(cost).collect();
    }
}

impl Dimension {
    /// What to write on its axis: the name, and the unit where it has one.
    pub fn label(&self) -> String {
        self.unit.as_ref().map_or_else(|| self.name.clone(), |unit| format!("{} ({unit})", self.name))
    }

    /// A dimension without predictions.
    pub(super) fn bare(space: &Space, index: usize) -> Self {
        let hyperparameter = &space.hyperparameters()[index];
        let places = places(hyperparameter);
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
            levels: places.into_iter().map(|place| Level { place, trials: 0, cost: None, band: None }).collect(),
            curves: vec![],
            incumbent: None,
            importance: Importance::default(),
        }
    }
}
