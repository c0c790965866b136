//! An equivalent circuit fitted to training series: tables by linear least squares, time constants by Nelder and Mead.
//!
//! The voltage is linear in every entry of the tables once the time constants are given, so only these two are searched
//! for (variable projection; Golub and Pereyra, SIAM J. Numer. Anal. 10, 413, 1973).
use argmin::core::{CostFunction, Error, Executor, State};
use argmin::solver::neldermead::NelderMead;
use rayon::prelude::*;

use crate::battery::baseline::equivalent_circuit::{
    EquivalentCircuit, OPEN_KNOTS, RESISTANCES, Rhythm, SOC_KNOTS, locate,
};
use crate::numeric::linear::Cholesky;

/// The first point of the search for the time constants, and the bounds of each, s.
const START: [f64; 2] = [20.0, 600.0];
const BOUNDS: (f64, f64) = (1.0, 20_000.0);
const ITERATIONS: u64 = 40;
/// The search reads every seventh row; the final solve reads all.
const SEARCHED: usize = 7;
/// The least spread of temperatures, °C, for a temperature axis, and the number of its knots.
const LEAST_SPREAD: f64 = 2.0;
const TEMPERATURE_KNOTS: usize = 5;
/// Regularization of the tables: weights of their second and first differences, relative to data of 1 A.
const STIFFNESS: (f64, f64) = (1.0, 0.01);
/// The share at the start of a window that is not counted, because the pairs are assumed to begin at rest.
const FORGOTTEN: f64 = 0.3;

/// Consecutive rows of a series.
pub(crate) struct Window {
    /// A, discharge positive.
    pub current: Vec<f64>,
    /// V.
    pub voltage: Vec<f64>,
    /// Surface temperature, °C.
    pub temperature: Vec<f64>,
    pub soc: Vec<f64>,
}

/// A fitted circuit with its residual error.
pub(crate) struct Fit {
    pub circuit: EquivalentCircuit,
    /// Root mean square error of the voltage, V.
    pub error: f64,
    pub rows: usize,
}

/// Fits a circuit; `None` without rows, or where they do not determine a circuit.
pub(crate) fn fit(windows: &[Window], capacity: f64, rhythm: Rhythm) -> Option<Fit> {
    let temperatures = temperatures(windows)?;
    let problem = Problem { windows, rhythm, temperatures: &temperatures };
    let point = |scale: [f64; 2]| START.iter().zip(scale).map(|(start, scale)| (start * scale).ln()).collect();
    let simplex: Vec<Vec<f64>> = vec![point([1.0, 1.0]), point([3.0, 1.0]), point([1.0, 3.0])];
    let solver = NelderMead::new(simplex).with_sd_tolerance(1e-9).ok()?;
    let search = Executor::new(Search(&problem), solver).configure(|state| state.max_iters(ITERATIONS));
    let found = search.run().ok()?.state().get_best_param().cloned()?;
    let mut time_constants = constants(&found);
    time_constants.sort_by(f64::total_cmp);
    let (tables, mean_square) = problem.solve(time_constants, 1)?;

    let (open_circuit_voltage, rest) = tables.split_at(OPEN_KNOTS);
    let table = |k: usize| {
        let each = SOC_KNOTS.len() * temperatures.len();
        rest[k * each..][..each].chunks(temperatures.len()).map(<[f64]>::to_vec).collect()
    };
    let circuit = EquivalentCircuit {
        capacity,
        time_constants,
        open_circuit_voltage: open_circuit_voltage.to_vec(),
        resistances: std::array::from_fn(table),
        temperatures: temperatures.clone(),
    };
    Some(Fit { circuit, error: mean_square.sqrt(), rows: windows.iter().map(|window| counted(window).len()).sum() })
}

/// The rows that count.
fn counted(window: &Window) -> std::ops::Range<usize> {
    let rows = window.current.len();
    (rows as f64 * FORGOTTEN) as usize..rows
}

fn temperatures(windows: &[Window]) -> Option<Vec<f64>> {
    let all = || windows.iter().flat_map(|window| window.temperature.iter().copied());
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    if low > high {
        return None;
    }
    if high - low < LEAST_SPREAD {
        return Some(vec![0.5 * (low + high)]);
    }
    let knot = |k: usize| low + (high - low) * k as f64 / (TEMPERATURE_KNOTS - 1) as f64;
    Some((0..TEMPERATURE_KNOTS).map(knot).collect())
}

