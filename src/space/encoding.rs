//! A configuration as a row of numbers, a column for each hyperparameter.
use super::Space;
use super::configuration::Configuration;
use super::hyperparameter::{Domain, Value};

/// What the numbers of a column mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Places of `[0, 1]`, in an order that means something.
    Numeric,
    /// Indices `0..choices`, in no order.
    Categorical { choices: usize },
}

impl Space {
    /// The columns of [`encode`](Self::encode), in the order of the space.
    pub fn columns(&self) -> Vec<Column> {
        let column = |domain: &Domain| match domain {
            Domain::Categorical { choices } => Column::Categorical { choices: choices.len() },
            _ => Column::Numeric,
        };
        self.hyperparameters().iter().map(|each| column(&each.domain)).collect()
    }

    /// A number for each hyperparameter: numbers and ordinals on `[0, 1]` with their ends at 0 and 1, the index of a
    /// categorical's choice, 0 for a constant, and NaN for what is inactive.
    pub fn encode(&self, configuration: &Configuration) -> Vec<f64> {
        let domains = self.hyperparameters().iter().map(|each| &each.domain);
        domains
            .zip(configuration.values())
            .map(|(domain, value)| value.as_ref().map_or(f64::NAN, |value| place(domain, value)))
            .collect()
    }
}

fn place(domain: &Domain, value: &Value) -> f64 {
    let index =
        |values: &[Value]| values.iter().position(|each| each == value).expect("a configuration is legal") as f64;
    let share = |min: f64, max: f64, log: bool| {
        let number = value.number().expect("a configuration is legal");
        let place = if log { (number / min).ln() / (max / min).ln() } else { (number - min) / (max - min) };
        place.clamp(0.0, 1.0)
    };
    match domain {
        Domain::Float { min, max, log } => share(*min, *max, *log),
        Domain::Integer { min, max, log } => share(*min as f64, *max as f64, *log),
        Domain::Ordinal { values } => index(values) / (values.len().max(2) - 1) as f64,
        Domain::Categorical { choices } => index(choices),
        Domain::Constant { .. } => 0.0,
    }
}
