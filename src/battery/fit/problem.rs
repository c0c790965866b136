//! The problem of a fit: measured series, and the residuals of the voltages that a cell with given parameters has under their currents.
use rayon::prelude::*;

use crate::battery::cell::Cell;
use crate::battery::current::knot::Knot;
use crate::battery::fit::parameter::Parameter;
use crate::battery::simulation::thermal::Thermal;
use crate::battery::simulation::trace::{Start, simulate_knots};

/// Residuals of all series together at most; of more, every second, third and so on counts.
const MOST: usize = 400_000;
/// The difference of a coordinate in the Jacobian.
const DIFFERENCE: f64 = 1e-3;

/// The course of a current between rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowCurrent {
    /// That of the row's instant; linear in between.
    Instant,
    /// The mean since the row before.
    Mean,
}

/// A measured series.
#[derive(Clone, Debug)]
pub struct FittedSeries {
    pub name: String,
    /// Seconds from row to row.
    pub interval: f64,
    pub course: RowCurrent,
    /// A, discharge positive.
    pub current: Vec<f64>,
    /// V.
    pub voltage: Vec<f64>,
    /// The mean temperature, °C.
    pub temperature: f64,
    /// The counted state of charge at the first row.
    pub soc: f64,
    /// Rows at the beginning whose voltages do not count.
    pub skipped: usize,
}

/// Series and the parameters that are fitted to them.
pub struct FitProblem {
    pub cell: Cell,
    pub thermal: Thermal,
    pub parameters: Vec<Parameter>,
    pub series: Vec<FittedSeries>,
    start: Vec<f64>,
    bounds: Vec<(f64, f64)>,
    stride: usize,
}

impl FittedSeries {
    /// The current as knots, of which the rows are those of the series.
    fn knots(&self) -> Vec<Knot> {
        let mut knots = Vec::with_capacity(self.current.len() + 16);
        for (row, &current) in self.current.iter().enumerate() {
            let time = row as f64 * self.interval;
            if self.course == RowCurrent::Mean && row > 0 && self.current[row - 1] != current {
                knots.push(Knot { time: time - self.interval, current, is_row: false });
            }
            knots.push(Knot { time, current, is_row: true });
        }
        knots
    }
}

impl FitProblem {
    /// The problem of parameters that begin at their values in the cell's file; `None` without rows that count.
    pub fn new(cell: Cell, thermal: Thermal, parameters: Vec<Parameter>, series: Vec<FittedSeries>) -> Option<Self> {
        let initial = series.first()?.soc;
        let values: Vec<f64> = parameters.iter().map(|parameter| parameter.start(&cell, initial)).collect();
        let bound = |(parameter, value): (&Parameter, &f64)| {
            let (low, high) = parameter.bounds(&cell, *value);
            (parameter.coordinate(low), parameter.coordinate(high))
        };
        let bounds = parameters.iter().zip(&values).map(bound).collect();
        let start = parameters.iter().zip(&values).map(|(parameter, value)| parameter.coordinate(*value)).collect();
        let mut problem = Self { cell, thermal, parameters, series, start, bounds, stride: 1 };
        let rows = problem.rows();
        problem.stride = rows.div_ceil(MOST).max(1);
        (rows > problem.parameters.len()).then_some(problem)
    }

    /// Rows that count.
    fn rows(&self) -> usize {
        self.series.iter().map(|series| series.voltage.len().saturating_sub(series.skipped)).sum()
    }

    pub(crate) fn start(&self) -> &[f64] {
        &self.start
    }

    pub(crate) fn bounds(&self) -> &[(f64, f64)] {
        &self.bounds
    }

    pub(crate) fn differences(&self) -> Vec<f64> {
        vec![DIFFERENCE; self.parameters.len()]
    }

    /// The first residual of each series.
    pub(crate) fn breaks(&self) -> Vec<usize> {
        let counts =
            self.series.iter().map(|series| series.voltage.len().saturating_sub(series.skipped).div_ceil(self.stride));
        counts.scan(0, |sum, count| Some(std::mem::replace(sum, *sum + count))).collect()
    }

    /// The cell and the initial charge with the parameters of a point.
    pub fn cell_of(&self, point: &[f64]) -> (Cell, f64) {
        let (mut cell, mut initial) = (self.cell.clone(), self.series.first().map_or(1.0, |series| series.soc));
        for (parameter, coordinate) in self.parameters.iter().zip(point) {
            let value = parameter.of_coordinate(*coordinate);
            match parameter {
                Parameter::InitialCharge => initial = value,
                parameter => parameter.set(&mut cell, value),
            }
        }
        (cell, initial)
    }

    /// The voltages of each series for a cell that begins the first of them at `initial`.
    pub fn voltages(&self, cell: &Cell, initial: f64) -> Vec<Vec<f64>> {
        let known = self.series.first().map_or(1.0, |series| series.soc);
        let simulated = |series: &FittedSeries| {
            // The charge between the series was counted; how much of the cell it is depends on its capacity.
            let soc = initial + (series.soc - known) * self.cell.capacity_ah / cell.capacity_ah;
            let start = Start { soc, ambient: series.temperature };
            simulate_knots(cell, self.thermal, &series.knots(), start).voltage
        };
        self.series.par_iter().map(simulated).collect()
    }

    /// Simulated less measured voltages, V; `None` where a voltage is no number.
    pub(crate) fn residuals(&self, point: &[f64]) -> Option<Vec<f64>> {
        let (cell, initial) = self.cell_of(point);
        let mut residuals = Vec::with_capacity(self.rows() / self.stride + self.series.len());
        for (series, voltages) in self.series.iter().zip(self.voltages(&cell, initial)) {
            let pairs = voltages.iter().zip(&series.voltage).skip(series.skipped).step_by(self.stride);
            residuals.extend(pairs.map(|(simulated, measured)| simulated - measured));
        }
        residuals.iter().all(|residual| residual.is_finite()).then_some(residuals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cell_that_was_measured_has_no_residuals() {
        let cell = Cell::named("chen2020").unwrap();
        let current: Vec<f64> = (0..120).map(|k| f64::from(k / 20 % 3)).collect();
        let series = |course, soc: f64, voltage| FittedSeries {
            name: "a".into(),
            interval: 10.0,
            course,
            current: current.clone(),
            voltage,
            temperature: 20.0,
            soc,
            skipped: 20,
        };
        for course in [RowCurrent::Instant, RowCurrent::Mean] {
            let blank = |soc| series(course, soc, vec![0.0; 120]);
            let parameters = vec![Parameter::ContactResistance, Parameter::InitialCharge];
            let problem =
                FitProblem::new(cell.clone(), Thermal::Isothermal, parameters.clone(), vec![blank(0.8), blank(0.6)])
                    .unwrap();
            let point = [0.01f64.ln(), 0.79];
            let (known, initial) = problem.cell_of(&point);
            assert!((known.contact_resistance - 0.01).abs() < 1e-12 && initial == 0.79);
            let voltages = problem.voltages(&known, initial);
            let measured =
                voltages.into_iter().zip([0.8, 0.6]).map(|(voltage, soc)| series(course, soc, voltage)).collect();
            let problem = FitProblem::new(cell.clone(), Thermal::Isothermal, parameters, measured).unwrap();
            assert_eq!(problem.breaks(), [0, 100]);
            assert!(problem.residuals(&point).unwrap().iter().all(|residual| *residual == 0.0));
            assert!(problem.residuals(problem.start()).unwrap().iter().any(|residual| residual.abs() > 1e-3));
        }
    }
}
