//! Probe: legal configurations at which a model is evaluated, with one or two values replaced.
use super::row::Encoder;
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::{Hyperparameter, Value};

/// Legal configurations drawn from the space, of which one or two values are then replaced.
pub(super) struct Probe<'a> {
    space: &'a Space,
    encoder: &'a Encoder<'a>,
    budget: f64,
    /// A position for each hyperparameter, inactive ones included, because replacing another value may activate them.
    bases: Vec<Vec<f64>>,
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

/// The position of each hyperparameter; anywhere if it is inactive.
pub(super) fn positions_of(space: &Space, configuration: &Configuration, stream: &mut Stream) -> Vec<f64> {
    let pairs = space.hyperparameters().iter().zip(configuration.values());
    let position = |(each, value): (&Hyperparameter, &Option<Value>)| {
        let anywhere = stream.uniform();
        value.as_ref().and_then(|value| each.position(value)).unwrap_or(anywhere)
    };
    pairs.map(position).collect()
}

impl<'a> Probe<'a> {
    /// Draws `count` legal configurations; `None` if no legal configuration is found.
    pub(crate) fn draw(
        encoder: &'a Encoder<'a>,
        space: &'a Space,
        budget: f64,
        count: usize,
        seed: u64,
    ) -> Option<Self> {
        let is_free = is_free(space);
        let (mut bases, mut rows) = (Vec::new(), Vec::new());
        for index in 0..count as u64 {
            let mut stream = Stream::of(seed, "dependence", index);
            let configuration = space.sample(&mut stream).ok()?;
            bases.push(positions_of(space, &configuration, &mut stream));
            if is_free {
                rows.push(encoder.row(&configuration, budget));
            }
        }
        Some(Self { space, encoder, budget, bases, free: is_free.then_some(rows) })
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

    /// The position of a hyperparameter in a drawn configuration.
    pub(crate) fn position(&self, base: usize, index: usize) -> f64 {
        self.bases[base][index]
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
