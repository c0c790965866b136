//! The legal configurations at which the machine is asked.
use serde::Serialize;

use super::row::Encoder;
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};

/// Parts into which the range of a hyperparameter with more values than `LEVELS` is cut.
const BINS: usize = 15;
const LEVELS: u64 = 24;

/// How the values of a hyperparameter lie on an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    Linear,
    Logarithmic,
    Ordinal,
    Categorical,
}

/// A value, or the middle of a range of values, with its place on an axis from 0 to 1.
#[derive(Clone, Debug, Serialize)]
pub struct Place {
    pub value: Value,
    pub at: f64,
    pub from: f64,
    pub to: f64,
}

/// How a hyperparameter's values lie on an axis.
pub(super) fn scale(hyperparameter: &Hyperparameter) -> Scale {
    match &hyperparameter.domain {
        Domain::Float { log: true, .. } | Domain::Integer { log: true, .. } => Scale::Logarithmic,
        Domain::Float { .. } | Domain::Integer { .. } | Domain::Steps(_) => Scale::Linear,
        Domain::Ordinal { .. } | Domain::Constant { .. } => Scale::Ordinal,
        Domain::Categorical { .. } => Scale::Categorical,
    }
}

/// The places of a hyperparameter: each value where there are few, else the middles of equal parts.
pub(super) fn places(hyperparameter: &Hyperparameter) -> Vec<Place> {
    let values: Vec<Value> = match &hyperparameter.domain {
        domain @ (Domain::Integer { .. } | Domain::Steps(_)) if domain.size() <= Some(LEVELS) => {
            (0..domain.size().unwrap_or(0)).map(|index| domain.nth(index)).collect()
        }
        Domain::Ordinal { values } | Domain::Categorical { choices: values } => values.clone(),
        Domain::Constant { value } => vec![value.clone()],
        _ => (0..BINS).map(|bin| hyperparameter.at((bin as f64 + 0.5) / BINS as f64)).collect(),
    };
    let at = |value: &Value| hyperparameter.position(value).expect("a value of the domain");
    let middles: Vec<f64> = values.iter().map(at).collect();
    let between = |index: usize| (middles[index] + middles[index + 1]) / 2.0;
    values
        .into_iter()
        .enumerate()
        .map(|(index, value)| Place {
            value,
            at: middles[index],
            from: if index == 0 { 0.0 } else { between(index - 1) },
            to: if index + 1 == middles.len() { 1.0 } else { between(index) },
        })
        .collect()
}

/// The index of the place that holds a position.
pub(super) fn place_of(places: &[Place], position: f64) -> usize {
    places.iter().position(|place| position <= place.to).unwrap_or(places.len() - 1)
}

/// Legal configurations drawn from the space, of which one or two values are then replaced.
pub(super) struct Probe<'a> {
    space: &'a Space,
    encoder: &'a Encoder<'a>,
    budget: f64,
    /// A position for every hyperparameter, also for those that are inactive and may become active.
    bases: Vec<Vec<f64>>,
}

/// What stands at replaced values.
pub(super) enum Answer {
    Row(Vec<f64>),
    Inactive,
    Forbidden,
}

impl<'a> Probe<'a> {
    /// Draws `count` legal configurations; `None` where the space has none that can be found.
    pub fn draw(encoder: &'a Encoder<'a>, space: &'a Space, budget: f64, count: usize, seed: u64) -> Option<Self> {
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

    /// How many configurations were drawn.
    pub fn len(&self) -> usize {
        self.bases.len()
    }

    /// The row of a configuration as drawn.
    pub fn row(&self, base: usize) -> Option<Vec<f64>> {
        match self.with(&self.bases[base], &[]) {
            Answer::Row(row) => Some(row),
            _ => None,
        }
    }

    /// The row of a drawn configuration with some positions replaced, where that is legal and they are active.
    pub fn replaced(&self, base: usize, fixed: &[(usize, f64)]) -> Answer {
        self.with(&self.bases[base], fixed)
    }

    /// The same for a point that need not be legal before.
    pub fn with(&self, positions: &[f64], fixed: &[(usize, f64)]) -> Answer {
        let mut positions = positions.to_vec();
        for (index, position) in fixed {
            positions[*index] = *position;
        }
        match self.space.complete(&positions) {
            None => Answer::Forbidden,
            Some(configuration) if fixed.iter().any(|(index, _)| configuration.get(*index).is_none()) => {
                Answer::Inactive
            }
            Some(configuration) => Answer::Row(self.encode(&configuration)),
        }
    }

    /// The row of any configuration at the budget of the probe.
    pub fn encode(&self, configuration: &Configuration) -> Vec<f64> {
        self.encoder.row(configuration, self.budget)
    }

    /// How many hyperparameters there are.
    pub fn width(&self) -> usize {
        self.space.hyperparameters().len()
    }
}