fn constants(point: &[f64]) -> [f64; 2] {
    std::array::from_fn(|k| point[k].exp().clamp(BOUNDS.0, BOUNDS.1))
}

struct Problem<'a> {
    windows: &'a [Window],
    rhythm: Rhythm,
    temperatures: &'a [f64],
}

/// The mean square error over the logarithms of the time constants.
struct Search<'a>(&'a Problem<'a>);

impl CostFunction for Search<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, point: &Self::Param) -> Result<Self::Output, Error> {
        let error = self.0.solve(constants(point), SEARCHED).map_or(f64::MAX, |(_, error)| error);
        // Beyond the bounds nothing changes; the way back must still go downhill.
        let outside = |x: &f64| (x - x.clamp(BOUNDS.0.ln(), BOUNDS.1.ln())).powi(2);
        Ok(error * (1.0 + point.iter().map(outside).sum::<f64>()))
    }
}

/// Sums of products over rows: the lower triangle of `XᵀX`, `Xᵀy` and `yᵀy`.
struct Normal {
    size: usize,
    products: Vec<f64>,
    right: Vec<f64>,
    square: f64,
    rows: usize,
}

impl Normal {
    fn new(size: usize) -> Self {
        Self { size, products: vec![0.0; size * size], right: vec![0.0; size], square: 0.0, rows: 0 }
    }

    fn add(&mut self, entries: &[(usize, f64)], target: f64) {
        for &(i, x) in entries {
            self.right[i] += x * target;
            for &(j, y) in entries.iter().filter(|(j, _)| *j <= i) {
                self.products[i * self.size + j] += x * y;
            }
        }
        self.square += target * target;
        self.rows += 1;
    }

    /// Adds a penalty on the square of a combination of entries.
    fn stiffen(&mut self, entries: &[(usize, f64)], weight: f64) {
        for &(i, x) in entries {
            for &(j, y) in entries.iter().filter(|(j, _)| *j <= i) {
                self.products[i * self.size + j] += weight * x * y;
            }
        }
    }

    fn joined(mut self, other: Self) -> Self {
        self.products.iter_mut().zip(other.products).for_each(|(sum, more)| *sum += more);
        self.right.iter_mut().zip(other.right).for_each(|(sum, more)| *sum += more);
        self.square += other.square;
        self.rows += other.rows;
        self
    }
}

