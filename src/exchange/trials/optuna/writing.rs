//! Writes a run as a study: a trial for each configuration, whose rungs are intermediate values.
use std::collections::BTreeMap;

use crate::exchange::export::Exported;
use crate::exchange::trials::exported::ExportedRun;
use crate::exchange::trials::found::counted;
use crate::exchange::trials::optuna::study_writer::StudyWriter;
use crate::exchange::trials::run_head::RunHead;
use crate::exchange::trials::state::{ConfigurationState, curve, steps_a_unit};

/// A run as a journal.
///
/// A configuration is complete where it has a cost at the highest budget of all; one that was not promoted is pruned. Its
/// learning curve and its costs at lower budgets are intermediate values, and the attribute `rungs` holds its trials
/// exactly.
pub fn write(run: &ExportedRun) -> Exported {
    let configurations = run.configurations();
    let curves: Vec<_> = configurations.values().map(|trials| curve(trials, run.costs())).collect();
    let steps_a_unit = steps_a_unit(curves.iter().flat_map(BTreeMap::keys));
    let maximized = run.maximized();
    let head = RunHead { steps_a_unit, ..run.head(&maximized) };
    let mut writer = StudyWriter::default();
    writer.study(&head);
    let highest = run.highest();
    for trials in configurations.values() {
        writer.configuration(&head, trials, &ConfigurationState::at_end(trials, highest, run.costs()));
    }
    let mut notes = Vec::new();
    if steps_a_unit > 1.0 {
        notes.push(format!("steps are budgets times {steps_a_unit}, because Optuna's are whole numbers"));
    }
    let points: usize = run.trials.iter().map(|each| each.curve().len()).sum();
    if run.costs() > 1 && points > 0 {
        let points = counted(points, "intermediate cost");
        notes.push(format!("{points} left out, because Optuna has none where there are several objectives"));
    }
    Exported { text: writer.take(), notes }
}
