//! The trials of a run as columns of values, for formats whose columns have kinds.
use serde_json::{Value as Json, json};

use crate::exchange::trials::exported::ExportedRun;

/// Columns of equal length, with a value a trial; null where it has none.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialColumns {
    pub columns: Vec<(String, Vec<Json>)>,
    /// Values that have no place here, a sentence each.
    pub notes: Vec<String>,
}

/// Every trial of a run, in the order of asking. Hyperparameters and numbers beside the cost have the prefixes `parameter.` and
/// `metric.`, so that no two columns have one name.
pub fn columns(run: &ExportedRun) -> TrialColumns {
    let mut columns = Vec::new();
    let mut put = |name: String, value: &dyn Fn(usize) -> Json| {
        columns.push((name, (0..run.trials.len()).map(value).collect()));
    };
    let of = |index: usize| &run.trials[index];
    put("trial".into(), &|index| json!(of(index).trial.proposal.trial.to_string().parse::<u64>().ok()));
    let configurations: Vec<_> = run.trials.iter().map(|trial| trial.config(run.space)).collect();
    for hyperparameter in run.space.hyperparameters() {
        let name = &hyperparameter.name;
        put(format!("parameter.{name}"), &|index| configurations[index].get(name).cloned().unwrap_or_default());
    }
    put("budget".into(), &|index| json!(of(index).trial.proposal.budget.amount()));
    put("seed".into(), &|index| json!(of(index).trial.proposal.seed));
    put("instance".into(), &|index| json!(of(index).instance()));
    put("outcome".into(), &|index| json!(of(index).outcome()));
    for objective in 0..run.costs() {
        let name = run.objectives.get(objective).map_or("cost".to_owned(), |name| format!("cost.{name}"));
        put(name, &|index| json!(of(index).costs().get(objective)));
    }
    put("seconds".into(), &|index| json!(of(index).seconds));
    put("cpu_seconds".into(), &|index| json!(of(index).cpu_seconds));
    put("started".into(), &|index| json!(of(index).started.map(|at| at.to_string())));
    put("ended".into(), &|index| json!(of(index).ended.map(|at| at.to_string())));
    put("message".into(), &|index| json!(of(index).message()));
    for name in run.metrics() {
        put(format!("metric.{name}"), &|index| json!(of(index).metric(name)));
    }
    TrialColumns { columns, notes: run.left_out_of_tables() }
}
