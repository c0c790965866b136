//! `battery inspect`: verifies a dataset row by row.
use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value as Json, json};

use super::generate::describe;
use crate::battery::current::limits::Violation;
use crate::battery::dataset::audit::{Audit, audit};
use crate::battery::dataset::{Dataset, FEATURES, Split, UNITS};
use crate::cli::failure::Failure;
use crate::cli::message::{narrate, say};
use crate::cli::table::PlainFormat;
use crate::report::draw::words::{number, unit};

/// Violations that are listed; more are counted.
const LISTED: usize = 10;

/// Verify a dataset: checksums, limits of the datasheet, spans of its features
///
/// Each series is also simulated anew and compared, which takes as long as its generation: a series in which the electrolyte
/// runs dry, which earlier builds kept, is found so. Measured series are compared with the limits alone, and leaving them is a note.
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
            describe(&arguments.file, &dataset);
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
    if !found.measured.is_empty() {
        let listed = found.measured.iter().take(LISTED);
        let lines: Vec<String> =
            listed.map(|(split, series, violation)| format!("\n  {} {series}: {violation}", split.name())).collect();
        narrate(&format!(
            "note: {} of the measured series leave the limits of the datasheet:{}",
            number(found.measured.len() as f64),
            lines.concat()
        ));
    }
    if let Some((split, series)) = found.differing.first().filter(|_| found.violations.is_empty()) {
        let (count, name) = (found.differing.len(), split.name());
        return Err(Failure::Input(format!(
            "{count} series are not what the specification gives, {name} {series} the first: the model does not hold for them, or they were changed\nhint: generate the dataset anew"
        )));
    }
    if found.violations.is_empty() {
        narrate(match (dataset.measured(), found.measured.is_empty()) {
            (None, _) => "every row is within the limits of the datasheet and what the specification gives",
            (Some(_), true) => {
                "every row is within the limits of the datasheet; what is simulated is what the specification gives"
            }
            (Some(_), false) => {
                "every simulated row is within the limits of the datasheet and what the specification gives"
            }
        });
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
    let listed = |all: &[(Split, usize, Violation)]| {
        let violations = all.iter().map(|(split, series, violation)| {
            json!({"split": split.name(), "series": series, "second": violation.second, "what": violation.to_string()})
        });
        violations.collect::<Vec<_>>()
    };
    let mut json = json!({
        "specification": dataset.specification(),
        "series": dataset.specification().all_series(),
        "rows": dataset.specification().all_series() * dataset.steps(),
        "bytes": dataset.specification().bytes(),
        "spans": spans.collect::<Map<_, _>>(),
        "every_limit_checked": found.is_complete,
        "violations": listed(&found.violations),
        "differing": found.differing.iter().map(|(split, series)| json!({"split": split.name(), "series": series})).collect::<Vec<_>>(),
    });
    if let Some(measured) = dataset.measured() {
        json["measured"] = json!(measured);
        json["measured_violations"] = json!(listed(&found.measured));
    }
    json
}
