//! Minimization of a smooth function inside a box, by L-BFGS.
use std::cell::RefCell;

use argmin::core::{CostFunction, Error, Executor, Gradient};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;

/// Steps that L-BFGS remembers.
const MEMORY: usize = 8;

/// A function with its gradient; `None` where it has no value.
type Smooth<'a> = dyn Fn(&[f64]) -> Option<(f64, Vec<f64>)> + 'a;

/// The lowest point that L-BFGS meets from `start`, with its value; `None` where the function has no value at `start`.
///
/// Each side of the box is the range of a sine, so that the search itself has no bounds. It ends after at most
/// `evaluations` of the function.
pub(crate) fn minimize(
    function: &Smooth,
    bounds: &[(f64, f64)],
    start: &[f64],
    evaluations: usize,
) -> Option<(Vec<f64>, f64)> {
    let problem = Folded { function, bounds, evaluations, seen: RefCell::default() };
    let search = MoreThuenteLineSearch::new().with_width_tolerance(1e-8);
    let solver = LBFGS::new(search.expect("a positive tolerance"), MEMORY)
        .with_tolerance_grad(1e-5)
        .and_then(|solver| solver.with_tolerance_cost(1e-9))
        .expect("positive tolerances");
    let start = problem.folded(start);
    problem.evaluate(&start).ok()?;
    let problem = std::rc::Rc::new(problem);
    // Whether it converges, gives up, or runs out of evaluations: the best point is on record.
    let executor = Executor::new(Shared(problem.clone()), solver);
    let _ = executor.configure(|state| state.param(start).max_iters(evaluations as u64)).run();
    let seen = problem.seen.borrow();
    seen.best.clone().map(|(point, value)| (problem.unfolded(&point), value))
}

/// The function on angles instead of coordinates between bounds.
struct Folded<'a> {
    function: &'a Smooth<'a>,
    bounds: &'a [(f64, f64)],
    evaluations: usize,
    seen: RefCell<Seen>,
}

#[derive(Default)]
struct Seen {
    count: usize,
    best: Option<(Vec<f64>, f64)>,
    /// The last point with value and gradient, which a search asks for one after the other.
    last: Option<(Vec<f64>, f64, Vec<f64>)>,
}

impl Folded<'_> {
    fn unfolded(&self, angles: &[f64]) -> Vec<f64> {
        let coordinate = |(&(low, high), angle): (&(f64, f64), &f64)| low + (high - low) * 0.5 * (1.0 + angle.sin());
        self.bounds.iter().zip(angles).map(coordinate).collect()
    }

    fn folded(&self, point: &[f64]) -> Vec<f64> {
        let angle = |(&(low, high), coordinate): (&(f64, f64), &f64)| {
            // At a bound the sine is flat, and a search would never leave it.
            (2.0 * (coordinate - low) / (high - low) - 1.0).clamp(-0.99, 0.99).asin()
        };
        self.bounds.iter().zip(point).map(angle).collect()
    }

    fn evaluate(&self, angles: &[f64]) -> Result<(f64, Vec<f64>), Error> {
        let mut seen = self.seen.borrow_mut();
        if let Some((_, value, gradient)) = seen.last.as_ref().filter(|(last, ..)| last == angles) {
            return Ok((*value, gradient.clone()));
        }
        if seen.count == self.evaluations {
            return Err(Error::msg("no evaluations are left"));
        }
        seen.count += 1;
        let found = (self.function)(&self.unfolded(angles)).filter(|(value, _)| value.is_finite());
        let (value, mut gradient) = found.ok_or_else(|| Error::msg("the function has no value here"))?;
        for ((slope, &(low, high)), angle) in gradient.iter_mut().zip(self.bounds).zip(angles) {
            *slope *= (high - low) * 0.5 * angle.cos();
        }
        if seen.best.as_ref().is_none_or(|(_, lowest)| value < *lowest) {
            seen.best = Some((angles.to_vec(), value));
        }
        seen.last = Some((angles.to_vec(), value, gradient.clone()));
        Ok((value, gradient))
    }
}

struct Shared<'a>(std::rc::Rc<Folded<'a>>);

impl CostFunction for Shared<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, angles: &Vec<f64>) -> Result<f64, Error> {
        Ok(self.0.evaluate(angles)?.0)
    }
}

impl Gradient for Shared<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, angles: &Vec<f64>) -> Result<Vec<f64>, Error> {
        Ok(self.0.evaluate(angles)?.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rosenbrock(x: &[f64]) -> Option<(f64, Vec<f64>)> {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        Some((a * a + 100.0 * b * b, vec![-2.0 * a - 400.0 * b * x[0], 200.0 * b]))
    }

    #[test]
    fn a_valley_is_followed_to_its_end() {
        let (point, value) = minimize(&rosenbrock, &[(-2.0, 2.0), (-2.0, 2.0)], &[-1.2, 1.0], 500).unwrap();
        assert!(value < 1e-8 && (point[0] - 1.0).abs() < 1e-3, "{point:?} {value}");
    }

    #[test]
    fn the_box_is_not_left() {
        let seen = RefCell::new(Vec::new());
        let inside = |x: &[f64]| {
            seen.borrow_mut().push(x.to_vec());
            rosenbrock(x)
        };
        let (point, _) = minimize(&inside, &[(-2.0, 0.5), (0.0, 2.0)], &[-1.2, 1.0], 500).unwrap();
        // On the bound x = 1/2 the lowest value is at y = x² = 1/4.
        assert!((point[0] - 0.5).abs() < 1e-3 && (point[1] - 0.25).abs() < 1e-2, "{point:?}");
        assert!(seen.borrow().iter().all(|x| (-2.0..=0.5).contains(&x[0]) && (0.0..=2.0).contains(&x[1])));
    }

    #[test]
    fn evaluations_are_limited_and_holes_survived() {
        let count = RefCell::new(0);
        let counted = |x: &[f64]| {
            *count.borrow_mut() += 1;
            rosenbrock(x)
        };
        assert!(minimize(&counted, &[(-2.0, 2.0), (-2.0, 2.0)], &[-1.2, 1.0], 7).is_some());
        assert!(*count.borrow() <= 7);
        let hole = |x: &[f64]| if x[0] > 0.0 { None } else { rosenbrock(x) };
        assert!(minimize(&hole, &[(-2.0, 2.0), (-2.0, 2.0)], &[-1.2, 1.0], 100).unwrap().1 < 24.3);
        assert_eq!(minimize(&|_| None, &[(0.0, 1.0)], &[0.5], 100), None);
    }
}
