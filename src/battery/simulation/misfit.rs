//! Misfits: the largest deviations of fitted functions from those of a cell's file.
use std::fmt;

use crate::battery::simulation::fitted_curve::FittedCurve;
use crate::battery::simulation::fitted_surface::FittedSurface;

/// Shares of a function's size, and volts, from which on a deviation is worth a word.
const SHARE: f64 = 1e-5;
const VOLT: f64 = 1e-5;

/// The largest deviation of a fitted function, in the range in which it is followed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Misfit {
    /// The function's path in the cell's file.
    pub function: &'static str,
    pub amount: f64,
    /// `None` for a share of the function's size.
    pub unit: Option<&'static str>,
}

impl Misfit {
    pub(crate) fn of_curve(function: &'static str, curve: &FittedCurve) -> Self {
        Self { function, amount: curve.relative_error(), unit: None }
    }

    pub(crate) fn of_potential(function: &'static str, curve: &FittedCurve) -> Self {
        Self { function, amount: curve.error, unit: Some("V") }
    }

    pub(crate) fn of_surface(function: &'static str, surface: &FittedSurface) -> Self {
        Self { function, amount: surface.error, unit: None }
    }

    /// True where it is worth a word.
    pub(crate) fn is_notable(&self) -> bool {
        self.amount > if self.unit.is_some() { VOLT } else { SHARE }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let Self { function, amount, unit } = self;
        match unit {
            Some(unit) => write!(out, "`{function}` by up to {amount:.0e} {unit}"),
            None => write!(out, "`{function}` by up to {amount:.0e} of its size"),
        }
    }
}
