//! The search for the best parameters: from several starts by a simplex (Nelder and Mead 1965), then by least squares.
use argmin::core::{CostFunction, Error, Executor, State};
use argmin::solver::neldermead::NelderMead;

use crate::battery::fit::identifiability::{Identifiability, Verdict};
use crate::battery::fit::least_squares;
use crate::battery::fit::least_squares::{Minimum, minimize};
use crate::battery::fit::parameter::Parameter;
use crate::battery::fit::problem::FitProblem;
use crate::document::diagnostic::Diagnostic;

/// The distance of the other starts, in a logarithm and in a state of charge; and the sides of the first simplex.
const APART: (f64, f64) = (1.4, 0.05);
const SIDE: (f64, f64) = (0.5, 0.02);
/// Evaluations of the simplex for each parameter, and steps of the least squares.
const SIMPLEX: u64 = 12;
const STEPS: usize = 40;
/// The share of a range that is its edge.
const EDGE: f64 = 1e-6;

/// Is told of each evaluation, and returns true where the search should end.
pub type FitWatch<'a> = dyn Fn() -> bool + Sync + 'a;

/// A parameter after the fit.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedParameter {
    pub parameter: Parameter,
    /// The value in the cell's file, or of the counted charge.
    pub before: f64,
    pub value: f64,
    /// In units of the value; infinite where the data say nothing.
    pub standard_error: f64,
    /// The 95 % interval, within what is tried.
    pub interval: (f64, f64),
    pub verdict: Verdict,
    /// The parameter whose estimate is the most correlated with this one's, and the correlation.
    pub partner: Option<(Parameter, f64)>,
}

/// The result of a fit.
#[derive(Clone, Debug)]
pub struct CellFit {
    pub parameters: Vec<FittedParameter>,
    /// Root mean square of the residuals with the values of the file and with the fitted ones, V.
    pub before: f64,
    pub after: f64,
    pub rows: usize,
    /// The correlation of neighbouring residuals.
    pub persistence: f64,
    pub is_settled: bool,
    /// Coordinates of the best point.
    pub(crate) point: Vec<f64>,
}

/// Fits the parameters of a problem; `None` where `watch` ended it.
///
/// # Errors
/// The cell cannot be simulated under these currents.
pub fn fit_cell(problem: &FitProblem, watch: &FitWatch) -> Result<Option<CellFit>, Diagnostic> {
    let residuals = |point: &[f64]| if watch() { None } else { problem.residuals(point) };
    let sum = |point: &[f64]| residuals(point).map_or(f64::INFINITY, |found| least_squares::sum(&found));
    let initial = problem.series.first().map_or(1.0, |series| series.soc);
    let values = |parameter: &Parameter| parameter.value(&problem.cell, initial);
    let unchanged: Vec<f64> = problem.voltages(&problem.cell, initial).concat();
    if !unchanged.iter().all(|voltage| voltage.is_finite()) {
        let hint = "is `--cell` the right one, and the state of charge at the start (`--initial-charge`)?";
        return Err(Diagnostic::new("the cell cannot be simulated under these currents").hint(hint));
    }

    let step = |parameter: &Parameter, (logarithm, charge): (f64, f64)| {
        if parameter.is_positive() { logarithm } else { charge }
    };
    let mut starts = vec![problem.start().to_vec()];
    for (k, parameter) in problem.parameters.iter().enumerate() {
        for sign in [-1.0, 1.0] {
            let mut start = problem.start().to_vec();
            start[k] = (start[k] + sign * step(parameter, APART)).clamp(problem.bounds()[k].0, problem.bounds()[k].1);
            starts.push(start);
        }
    }
    let best = starts.iter().map(|start| (sum(start), start)).min_by(|a, b| a.0.total_cmp(&b.0));
    let (_, best) = best.ok_or_else(|| Diagnostic::new("no parameter is fitted"))?;
    let mut simplex = vec![best.clone()];
    for (k, parameter) in problem.parameters.iter().enumerate() {
        let mut corner = best.clone();
        corner[k] += step(parameter, SIDE);
        simplex.push(corner);
    }
    let near = simplex_search(&sum, problem, simplex, SIMPLEX * problem.parameters.len() as u64)
        .unwrap_or_else(|| best.clone());
    let found = minimize(&residuals, problem.bounds(), &problem.differences(), &near, STEPS);
    if watch() {
        return Ok(None);
    }
    let found = found.ok_or_else(|| Diagnostic::new("the cell cannot be simulated near the best parameters"))?;
    let before = problem.residuals(&unchanged_point(problem)).map_or(f64::NAN, |found| least_squares::sum(&found));
    Ok(Some(describe(problem, found, before, values)))
}