impl Problem<'_> {
    /// The tables' entries for these time constants, and the mean square error, from every `step`-th row.
    fn solve(&self, time_constants: [f64; 2], step: usize) -> Option<(Vec<f64>, f64)> {
        let size = OPEN_KNOTS + RESISTANCES * SOC_KNOTS.len() * self.temperatures.len();
        // Summed in the windows' order, so that the result is the same on any number of threads.
        let sums: Vec<Normal> =
            self.windows.par_iter().map(|window| self.sums(window, time_constants, step, size)).collect();
        let data = sums.into_iter().reduce(Normal::joined).filter(|data| data.rows > 0)?;
        let mut stiff = Normal { products: data.products.clone(), ..Normal::new(size) };
        self.stiffen(&mut stiff);
        let tables = Cholesky::of(size, |i, j| stiff.products[i * size + j])?.solve(&data.right);
        let product = |i: usize, j: usize| data.products[i.max(j) * size + i.min(j)];
        let quadratic = |i: usize| (0..size).map(|j| product(i, j) * tables[j]).sum::<f64>() * tables[i];
        let fitted: f64 = (0..size).map(quadratic).sum();
        let mixed: f64 = tables.iter().zip(&data.right).map(|(x, y)| x * y).sum();
        Some((tables, ((data.square - 2.0 * mixed + fitted) / data.rows as f64).max(0.0)))
    }

    fn sums(&self, window: &Window, time_constants: [f64; 2], step: usize, size: usize) -> Normal {
        let mut sums = Normal::new(size);
        let pairs = time_constants.map(|constant| self.rhythm.pair(constant));
        let counted = counted(window);
        let (mut state, columns) = ([window.current[0]; 2], self.temperatures.len());
        let mut entries = Vec::with_capacity(2 + 4 * RESISTANCES);
        for row in 1..window.current.len() {
            let (before, now) = (window.current[row - 1], window.current[row]);
            state = std::array::from_fn(|k| pairs[k].apply(state[k], before, now));
            if !counted.contains(&row) || !row.is_multiple_of(step) {
                continue;
            }
            entries.clear();
            let position = window.soc[row].clamp(0.0, 1.0) * (OPEN_KNOTS - 1) as f64;
            let below = (position as usize).min(OPEN_KNOTS - 2);
            entries.push((below, 1.0 - (position - below as f64)));
            entries.push((below + 1, position - below as f64));
            let (soc, down) = locate(&SOC_KNOTS, window.soc[row]);
            let (column, right) = locate(self.temperatures, window.temperature[row]);
            for (k, current) in [now, state[0], state[1]].into_iter().enumerate() {
                let first = OPEN_KNOTS + k * SOC_KNOTS.len() * columns;
                for (row, share) in [(soc, 1.0 - down), (soc + 1, down)] {
                    let at = first + row * columns + column;
                    entries.push((at, -current * share * (1.0 - right)));
                    if columns > 1 {
                        entries.push((at + 1, -current * share * right));
                    }
                }
            }
            sums.add(&entries, window.voltage[row]);
        }
        sums
    }

    fn stiffen(&self, sums: &mut Normal) {
        let columns = self.temperatures.len();
        let mut along = |first: usize, stride: usize, count: usize| {
            let at = |k: usize| first + k * stride;
            for k in 1..count {
                sums.stiffen(&[(at(k - 1), 1.0), (at(k), -1.0)], STIFFNESS.1);
            }
            for k in 2..count {
                sums.stiffen(&[(at(k - 2), 1.0), (at(k - 1), -2.0), (at(k), 1.0)], STIFFNESS.0);
            }
        };
        along(0, 1, OPEN_KNOTS);
        for k in 0..RESISTANCES {
            let first = OPEN_KNOTS + k * SOC_KNOTS.len() * columns;
            (0..columns).for_each(|column| along(first + column, columns, SOC_KNOTS.len()));
            (0..SOC_KNOTS.len()).for_each(|row| along(first + row * columns, 1, columns));
        }
        // An entry that no row reaches, in a table of one, must still have a value.
        (0..sums.size).for_each(|entry| sums.stiffen(&[(entry, 1.0)], 1e-9));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::baseline::fixtures::known;
    use crate::numeric::stream::Stream;

    /// The measurements that a known circuit gives under random currents.
    fn measured(circuit: &EquivalentCircuit, rhythm: Rhythm, series: u64) -> Window {
        let mut stream = Stream::of(5, "circuit", series);
        let mut window = Window { current: vec![], voltage: vec![], temperature: vec![], soc: vec![] };
        let pairs = circuit.time_constants.map(|constant| rhythm.pair(constant));
        let (mut soc, mut state, mut current) = (0.02 + 0.96 * stream.uniform(), [0.0; 2], 0.0);
        for row in 0..9000 {
            let before = current;
            if row % 45 == 0 {
                let wanted = 12.0 * stream.uniform() - 6.0;
                current = if soc < 0.1 {
                    -wanted.abs()
                } else if soc > 0.9 {
                    wanted.abs()
                } else {
                    wanted
                };
                current *= f64::from(u8::from(row > 0));
            }
            soc -= rhythm.charge(before, current) / circuit.capacity;
            state = std::array::from_fn(|k| pairs[k].apply(state[k], before, current));
            let celsius = 20.0 + 20.0 * (row as f64 * 1e-3 + series as f64).sin();
            window.current.push(current);
            window.soc.push(soc);
            window.temperature.push(celsius);
            window.voltage.push(circuit.voltage(soc, state, current, celsius));
        }
        window
    }

    #[test]
    fn a_known_circuit_is_found() {
        let (circuit, rhythm) = (known(), Rhythm::of(1));
        let windows: Vec<Window> = (0..12).map(|series| measured(&circuit, rhythm, series)).collect();
        let found = fit(&windows, circuit.capacity, rhythm).unwrap();
        assert!(found.error < 3e-4, "{}", found.error);
        for (found, known) in found.circuit.time_constants.iter().zip(circuit.time_constants) {
            assert!((found / known - 1.0).abs() < 0.05, "{found} {known}");
        }
        for soc in [0.2, 0.5, 0.8] {
            let (found, known) = (found.circuit.open(soc).0, circuit.open(soc).0);
            assert!((found - known).abs() < 1e-3, "at {soc}: {found} V, {known} V");
        }
        let (found, known) = (found.circuit.resistances(0.5, 15.0), circuit.resistances(0.5, 15.0));
        assert!((found[0] / known[0] - 1.0).abs() < 0.02, "{found:?} {known:?}");
    }

    #[test]
    fn nothing_to_fit_is_no_circuit() {
        assert!(fit(&[], 1.0, Rhythm::of(1)).is_none());
    }
}
