//! Probe: legal configurations at which a model is evaluated, with one or two values replaced.
use super::row::Encoder;
use crate::numeric::low_discrepancy::sobol;
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::{Hyperparameter, Value};

/// Points for each configuration that are tried before configurations are drawn one by one.
const TRIED: usize = 4;

/// Legal configurations drawn from the space, of which one or two values are then replaced.
pub(super) struct Probe<'a> {
    space: &'a Space,
    encoder: &'a Encoder<'a>,
    budget: f64,
    /// A position for each hyperparameter, inactive ones included, because replacing another value may activate them.
    bases: Vec<Vec<f64>>,
    /// As many positions again, independent of the first.
    donors: Vec<Vec<f64>>,
    /// The rows of the configurations as drawn, if every combination of values is legal.
    free: Option<Vec<Vec<f64>>>,
}

/// The result of replacing values in a configuration.
pub(super) enum ProbeAnswer {
    /// The configuration is legal; this is its row for the model.
    Row(Vec<f64>),
    /// A replaced hyperparameter is inactive.
    Inactive,
    /// No legal configuration has these values.
    Forbidden,
}

/// True if every combination of values is legal.
fn is_free(space: &Space) -> bool {
    space.forbidden().is_empty() && (0..space.hyperparameters().len()).all(|index| space.condition(index).is_none())
}

/// The position of each hyperparameter; where it is inactive, that of this share of its prior.
pub(super) fn positions_of(space: &Space, configuration: &Configuration, shares: &[f64]) -> Vec<f64> {
    let pairs = space.hyperparameters().iter().zip(configuration.values()).zip(shares);
    let position = |((each, value), share): ((&Hyperparameter, &Option<Value>), &f64)| {
        value.as_ref().and_then(|value| each.position(value)).unwrap_or_else(|| prior_position(each, *share))
    };
    pairs.map(position).collect()
}

/// The position below which this share of the prior lies.
fn prior_position(hyperparameter: &Hyperparameter, share: f64) -> f64 {
    hyperparameter.position(&hyperparameter.quantile(share)).expect("a value of the domain")
}

impl<'a> Probe<'a> {
    /// Draws `count` legal configurations, spread evenly where most points are legal; `None` if none is found.
    pub(crate) fn draw(
        encoder: &'a Encoder<'a>,
        space: &'a Space,
        budget: f64,
        count: usize,
        seed: u64,
    ) -> Option<Self> {
        let (is_free, width) = (is_free(space), space.hyperparameters().len());
        let points = sobol(if is_free { count } else { TRIED * count }, 2 * width, seed, "dependence");
        let mut drawn: Vec<(Configuration, &[f64])> = Vec::with_capacity(count);
        for point in &points {
            if drawn.len() == count {
                break;
            }
            drawn.extend(space.quantile(&point[..width]).map(|configuration| (configuration, &point[..])));
        }
        for (index, point) in points.iter().enumerate().take(count).skip(drawn.len()) {
            let configuration = space.sample(&mut Stream::of(seed, "dependence", index as u64)).ok()?;
            drawn.push((configuration, point));
        }
        let donor = |point: &[f64]| {
            let shares = space.hyperparameters().iter().zip(&point[width..]);
            shares.map(|(each, share)| prior_position(each, *share)).collect()
        };
        let bases = drawn.iter().map(|(configuration, point)| positions_of(space, configuration, &point[..width]));
        let free = is_free.then(|| drawn.iter().map(|(configuration, _)| encoder.row(configuration, budget)).collect());
        let donors = drawn.iter().map(|(_, point)| donor(point));
        Some(Self { space, encoder, budget, bases: bases.collect(), donors: donors.collect(), free })
    }

    /// The number of configurations that were drawn.
    pub(crate) fn len(&self) -> usize {
        self.bases.len()
    }

    /// The row of a configuration as drawn.
    pub(crate) fn row(&self, base: usize) -> Option<Vec<f64>> {
        match self.replaced(base, &[]) {
            ProbeAnswer::Row(row) => Some(row),
            ProbeAnswer::Inactive | ProbeAnswer::Forbidden => None,
        }
    }

    /// A position of a hyperparameter that is independent of a drawn configuration.
    pub(crate) fn donor(&self, base: usize, index: usize) -> f64 {
        self.donors[base][index]
    }

    /// The row of a drawn configuration with some positions replaced, if the result is legal and they are active.
    pub(crate) fn replaced(&self, base: usize, fixed: &[(usize, f64)]) -> ProbeAnswer {
        let Some(rows) = &self.free else { return self.with(&self.bases[base], fixed) };
        let mut row = rows[base].clone();
        for &(index, position) in fixed {
            if let Some(column) = self.encoder.column(index) {
                let value = self.space.hyperparameters()[index].at(position);
                row[column] = self.encoder.number(column, Some(&value));
            }
        }
        ProbeAnswer::Row(row)
    }

    /// The row of any positions with some of them replaced; the positions need not be legal before.
    pub(crate) fn with(&self, positions: &[f64], fixed: &[(usize, f64)]) -> ProbeAnswer {
        self.at(positions, fixed, self.budget)
    }

    /// The row of positions at a budget, with some of them replaced.
    pub(crate) fn at(&self, positions: &[f64], fixed: &[(usize, f64)], budget: f64) -> ProbeAnswer {
        let mut positions = positions.to_vec();
        for (index, position) in fixed {
            positions[*index] = *position;
        }
        match self.space.complete(&positions) {
            None => ProbeAnswer::Forbidden,
            Some(configuration) if fixed.iter().any(|(index, _)| configuration.get(*index).is_none()) => {
                ProbeAnswer::Inactive
            }
            Some(configuration) => ProbeAnswer::Row(self.encoder.row(&configuration, budget)),
        }
    }

    /// The number of hyperparameters of the space.
    pub(crate) fn width(&self) -> usize {
        self.space.hyperparameters().len()
    }
}