/// The point of the file's own values; a contact without resistance has the least that is tried.
fn unchanged_point(problem: &FitProblem) -> Vec<f64> {
    let initial = problem.series.first().map_or(1.0, |series| series.soc);
    let coordinate = |parameter: &Parameter| match parameter.value(&problem.cell, initial) {
        value if parameter.is_positive() && value <= 0.0 => parameter.coordinate(1e-12),
        value => parameter.coordinate(value),
    };
    problem.parameters.iter().map(coordinate).collect()
}

fn simplex_search(
    sum: &dyn Fn(&[f64]) -> f64,
    problem: &FitProblem,
    simplex: Vec<Vec<f64>>,
    iterations: u64,
) -> Option<Vec<f64>> {
    let inside = |point: &[f64]| -> Vec<f64> {
        point.iter().zip(problem.bounds()).map(|(x, (low, high))| x.clamp(*low, *high)).collect()
    };
    let solver = NelderMead::new(simplex).with_sd_tolerance(1e-10).ok()?;
    let cost = BoundedSum { sum, inside: &inside };
    let search = Executor::new(cost, solver).configure(|state| state.max_iters(iterations));
    let found = search.run().ok()?.state().get_best_param().cloned()?;
    Some(inside(&found))
}

/// The sum of squares, which rises outside of the bounds.
struct BoundedSum<'a> {
    sum: &'a dyn Fn(&[f64]) -> f64,
    inside: &'a dyn Fn(&[f64]) -> Vec<f64>,
}

impl CostFunction for BoundedSum<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, point: &Vec<f64>) -> Result<f64, Error> {
        let inside = (self.inside)(point);
        let outside: f64 = point.iter().zip(&inside).map(|(x, y)| (x - y).powi(2)).sum();
        let sum = (self.sum)(&inside);
        // A number that is none would end the search.
        Ok(if sum.is_finite() { sum * (1.0 + outside) } else { 1e300 })
    }
}

