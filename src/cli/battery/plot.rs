//! `battery plot`: pictures of one series, and of the coverage of all series of a split.
use std::path::PathBuf;

use clap::Args;

use super::split::SplitArgument;
use crate::battery::dataset::coverage::coverage;
use crate::battery::dataset::{Dataset, Split};
use crate::cli::failure::Failure;
use crate::cli::message::{amount, number, say};
use crate::cli::number_argument::{real, whole};
use crate::cli::output::{Existing, Output};
use crate::report;
use crate::report::figure;
use crate::report::figure::profile::{Profile, ProfileLine, ProfilePanel};

/// The making of simulated series in words.
const SIMULATED: &str = "simulated (single particle model with electrolyte)";

/// Draw a series and what all of them cover, as PNG and SVG
///
/// Writes `profile.png` and `profile.svg`, one series whole and in part (state of charge, temperatures, voltages,
/// current), `coverage.png` and `coverage.svg`, how densely the split's series cover current, voltage, temperature and
/// state of charge, and `coverage.json` with its numbers.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The dataset's file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The split whose series are drawn
    #[arg(long, value_enum, default_value_t = SplitArgument::Train)]
    split: SplitArgument,
    /// The series that is drawn, counted from 0
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    series: usize,
    /// Start of the enlarged part [default: where most current flows]
    #[arg(long, value_name = "HOURS", value_parser = real, allow_negative_numbers = true)]
    from: Option<f64>,
    /// Length of the enlarged part [default: a fiftieth of the series]
    #[arg(long, value_name = "HOURS", value_parser = real, allow_negative_numbers = true)]
    hours: Option<f64>,
    /// The folder for the pictures
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let dataset = Dataset::open(&arguments.file).map_err(Failure::input)?;
    let split = Split::from(arguments.split);
    let (count, name) = (dataset.series(split), split.name());
    if arguments.series >= count {
        let (series, hint) = (
            arguments.series,
            match count {
                0 => "the dataset was made without such series".to_owned(),
                count => format!("it has series 0 to {}", count - 1),
            },
        );
        return Err(Failure::Input(format!("`{name}` has no series {series}\nhint: {hint}")));
    }
    let profile = shown(&dataset, split, arguments)?;
    let covered = coverage(&dataset, split);
    for (name, canvas) in
        [("profile", figure::profile::figure(&profile)), ("coverage", figure::coverage::figure(&covered))]
    {
        for path in report::picture(&canvas, &arguments.out, name).map_err(Failure::input)? {
            say(&path.display().to_string());
        }
    }
    let output = Output::to(&arguments.out.join("coverage.json"), Existing::Replace, &[&arguments.file])?;
    let json = serde_json::to_string(&covered).expect("a coverage is plain data");
    output.write(|out| out.write_all(json.as_bytes()))?;
    say(&output.shown());
    Ok(())
}

/// One series and the part of it that is enlarged.
fn shown(dataset: &Dataset, split: Split, arguments: &Arguments) -> Result<Profile, Failure> {
    let specification = dataset.specification();
    let rows = dataset.rows(split, arguments.series, 0, dataset.steps());
    let interval = f64::from(specification.interval_s);
    let in_rows = |hours: f64| (hours * 3600.0 / interval).round() as usize;
    let hours = specification.hours;
    for (flag, value) in [("--from", arguments.from), ("--hours", arguments.hours)] {
        if value.is_some_and(|value| !(0.0..=hours).contains(&value)) {
            let value = amount(value.unwrap_or_default());
            return Err(Failure::Input(format!("`{flag}` must be 0 to {} hours, not {value}", amount(hours))));
        }
    }
    let length = arguments.hours.map_or(rows.len() / 50, in_rows).clamp(2, rows.len());
    let flow = |first: usize| rows[first..first + length].iter().map(|row| row[0].abs()).sum::<f64>();
    let busiest = || {
        let starts = (0..=rows.len() - length).step_by((length / 4).max(1));
        starts.max_by(|&a, &b| flow(a).total_cmp(&flow(b))).unwrap_or(0)
    };
    let from = arguments.from.map_or_else(busiest, in_rows).min(rows.len() - length);

    let line = |name: &str, feature: usize| ProfileLine {
        name: name.into(),
        values: rows.iter().map(|row| row[feature] as f32).collect(),
    };
    let panel = |name: &str, unit: &str, lines: Vec<ProfileLine>, level| ProfilePanel {
        name: name.into(),
        unit: unit.into(),
        lines,
        level,
    };
    let kind = specification.kinds[arguments.series % specification.kinds.len()];
    let origin = dataset.origin(split, arguments.series);
    let (kind, made) = match (origin, format!("{kind:?}").as_str()) {
        (Some((origin, file)), _) => {
            let place = format!("measured: {} from {} h on", file.name, number(origin.start_s / 3600.0));
            (place, "measured (state of charge counted; core and open-circuit voltage are not measured)")
        }
        (None, "DriveCycle") => ("drive cycles".to_owned(), SIMULATED),
        (None, kind) => (kind.to_lowercase(), SIMULATED),
    };
    let temperatures = match origin {
        Some(_) => vec![line("surface", 2)],
        None => vec![line("core", 4), line("surface", 2)],
    };
    Ok(Profile {
        title: format!(
            "{} · {} series {} ({kind})",
            specification.cell,
            split.name().replace('_', "-"),
            arguments.series
        ),
        subtitle: format!(
            "{} h, a row each {} s, {made}; discharge is positive; right: the shaded part",
            amount(hours),
            specification.interval_s
        ),
        interval_s: interval,
        part: (from, from + length),
        panels: vec![
            panel("state of charge", "", vec![line("state of charge", 3)], None),
            panel("temperature", "°C", temperatures, None),
            panel("voltage", "V", vec![line("terminal", 1), line("open circuit", 5)], None),
            panel("current", "A", vec![line("current", 0)], Some(0.0)),
        ],
    })
}
