//! Directions of objectives: costs are minimized inside, and a value to be maximized is the negation of its cost.
use serde::{Deserialize, Serialize};

use crate::trial::curve::{Curve, CurvePoint};
use crate::trial::outcome::Outcome;

/// The direction of an objective: smaller or greater values are better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    #[default]
    Minimize,
    Maximize,
}

impl Direction {
    /// The cost of a value as the user has it, or the value of a cost: each is the other's.
    pub fn turn(self, number: f64) -> f64 {
        match self {
            Self::Minimize => number,
            // Unlike `-number`, this has no negative zero.
            Self::Maximize => 0.0 - number,
        }
    }
}

/// The direction of each objective; an objective that is not listed is minimized.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directions(Vec<Direction>);

impl Directions {
    /// The directions in the order of the objectives.
    pub fn of(directions: Vec<Direction>) -> Self {
        Self(directions)
    }

    /// The direction of the first objective.
    pub fn first(&self) -> Direction {
        self.of_objective(0)
    }

    /// The direction of an objective, by its index.
    pub fn of_objective(&self, objective: usize) -> Direction {
        self.0.get(objective).copied().unwrap_or_default()
    }

    /// The words for the directions of so many objectives, such as `maximize`.
    pub fn words(&self, objectives: usize) -> impl Iterator<Item = &'static str> {
        (0..objectives).map(|objective| match self.of_objective(objective) {
            Direction::Minimize => "minimize",
            Direction::Maximize => "maximize",
        })
    }

    /// The costs of values as the user has them, or the values of costs, one an objective.
    pub fn turn(&self, numbers: &[f64]) -> Vec<f64> {
        let each = |(objective, number): (usize, &f64)| self.of_objective(objective).turn(*number);
        numbers.iter().enumerate().map(each).collect()
    }

    /// An outcome with the costs of the user's values, or with the values of its costs.
    pub fn turned(&self, outcome: &Outcome) -> Outcome {
        match outcome {
            Outcome::Finished(costs) => Outcome::of_costs(self.turn(costs)),
            other => other.clone(),
        }
    }

    /// The points of a learning curve as the user has them, which are of the first objective.
    pub fn points(&self, curve: &Curve) -> impl Iterator<Item = CurvePoint> {
        let direction = self.first();
        curve.points().iter().map(move |point| CurvePoint { cost: direction.turn(point.cost), ..*point })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_and_its_cost_are_each_other_s() {
        let directions = Directions::of(vec![Direction::Maximize, Direction::Minimize]);
        let told = Outcome::of_costs(vec![0.75, 12.0]);
        let cost = directions.turned(&told);
        assert_eq!(cost, Outcome::of_costs(vec![-0.75, 12.0]));
        assert_eq!(directions.turned(&cost), told);
        assert_eq!(directions.turned(&Outcome::TimedOut), Outcome::TimedOut);
        assert!(Direction::Maximize.turn(0.0).is_sign_positive());
        assert_eq!(directions.words(3).collect::<Vec<_>>(), ["maximize", "minimize", "minimize"]);
    }
}