fn describe(problem: &FitProblem, found: Minimum, before: f64, values: impl Fn(&Parameter) -> f64) -> CellFit {
    let rows = found.residuals.len();
    let statistics = Identifiability::of(&found.residuals, &found.jacobian, &problem.breaks());
    let parameter = |(k, parameter): (usize, &Parameter)| {
        let (coordinate, (low, high)) = (found.point[k], problem.bounds()[k]);
        let edge = EDGE * (high - low);
        let is_at_edge = coordinate - low < edge || high - coordinate < edge;
        let error = statistics.errors[k];
        let half = crate::battery::fit::identifiability::SIDES * error;
        let value = parameter.of_coordinate(coordinate);
        FittedParameter {
            parameter: *parameter,
            before: values(parameter),
            value,
            standard_error: if parameter.is_positive() { value * error } else { error },
            interval: (
                parameter.of_coordinate((coordinate - half).max(low)),
                parameter.of_coordinate((coordinate + half).min(high)),
            ),
            verdict: statistics.verdict(k, parameter.is_positive(), is_at_edge),
            partner: statistics.partner(k).map(|(other, correlation)| (problem.parameters[other], correlation)),
        }
    };
    CellFit {
        parameters: problem.parameters.iter().enumerate().map(parameter).collect(),
        before: (before / rows as f64).sqrt(),
        after: (found.sum / rows as f64).sqrt(),
        rows,
        persistence: statistics.persistence,
        is_settled: found.is_settled,
        point: found.point,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::cell::Cell;
    use crate::battery::fit::problem::{FittedSeries, RowCurrent};
    use crate::battery::simulation::thermal::Thermal;
    use crate::numeric::stream::Stream;

    /// Pulses and rests of a known cell, with 1 mV of noise.
    fn measured(known: &Cell, soc: f64, counted: f64) -> FittedSeries {
        let current: Vec<f64> = (0..72).map(|k| [0.0, 5.0, 0.0, -2.0, 2.5, 0.0][k / 12]).collect();
        let series = FittedSeries {
            name: "known".into(),
            interval: 10.0,
            course: RowCurrent::Mean,
            voltage: vec![0.0; current.len()],
            current,
            temperature: 25.0,
            soc,
            skipped: 0,
        };
        let problem = FitProblem::new(known.clone(), Thermal::Isothermal, vec![], vec![series.clone()]).unwrap();
        let mut noise = Stream::of(7, "noise", 0);
        let voltage = problem.voltages(known, soc)[0].iter().map(|voltage| voltage + 1e-3 * noise.normal()).collect();
        FittedSeries { voltage, soc: counted, ..series }
    }

    #[test]
    fn known_parameters_are_found_within_their_intervals() {
        let nominal = Cell::named("chen2020").unwrap();
        let parameters = vec![Parameter::ContactResistance, Parameter::PositiveDiffusivity, Parameter::InitialCharge];
        let mut known = nominal.clone();
        let truth = [0.012, 7e-15, 0.62];
        Parameter::ContactResistance.set(&mut known, truth[0]);
        Parameter::PositiveDiffusivity.set(&mut known, truth[1]);
        let series = measured(&known, truth[2], 0.6);
        let problem = FitProblem::new(nominal, Thermal::Isothermal, parameters, vec![series]).unwrap();
        let found = fit_cell(&problem, &|| false).unwrap().unwrap();
        assert!(found.is_settled && (found.after - 1e-3).abs() < 3e-4 && found.before > 0.01, "{found:?}");
        for (parameter, truth) in found.parameters.iter().zip(truth) {
            let (low, high) = parameter.interval;
            // Twice the interval, so that chance fails one test in ten thousand.
            assert!(low - (parameter.value - low) < truth && truth < high + (high - parameter.value), "{parameter:?}");
            assert_eq!(parameter.verdict, Verdict::Identified, "{parameter:?}");
        }
        assert!(fit_cell(&problem, &|| true).unwrap().is_none(), "a search may be ended");
    }

    #[test]
    fn a_parameter_that_data_do_not_show_is_said_to_be_unknown() {
        let nominal = Cell::named("chen2020").unwrap();
        let mut series = measured(&nominal, 0.6, 0.6);
        // A cell at rest shows its state of charge, and nothing else.
        series.current.iter_mut().for_each(|current| *current = 0.0);
        series.voltage.iter_mut().for_each(|voltage| *voltage = nominal.open_circuit_voltage(0.6));
        series.voltage.iter_mut().step_by(2).for_each(|voltage| *voltage += 1e-3);
        let parameters = vec![Parameter::InitialCharge, Parameter::NegativeDiffusivity];
        let problem = FitProblem::new(nominal, Thermal::Isothermal, parameters, vec![series]).unwrap();
        let found = fit_cell(&problem, &|| false).unwrap().unwrap();
        let verdicts: Vec<Verdict> = found.parameters.iter().map(|parameter| parameter.verdict).collect();
        assert_eq!(verdicts, [Verdict::Identified, Verdict::NoEffect], "{found:?}");
    }
}
