//! `battery inspect`: verifies a dataset row by row.
use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value as Json, json};

use super::generate::describe;
use crate::battery::dataset::audit::{Audit, audit};
use crate::battery::dataset::{Dataset, FEATURES, UNITS};
use crate::cli::failure::Failure;
use crate::cli::message::{narrate, say};
use crate::cli::table::PlainFormat;
use crate::report::draw::words::{number, unit};

/// Violations that are listed; more are counted.
const LISTED: usize = 10;

/// Verify a dataset: checksums, limits of the datasheet, spans of its features
///
/// Each series is also simulated anew and compared, which takes as long as its generation: a series in which the electrolyte
/// runs dry, which earlier builds kept, is found so.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The dataset's file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[arg(long, value_enum, default_value_t = PlainFormat::Table)]
    format: PlainFormat,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let dataset = Dataset::open(&arguments.file).map_err(Failure::input)?;
    dataset.verify().map_err(Failure::input)?;
    let found = audit(&dataset);
    match arguments.format {
        PlainFormat::Json => say(&json(&dataset, &found).to_string()),
        PlainFormat::Table => {
            describe(&arguments.file, dataset.specification());
            for (split, spans) in &found.spans {
                say(&format!("  spans of {}:", split.name()));
                for ((name, symbol), (least, largest)) in FEATURES.into_iter().zip(UNITS).zip(spans) {
                    let line = format!("    {name:<20} {least:>8.3} to {largest:>8.3} {}", unit(symbol));
                    say(line.trim_end());
                }
            }
        }
    }
    narrate(&format!("all {} series match their checksums", dataset.specification().all_series()));
    if !found.is_complete {
        narrate("rows more than 1 s apart: only voltage, state of charge and the short-time current are checked");
    }
    if let Some((split, series)) = found.differing.first().filter(|_| found.violations.is_empty()) {
        let (count, name) = (found.differing.len(), split.name());
        return Err(Failure::Input(format!(
            "{count} series are not what the specification gives, {name} {series} the first: the model does not hold for them, or they were changed\nhint: generate the dataset anew"
        )));
    }
    if found.violations.is_empty() {
        narrate("every row is within the limits of the datasheet and what the specification gives");
        return Ok(());
    }
    let listed = found.violations.iter().take(LISTED);
    let lines: Vec<String> =
        listed.map(|(split, series, violation)| format!("\n  {} {series}: {violation}", split.name())).collect();
    let count = found.violations.len();
    let more = if count > LISTED { format!("\n  and {} more", number((count - LISTED) as f64)) } else { String::new() };
    Err(Failure::Input(format!(
        "{count} series leave the limits of the datasheet:{}{more}\nhint: generate the dataset anew",
        lines.concat()
    )))
}

fn json(dataset: &Dataset, found: &Audit) -> Json {
    let spans = found.spans.iter().map(|(split, spans)| {
        let span = |feature: usize| {
            let (least, largest) = spans[feature];
            (FEATURES[feature].to_owned(), json!({"unit": UNITS[feature], "min": least, "max": largest}))
        };
        (split.name().to_owned(), Json::Object((0..FEATURES.len()).map(span).collect()))
    });
    let violations = found.violations.iter().map(|(split, series, violation)| {
        json!({"split": split.name(), "series": series, "second": violation.second, "what": violation.to_string()})
    });
    json!({
        "specification": dataset.specification(),
        "series": dataset.specification().all_series(),
        "rows": dataset.specification().all_series() * dataset.steps(),
        "bytes": dataset.specification().bytes(),
        "spans": spans.collect::<Map<_, _>>(),
        "every_limit_checked": found.is_complete,
        "violations": violations.collect::<Vec<_>>(),
        "differing": found.differing.iter().map(|(split, series)| json!({"split": split.name(), "series": series})).collect::<Vec<_>>(),
    })
}
