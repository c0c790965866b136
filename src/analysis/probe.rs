//! Probe: legal configurations at which the regression model is evaluated, with one or two values replaced.
use super::row::Encoder;
use crate::numeric::stream::Stream;
use crate::space::Space;

/// Legal configurations drawn from the space, of which one or two values are then replaced.
pub(super) struct Probe<'a> {
    space: &'a Space,
    encoder: &'a Encoder<'a>,
    budget: f64,
    /// A position for each hyperparameter, inactive ones included, because replacing another value may activate them.
    bases: Vec<Vec<f64>>,
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

impl<'a> Probe<'a> {
    /// Draws `count` legal configurations; `None` if no legal configuration is found.
    pub(crate) fn draw(
        encoder: &'a Encoder<'a>,
        space: &'a Space,
        budget: f64,
        count: usize,
        seed: u64,
    ) -> Option<Self> {
        let bases = (0..count as u64).map(|index| {
            let mut stream = Stream::of(seed, "dependence", index);
            let configuration = space.sample(&mut stream).ok()?;
            let positions = space.hyperparameters().iter().zip(configuration.values()).map(|(each, value)| {
                let anywhere = stream.uniform();
                value.as_ref().and_then(|value| each.position(value)).unwrap_or(anywhere)
            });
            Some(positions.collect())
        });
        Some(Self { space, encoder, budget, bases: bases.collect::<Option<_>>()? })
    }

    /// The number of configurations that were drawn.
    pub(crate) fn len(&self) -> usize {
        self.bases.len()
    }

    /// The row of a configuration as drawn.
    pub(crate) fn row(&self, base: usize) -> Option<Vec<f64>> {
        match self.with(&self.bases[base], &[]) {
            ProbeAnswer::Row(row) => Some(row),
            _ => None,
        }
    }

    /// The row of a drawn configuration with some positions replaced, if the result is legal and they are active.
    pub(crate) fn replaced(&self, base: usize, fixed: &[(usize, f64)]) -> ProbeAnswer {
        self.with(&self.bases[base], fixed)
    }

    /// The row of any positions with some of them replaced; the positions need not be legal before.
    pub(crate) fn with(&self, positions: &[f64], fixed: &[(usize, f64)]) -> ProbeAnswer {
        let mut positions = positions.to_vec();
        for (index, position) in fixed {
            positions[*index] = *position;
        }
        match self.space.complete(&positions) {
            None => ProbeAnswer::Forbidden,
            Some(configuration) if fixed.iter().any(|(index, _)| configuration.get(*index).is_none()) => {
                ProbeAnswer::Inactive
            }
            Some(configuration) => ProbeAnswer::Row(self.encoder.row(&configuration, self.budget)),
        }
    }

    /// The number of hyperparameters of the space.
    pub(crate) fn width(&self) -> usize {
        self.space.hyperparameters().len()
    }
}
