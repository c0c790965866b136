//! The output folder of SMAC 2: run history, search space and scenario, as DeepCAVE opens it.
use std::path::PathBuf;

use serde_json::{Value as Json, json};

use crate::document::diagnostic::Diagnostic;
use crate::exchange::configspace;
use crate::exchange::trials::exported::ExportedRun;
use crate::exchange::trials::smac::writing::write;
use crate::trial::budget::Budget;

/// A file within the folder, and its bytes.
pub type NamedFile = (PathBuf, Vec<u8>);

/// The files of the folder with notes on what they do not hold; budgets are from `min` to `max`.
///
/// # Errors
/// No trial has ended, the trials ran on several instances, or the search space cannot be expressed.
pub fn write_folder(
    run: &ExportedRun,
    (min, max): (Budget, Budget),
    seed: u64,
) -> Result<(Vec<NamedFile>, Vec<String>), Diagnostic> {
    let space = configspace::write(run.space)?;
    let history = write(run);
    if run.trials.iter().all(|trial| trial.trial.outcome.is_none()) {
        let message = format!("`{}` has no trial that has ended: there is nothing to export", run.name);
        return Err(Diagnostic::new(message).hint("DeepCAVE opens a run with one trial or more"));
    }
    let instances: Vec<&str> = run.trials.iter().filter_map(|trial| trial.instance()).collect();
    if instances.windows(2).any(|pair| pair[0] != pair[1]) {
        let message = "the trials ran on several instances, which DeepCAVE does not open".to_owned();
        return Err(Diagnostic::new(message).hint("leave `--folder` out, and the run history alone is written"));
    }
    let objectives = if run.objectives.is_empty() { json!("cost") } else { json!(run.objectives) };
    let scenario = json!({
        "name": run.name,
        "deterministic": true,
        "objectives": objectives,
        "crash_cost": null,
        "termination_cost_threshold": null,
        "walltime_limit": null,
        "cputime_limit": null,
        "trial_walltime_limit": null,
        "trial_memory_limit": null,
        "n_trials": run.trials.len(),
        "use_default_config": false,
        "instances": null,
        "instance_features": null,
        "min_budget": if min < max { json!(min.amount()) } else { Json::Null },
        "max_budget": if min < max { json!(max.amount()) } else { Json::Null },
        "seed": seed,
        "n_workers": 1,
        "_meta": { "written_by": concat!("galvani ", env!("CARGO_PKG_VERSION")) },
    });
    let scenario = serde_json::to_string_pretty(&scenario).expect("plain data becomes JSON");
    let files = [("runhistory.json", history.text), ("configspace.json", space.text), ("scenario.json", scenario)];
    let files = files.map(|(name, text)| (PathBuf::from(name), text.into_bytes()));
    Ok((files.into(), [history.notes, space.notes].concat()))
}
