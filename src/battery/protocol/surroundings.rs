//! Surroundings of a cell: one temperature, or one over time from a file.
use std::path::Path;

use crate::battery::current::column::Quantity;
use crate::battery::protocol::course::Course;
use crate::document::source::SourceError;

/// The ambient temperature over the time of a simulation.
#[derive(Clone, Debug, PartialEq)]
pub struct Surroundings(SurroundingsKind);

#[derive(Clone, Debug, PartialEq)]
enum SurroundingsKind {
    /// °C.
    Constant(f64),
    Course(Course),
}

impl Surroundings {
    /// One temperature, °C.
    pub fn constant(celsius: f64) -> Self {
        Self(SurroundingsKind::Constant(celsius))
    }

    /// The temperatures of a CSV file with the columns `time_s` and `temperature_c`: linear between its rows, constant after.
    ///
    /// # Errors
    /// The file cannot be read, or is not such a one.
    pub fn read(path: &Path) -> Result<Self, SourceError> {
        Course::read(path, Quantity::Temperature).map(|course| Self(SurroundingsKind::Course(course)))
    }

    /// The temperature at a time, °C.
    pub fn at(&self, time: f64) -> f64 {
        match &self.0 {
            SurroundingsKind::Constant(celsius) => *celsius,
            SurroundingsKind::Course(course) => course.kept_at(time),
        }
    }

    /// The next time at which the course of the temperature bends, s.
    pub(crate) fn next_bend(&self, time: f64) -> f64 {
        match &self.0 {
            SurroundingsKind::Constant(_) => f64::INFINITY,
            SurroundingsKind::Course(course) => course.kept_next_row(time),
        }
    }

    /// The least and the largest temperature, °C.
    pub fn extremes(&self) -> (f64, f64) {
        match &self.0 {
            SurroundingsKind::Constant(celsius) => (*celsius, *celsius),
            SurroundingsKind::Course(course) => course.extremes(),
        }
    }
}
