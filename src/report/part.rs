//! Part: a field of `report.json` without the others, of which the list of trials may be large.
use serde::Serialize;
use serde_json::Value as Json;

use crate::analysis::Findings;

/// The value at a path of `report.json`, such as `matrix/spots`; `None` where a run has none, and for fields behind which there is
/// no figure.
pub(crate) fn part(findings: &Findings, path: &str) -> Option<Json> {
    let (field, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
    let whole = match field {
        "front" => json(&findings.front),
        "convergence" => json(&findings.convergence),
        "fidelity" => json(&findings.fidelity),
        "learning" => json(&findings.learning),
        "matrix" => json(&findings.matrix),
        "locality" => json(&findings.locality),
        "ablation" => json(&findings.ablation),
        "shortlist" => json(&findings.shortlist),
        "footprint" => json(&findings.footprint),
        "predictions" => json(&findings.predictions),
        "metrics" => json(&findings.metrics),
        "outlook" => json(&findings.outlook),
        "timetable" => json(&findings.timetable),
        "spending" => json(&findings.spending),
        _ => return None,
    };
    whole.pointer(rest).filter(|part| !part.is_null()).cloned()
}

fn json(part: &impl Serialize) -> Json {
    serde_json::to_value(part).expect("findings are plain data")
}
