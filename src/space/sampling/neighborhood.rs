//! Configurations one change away.
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};

/// Neighbours along one numeric hyperparameter (SMAC's local search).
const ALONG: usize = 8;

/// Standard deviation of a step along a numeric hyperparameter, in positions (SMAC's local search).
const STEP: f64 = 0.05;

impl Space {
    /// The legal configurations that differ in one hyperparameter and what it activates or deactivates, in random order.
    ///
    /// All other choices of a categorical, the values beside an ordinal's, and eight normal steps along a number;
    /// what becomes active takes its default.
    pub fn neighbors(&self, configuration: &Configuration, stream: &mut Stream) -> Vec<Configuration> {
        let mut neighbors = Vec::new();
        for (index, hyperparameter) in self.hyperparameters().iter().enumerate() {
            let Some(value) = configuration.get(index) else { continue };
            let mut change = |value: Value| {
                let mut values = configuration.values().to_vec();
                values[index] = Some(value);
                self.settle(values, |child| self.hyperparameters()[child].default.clone()).ok()
            };
            match &hyperparameter.domain {
                Domain::Constant { .. } => {}
                Domain::Categorical { choices } => {
                    neighbors.extend(choices.iter().filter(|other| *other != value).cloned().filter_map(change));
                }
                Domain::Ordinal { values } => {
                    let place = values.iter().position(|each| each == value).expect("a configuration is legal");
                    let beside = [place.checked_sub(1), Some(place + 1)].into_iter().flatten();
                    neighbors.extend(beside.filter_map(|place| values.get(place)).cloned().filter_map(change));
                }
                domain @ (Domain::Integer { .. } | Domain::Steps(_)) if domain.size() <= Some(ALONG as u64 + 1) => {
                    let all = (0..domain.size().unwrap_or(0)).map(|index| domain.nth(index));
                    neighbors.extend(all.filter(|other| other != value).filter_map(change));
                }
                Domain::Float { .. } | Domain::Integer { .. } | Domain::Steps(_) => {
                    neighbors.extend(steps(hyperparameter, value, stream, &mut change));
                }
            }
        }
        stream.shuffle(&mut neighbors);
        neighbors
    }
}

/// Up to eight legal steps to different values; the step widens while too few are found.
fn steps(
    hyperparameter: &Hyperparameter,
    value: &Value,
    stream: &mut Stream,
    change: &mut dyn FnMut(Value) -> Option<Configuration>,
) -> Vec<Configuration> {
    let center = hyperparameter.position(value).expect("a configuration is legal");
    let (mut seen, mut found) = (vec![value.clone()], Vec::new());
    for widening in 0..=9 {
        let deviation = STEP + f64::from(widening) / 9.0 * (1.0 - STEP);
        for _ in 0..4 * ALONG {
            if found.len() == ALONG {
                return found;
            }
            let position = center + deviation * stream.normal();
            if !(0.0..=1.0).contains(&position) {
                continue;
            }
            let other = hyperparameter.at(position);
            if seen.contains(&other) {
                continue;
            }
            seen.push(other.clone());
            found.extend(change(other));
        }
    }
    found
}
