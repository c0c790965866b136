//! Writes a run as event files.
use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::exchange::trials::exported::ExportedRun;
use crate::exchange::trials::mirror::TrialMirror;
use crate::exchange::trials::run_head::RunHead;
use crate::exchange::trials::state::{ConfigurationState, steps_a_unit};
use crate::exchange::trials::tensorboard::board_writer::BoardWriter;
use crate::trial::budget::Budget;

/// A run as files with their paths in a folder, and notes on what they do not hold exactly.
pub fn write(run: &ExportedRun) -> (Vec<(PathBuf, Vec<u8>)>, Vec<String>) {
    let configurations = run.configurations();
    let points = run.trials.iter().flat_map(|each| each.trial.curve.points().iter().map(|point| point.budget));
    let budgets: Vec<Budget> = run.trials.iter().map(|each| each.trial.proposal.budget).chain(points).collect();
    let steps_a_unit = steps_a_unit(budgets.iter());
    let maximized = run.maximized();
    let head = RunHead { steps_a_unit, ..run.head(&maximized) };
    let mut writer = BoardWriter::default();
    let mut parts = writer.begin(&head);
    let highest = run.highest();
    for trials in configurations.values() {
        parts.extend(writer.tell(&head, trials, &ConfigurationState::at_end(trials, highest, run.costs())));
    }
    let mut files: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
    parts.into_iter().for_each(|part| files.entry(part.file).or_default().extend(part.bytes));
    let mut notes = Vec::new();
    if steps_a_unit > 1.0 {
        notes.push(format!("steps are budgets times {steps_a_unit}, because TensorBoard's are whole numbers"));
    }
    (files.into_iter().collect(), notes)
}
