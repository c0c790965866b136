//! Reads a study of a journal.
use crate::exchange::trials::found::{FoundResult, FoundResults, UnreadableResults, counted, unused_curves};
use crate::exchange::trials::optuna::journal::{Study, StudyJournal};
use crate::trial::outcome::OutcomeKind;

/// The choice of a study, and of the signs of its values.
#[derive(Clone, Debug, Default)]
pub struct StudyChoice {
    /// The name of the study; absent where the journal has one.
    pub name: Option<String>,
    /// For each objective of the experiment, true where it is maximized; where none is listed, any number of them is
    /// minimized.
    pub maximized: Vec<bool>,
    /// True where values change their sign whose direction in the study is not that of the experiment.
    pub negate: bool,
}

/// Reads the results of a study; a trial's budget is its user attribute `budget`, or the full one. A line that cannot be
/// read, as the last one of a program that was killed, is passed over.
///
/// # Errors
/// The journal has several studies, or another one than the chosen one; the study maximizes and the choice does not negate,
/// or the other way round.
pub fn read(text: &str, choice: &StudyChoice) -> Result<FoundResults, UnreadableResults> {
    let mut found = FoundResults::default();
    let journal = StudyJournal::of(text, &mut found)?;
    let (number, study) = chosen(&journal, choice).map_err(|error| match &found.first_fault {
        Some(fault) => UnreadableResults { reason: format!("{}; of the others, {fault}", error.reason), ..error },
        None => error,
    })?;
    let is_turned = turned(study, choice)?;
    let (mut results, mut intermediate, mut waiting) = (Vec::new(), 0, 0);
    for trial in journal.trials.iter().filter(|trial| trial.study == number) {
        if !trial.rungs.is_empty() {
            results.extend(trial.rungs.iter().map(|rung| (rung.trial, rung.result(&trial.result))));
            // Its costs at lower budgets are intermediate values too.
            intermediate += trial.intermediate.len().saturating_sub(trial.rungs.len());
            continue;
        }
        intermediate += trial.intermediate.len();
        // An enqueued trial has parameters when it is asked for.
        if trial.is_waiting() {
            waiting += 1;
            continue;
        }
        let outcome = trial.outcome();
        let is_complete = outcome == Some(OutcomeKind::Finished);
        results.push((
            0,
            FoundResult {
                costs: if is_complete { trial.result.costs.clone() } else { Vec::new() },
                outcome: outcome.filter(|_| !is_complete),
                ..trial.result.clone()
            },
        ));
    }
    results.sort_by_key(|(trial, _)| *trial);
    for (_, mut result) in results {
        for (cost, _) in result.costs.iter_mut().zip(&is_turned).filter(|(_, is_turned)| **is_turned) {
            *cost = 0.0 - *cost;
        }
        found.add(result)?;
    }
    if waiting > 0 {
        found.notes.push(format!("{} waiting for a start left out", counted(waiting, "trial")));
    }
    if intermediate > 0 {
        found.notes.push(unused_curves(intermediate));
    }
    Ok(found)
}

/// The study of a journal that is read.
pub(super) fn chosen<'a>(
    journal: &'a StudyJournal,
    choice: &StudyChoice,
) -> Result<(u64, &'a Study), UnreadableResults> {
    let names = || journal.studies.values().map(|study| format!("`{}`", study.name)).collect::<Vec<_>>().join(", ");
    let mut studies = journal.studies.iter().map(|(number, study)| (*number, study));
    if journal.studies.is_empty() {
        let fault = UnreadableResults::whole("the journal has no study that can be read and was not deleted");
        return Err(fault.hint("a study is made by an operation with its name and its directions"));
    }
    if let Some(name) = &choice.name {
        return studies.find(|(_, study)| study.name == *name).ok_or_else(|| {
            let fault = UnreadableResults::whole(format!("the journal has no study `{name}`"));
            fault.hint(format!("there are {}", names()))
        });
    }
    match (studies.next(), studies.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(UnreadableResults::whole("the journal has no study that was not deleted")),
        (Some((_, first)), Some(_)) => {
            let fault = UnreadableResults::whole(format!("the journal has several studies: {}", names()));
            Err(fault.hint(format!("choose one with `--study '{}'`", first.name)))
        }
    }
}

/// For each objective, true where its value changes its sign.
fn turned(study: &Study, choice: &StudyChoice) -> Result<Vec<bool>, UnreadableResults> {
    let (theirs, listed) = (study.maximized.len(), choice.maximized.len());
    if listed > 0 && theirs != listed {
        let (theirs, own) = (counted(theirs, "objective"), counted(listed, "objective"));
        let message = format!("the study `{}` has {theirs}, and the experiment {own}", study.name);
        return Err(
            UnreadableResults::whole(message).hint("the experiment needs the objectives of the study, in its order")
        );
    }
    let own = choice.maximized.iter().copied().chain(std::iter::repeat(false));
    let is_turned: Vec<bool> = study.maximized.iter().zip(own).map(|(study, own)| *study != own).collect();
    let does = |maximizes: bool| if maximizes { "maximizes" } else { "minimizes" };
    match (is_turned.iter().position(|is_turned| *is_turned), choice.negate) {
        (Some(objective), false) => {
            let (theirs, own) = (study.maximized[objective], !study.maximized[objective]);
            let message = format!("the study `{}` {}, and the experiment {}", study.name, does(theirs), does(own));
            let hint = "add `--negate`: values are kept with the opposite sign where the directions differ";
            Err(UnreadableResults::whole(message).hint(hint))
        }
        (None, true) => {
            let message = format!("the study `{}` has the directions of the experiment", study.name);
            Err(UnreadableResults::whole(message).hint("leave `--negate` out"))
        }
        _ => Ok(is_turned),
    }
}
