//! Findings with the user's signs: values of objectives that are maximized in place of their costs.
use super::Findings;
use super::interaction::Tile;
use crate::trial::direction::{Direction, Directions};

/// Replaces a cost by its value, in any container of costs.
fn turn<'a>(direction: Direction, costs: impl IntoIterator<Item = &'a mut f64>) {
    costs.into_iter().for_each(|cost| *cost = direction.turn(*cost));
}

/// The values of the ends of an interval of costs, the smaller value first.
fn ends(direction: Direction, (low, high): (f64, f64)) -> (f64, f64) {
    let (low, high) = (direction.turn(low), direction.turn(high));
    (low.min(high), low.max(high))
}

impl Findings {
    /// The findings of costs as those of the values that trials reported, which pages and figures show.
    #[must_use]
    pub fn turned(mut self, directions: &Directions) -> Self {
        let direction = directions.first();
        self.direction = direction;
        let headline = &mut self.headline;
        if let Some(best) = &mut headline.best {
            turn(direction, [&mut best.cost, &mut best.expected]);
            turn(direction, best.lowest.iter_mut().map(|(cost, _)| cost));
        }
        turn(direction, headline.default.iter_mut().map(|(cost, _)| cost));
        turn(direction, &mut headline.baseline);
        let convergence = &mut self.convergence;
        turn(direction, convergence.dots.iter_mut().map(|dot| &mut dot.cost));
        let steps = convergence.curves.iter_mut().flat_map(|curve| &mut curve.steps);
        turn(direction, steps.chain(&mut convergence.recommended).map(|step| &mut step.cost));
        turn(direction, convergence.default.iter_mut().map(|(cost, _)| cost));
        turn(direction, &mut convergence.baseline);
        for point in self.front.iter_mut().flat_map(|front| &mut front.points) {
            point.costs = directions.turn(&point.costs);
        }
        let pairs = self.fidelity.iter_mut().flat_map(|fidelity| &mut fidelity.pairs);
        turn(direction, pairs.flat_map(|pair| [&mut pair.low, &mut pair.high]));
        for metric in &mut self.metrics {
            turn(direction, metric.points.iter_mut().map(|point| &mut point.cost));
            turn(direction, &mut metric.correlation);
        }
        let matrix = &mut self.matrix;
        for dimension in &mut matrix.dimensions {
            for level in &mut dimension.levels {
                turn(direction, &mut level.cost);
                level.band = level.band.map(|band| ends(direction, band));
            }
            turn(direction, dimension.curves.iter_mut().flatten().flatten());
        }
        for tile in matrix.pairs.iter_mut().flat_map(|pair| &mut pair.tiles).flatten() {
            if let Tile::Cost { cost, .. } | Tile::Rare { cost } = tile {
                *cost = direction.turn(*cost);
            }
        }
        matrix.range = matrix.range.map(|range| ends(direction, range));
        turn(direction, &mut matrix.sample.cap);
        let points = matrix.quality.iter_mut().flat_map(|quality| &mut quality.points);
        turn(direction, points.flat_map(|point| [&mut point.observed, &mut point.predicted]));
        self.ablation.iter_mut().for_each(|ablation| ablation.turn(direction));
        self.learning.iter_mut().for_each(|learning| learning.turn(direction));
        self.shortlist.iter_mut().for_each(|shortlist| shortlist.turn(direction));
        self.footprint.iter_mut().for_each(|footprint| footprint.turn(direction));
        self.spending.iter_mut().for_each(|spending| spending.turn(direction));
        self.outlook.iter_mut().for_each(|outlook| outlook.turn(direction));
        turn(direction, self.trials.iter_mut().filter_map(|line| line.cost.as_mut()));
        self
    }

    /// The word for what a trial reports: a `cost` to be minimized, or a `value` to be maximized.
    pub(crate) fn noun(&self) -> &'static str {
        match self.direction {
            Direction::Minimize => "cost",
            Direction::Maximize => "value",
        }
    }

    /// The name of the configuration with a star: the recommended one, or the best in the first of several objectives.
    pub(crate) fn recommended(&self) -> String {
        if self.front.is_some() { format!("best in {}", self.measure) } else { "recommended".into() }
    }

    /// The words for what the figures of one number show: the noun, or the first of several objectives by its name.
    pub(crate) fn shown(&self) -> &str {
        if self.front.is_some() { &self.measure } else { self.noun() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{finished, history, input, line};
    use super::*;

    #[test]
    fn every_number_of_a_maximized_run_is_the_negation_of_its_cost() {
        let space = line();
        let costs = history(
            &space,
            (0..40).map(|index| {
                let x = f64::from(index / 2) / 20.0;
                (x, if index % 2 == 0 { 3.0 } else { 9.0 }, finished((x - 0.3).powi(2) - 2.0))
            }),
        );
        let findings = Findings::of(&input(&space, &costs));
        let plain = serde_json::to_value(&findings).unwrap();
        let turned = findings.turned(&Directions::of(vec![Direction::Maximize]));
        let once = serde_json::to_value(&turned).unwrap();
        assert_eq!(
            once["headline"]["best"]["cost"].as_f64(),
            plain["headline"]["best"]["cost"].as_f64().map(|cost| -cost)
        );
        assert!(once["matrix"]["range"][0].as_f64() <= once["matrix"]["range"][1].as_f64());
        // Every number that changes its sign changes it back.
        let twice = turned.turned(&Directions::of(vec![Direction::Maximize])).turned(&Directions::default());
        let back = Findings { direction: Direction::Minimize, ..twice };
        assert_eq!(serde_json::to_value(&back).unwrap(), plain);
    }
}
