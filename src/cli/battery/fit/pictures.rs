//! Pictures of a fit: measured and simulated voltages over time.
use std::path::{Path, PathBuf};

use crate::battery::fit::problem::FitProblem;
use crate::battery::fit::search::CellFit;
use crate::cli::failure::Failure;
use crate::cli::message::amount;
use crate::report;
use crate::report::figure;
use crate::report::figure::profile::{Profile, ProfileLine, ProfilePanel};

/// Draws measured and fitted voltages of each series.
pub(super) fn pictures(problem: &FitProblem, fitted: &CellFit, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let (cell, initial) = problem.cell_of(&fitted.point);
    let simulated = problem.voltages(&cell, initial);
    let mut paths = Vec::new();
    for (k, (series, simulated)) in problem.series.iter().zip(&simulated).enumerate() {
        let line = |name: &str, values: Vec<f32>| ProfileLine { name: name.into(), values };
        let single = |values: &[f64]| values.iter().map(|value| *value as f32).collect::<Vec<f32>>();
        let off =
            simulated.iter().zip(&series.voltage).map(|(simulated, measured)| (1e3 * (simulated - measured)) as f32);
        let panel =
            |name: &str, unit: &str, lines, level| ProfilePanel { name: name.into(), unit: unit.into(), lines, level };
        let rows = series.voltage.len();
        let length = (rows / 20).clamp(rows.min(2), rows);
        let from = busiest(&series.current, length);
        let profile = Profile {
            title: format!("Fitted cell · {}", series.name),
            subtitle: format!("a row each {} s; right: the shaded part", amount(series.interval)),
            interval_s: series.interval,
            part: (from, from + length),
            panels: vec![
                panel(
                    "voltage",
                    "V",
                    vec![line("fitted", single(simulated)), line("measured", single(&series.voltage))],
                    None,
                ),
                panel("fitted less measured", "mV", vec![line("difference", off.collect())], Some(0.0)),
                panel("current", "A", vec![line("current", single(&series.current))], Some(0.0)),
            ],
        };
        let name = if problem.series.len() == 1 { "fit".to_owned() } else { format!("fit-{k}") };
        paths.extend(report::picture(&figure::profile::figure(&profile), folder, &name).map_err(Failure::input)?);
    }
    Ok(paths)
}

/// The start of the part in which the most current flows.
fn busiest(current: &[f64], length: usize) -> usize {
    let flow = |first: usize| current[first..first + length].iter().map(|current| current.abs()).sum::<f64>();
    let starts = (0..=current.len() - length).step_by((length / 4).max(1));
    starts.max_by(|a, b| flow(*a).total_cmp(&flow(*b))).unwrap_or(0)
}
