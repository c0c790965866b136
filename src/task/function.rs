//! Textbook functions with a budget: cheap objectives whose minimum is known.
use std::f64::consts::PI;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{Report, Request, Task, TaskError};
use crate::document::diagnostic::Diagnostic;
use crate::space::Space;
use crate::space::hyperparameter::Value;

/// A function of the hyperparameters `x1`, `x2`, ...; below the full budget it is seen through a smooth bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Function {
    /// Two dimensions, `x1` in [-5, 10], `x2` in [0, 15]; three minima of 0.397887.
    Branin,
    /// Six dimensions in [0, 1]; minimum -3.32237.
    Hartmann6,
}

impl Function {
    /// Every function by the name that an experiment gives.
    pub(crate) const NAMES: [(&'static str, Self); 2] = [("branin", Self::Branin), ("hartmann6", Self::Hartmann6)];

    /// The name that an experiment gives it.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, function)| *function == self).expect("every function has a name").0
    }

    fn dimensions(self) -> usize {
        match self {
            Self::Branin => 2,
            Self::Hartmann6 => 6,
        }
    }

    fn value(self, x: &[f64]) -> f64 {
        match self {
            Self::Branin => branin(x[0], x[1]),
            Self::Hartmann6 => hartmann6(x),
        }
    }

    /// The names of the hyperparameters that it reads.
    pub(crate) fn hyperparameters(self) -> impl Iterator<Item = String> {
        (1..=self.dimensions()).map(|index| format!("x{index}"))
    }

    /// Checks that the space has the numbers that it reads.
    ///
    /// # Errors
    /// A hyperparameter is missing, is not a number, or has a condition.
    pub(crate) fn check_space(self, space: &Space) -> Result<(), Diagnostic> {
        let is_number = |name: &String| {
            space.index(name).is_some_and(|index| {
                let domain = &space.hyperparameters()[index].domain;
                space.condition(index).is_none() && domain.values().iter().all(|value| value.number().is_some())
            })
        };
        let Some(wrong) = self.hyperparameters().find(|name| !is_number(name)) else { return Ok(()) };
        let message =
            format!("the function `{}` reads the number `{wrong}`, which the space does not have", self.name());
        let hint = format!("for example \"{wrong}\": Float(min: 0, max: 1), without a condition");
        Err(Diagnostic::new(message).hint(hint))
    }

    fn point(self, config: &IndexMap<String, Value>) -> Result<Vec<f64>, TaskError> {
        self.hyperparameters()
            .map(|name| {
                config
                    .get(&name)
                    .and_then(Value::number)
                    .ok_or_else(|| TaskError::new(format!("the function needs a number for `{name}`")))
            })
            .collect()
    }
}

impl TryFrom<String> for Function {
    type Error = Diagnostic;

    fn try_from(name: String) -> Result<Self, Diagnostic> {
        let known = Self::NAMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, function)| *function).ok_or_else(|| {
            let names = Self::NAMES.map(|(known, _)| format!("\"{known}\""));
            // One line: the parser of the file that names the function takes the error as its message.
            Diagnostic::new(format!("there is no function \"{name}\"; hint: there are {}", names.join(" and ")))
        })
    }
}

impl From<Function> for String {
    fn from(function: Function) -> Self {
        function.name().into()
    }
}

impl Task for Function {
    fn evaluate(&self, request: &Request, _progress: &mut dyn FnMut(f64)) -> Result<Report, TaskError> {
        let x = self.point(&request.config)?;
        let missing = 1.0 - (request.budget / request.full_budget).min(1.0);
        // The bias moves the minimum a little, so that low budgets rank well but not perfectly.
        let bias = missing * (1.0 + x.iter().sum::<f64>().sin());
        Ok(Report { cost: self.value(&x) + bias, info: serde_json::Map::new() })
    }
}

/// Branin and Hoo 1972, as in Dixon and Szegő 1978.
pub fn branin(x1: f64, x2: f64) -> f64 {
    let parabola = x2 - 5.1 / (4.0 * PI * PI) * x1 * x1 + 5.0 / PI * x1 - 6.0;
    parabola * parabola + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x1.cos() + 10.0
}

/// Hartman 1973, six dimensions, as in Dixon and Szegő 1978.
pub fn hartmann6(x: &[f64]) -> f64 {
    const WEIGHT: [f64; 4] = [1.0, 1.2, 3.0, 3.2];
    const WIDTH: [[f64; 6]; 4] = [
        [10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
        [0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
        [3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
        [17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
    ];
    const CENTRE: [[f64; 6]; 4] = [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
        [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
        [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ];
    -(0..4)
        .map(|i| {
            let distance: f64 = (0..6).map(|j| WIDTH[i][j] * (x[j] - CENTRE[i][j]).powi(2)).sum();
            WEIGHT[i] * (-distance).exp()
        })
        .sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minima_are_the_published_ones() {
        for (x1, x2) in [(-PI, 12.275), (PI, 2.275), (9.42478, 2.475)] {
            assert!((branin(x1, x2) - 0.397887).abs() < 1e-5);
        }
        let minimum = [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573];
        assert!((hartmann6(&minimum) + 3.32237).abs() < 1e-5);
    }
}
