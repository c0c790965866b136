//! Pictures of models: learning curves, errors over time, predictions.
use std::path::{Path, PathBuf};

use crate::battery::dataset::feature::{FEATURES, UNITS, WIDTH};
use crate::battery::evaluation::score::ErrorOverTime;
use crate::battery::training::curve::CurvePoint;
use crate::cli::failure::Failure;
use crate::report;
use crate::report::draw::words;
use crate::report::figure::curves;
use crate::report::figure::curves::{Curves, CurvesPanel};
use crate::report::figure::predictions;
use crate::trial::prediction::SeriesPrediction;

/// Features in the order of their panels, the most important first.
const ORDER: [usize; WIDTH - 1] = [3, 1, 5, 2, 4];

/// Draws `learning_curve`: loss and errors one row ahead over the steps of each model.
pub(super) fn learning(models: &[(String, &[CurvePoint])], out: &Path) -> Result<Vec<PathBuf>, Failure> {
    let over = |value: &dyn Fn(&CurvePoint) -> f64| -> Vec<Vec<(f64, f64)>> {
        let line = |(_, curve): &(String, &[CurvePoint])| {
            curve.iter().map(|point| (point.step as f64, value(point))).collect()
        };
        models.iter().map(line).collect()
    };
    let mut panels = vec![CurvesPanel { name: "loss".into(), unit: String::new(), lines: over(&|point| point.loss) }];
    panels.extend(ORDER.map(|feature| panel(feature, over(&|point: &CurvePoint| point.errors[feature]))));
    let curves = Curves {
        title: "Learning curves".into(),
        subtitle: "root mean square error of the next row, on the batch of each step; the loss weighs the features as its settings say"
            .into(),
        across: "optimizer steps".into(),
        names: models.iter().map(|(name, _)| name.clone()).collect(),
        references: 0,
        panels,
    };
    draw(&curves, out, "learning_curve")
}

/// Draws `error_over_time`: errors over the time since the context; the last `references` of the
/// predictors are trivial ones.
pub(super) fn over_time(
    title: &str,
    predictors: &[(String, ErrorOverTime)],
    references: usize,
    out: &Path,
    name: &str,
) -> Result<Vec<PathBuf>, Failure> {
    let lines = |feature: usize| {
        let line = |(_, course): &(String, ErrorOverTime)| {
            course.hours.iter().copied().zip(course.root_mean_square[feature].iter().copied()).collect()
        };
        predictors.iter().map(line).collect()
    };
    let curves = Curves {
        title: title.into(),
        subtitle: "root mean square error over all windows, free-running".into(),
        across: "hours after the context".into(),
        names: predictors.iter().map(|(name, _)| name.clone()).collect(),
        references,
        panels: ORDER.map(|feature| panel(feature, lines(feature))).to_vec(),
    };
    draw(&curves, out, name)
}

/// Draws predictions of one model beside the truth.
pub(super) fn predictions(
    title: &str,
    predictions: &[SeriesPrediction],
    out: &Path,
    name: &str,
) -> Result<Vec<PathBuf>, Failure> {
    match predictions::figure(title, predictions) {
        Some(canvas) => Ok(report::picture(&canvas, out, name).map_err(Failure::input)?.to_vec()),
        None => Ok(Vec::new()),
    }
}

fn panel(feature: usize, lines: Vec<Vec<(f64, f64)>>) -> CurvesPanel {
    CurvesPanel { name: words::feature(FEATURES[feature]), unit: words::unit(UNITS[feature]).into(), lines }
}

fn draw(curves: &Curves, out: &Path, name: &str) -> Result<Vec<PathBuf>, Failure> {
    Ok(report::picture(&curves::figure(curves), out, name).map_err(Failure::input)?.to_vec())
}
