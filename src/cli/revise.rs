//! The verbs `retry` and `forget`: run trials again, or take their results back.
use clap::Args;
use clap::builder::PossibleValuesParser;

use super::failure::Failure;
use super::message::{count, narrate};
use super::number_argument::whole;
use super::target::Target;
use crate::document::diagnostic::Diagnostic;
use crate::experiment::ledger::revision::revise;
use crate::store::record::Revision;
use crate::trial::TrialId;
use crate::trial::outcome::OutcomeKind;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The trials' numbers
    #[arg(value_name = "TRIAL", required_unless_present = "outcome", conflicts_with = "outcome", value_parser = whole::<u32>, allow_negative_numbers = true)]
    trials: Vec<u32>,
    /// All trials with this outcome
    #[arg(long, value_parser = outcome_words())]
    outcome: Option<String>,
}

/// The words that `--outcome` takes.
fn outcome_words() -> PossibleValuesParser {
    OutcomeKind::ALL.map(OutcomeKind::word).into()
}

pub(super) fn execute(arguments: &Arguments, revision: Revision) -> Result<(), Failure> {
    let log = arguments.target.log()?;
    let trials = match &arguments.outcome {
        Some(wanted) => {
            let all = log.history.trials().iter().filter(|trial| trial.word() == wanted);
            let trials: Vec<TrialId> = all.map(|trial| trial.proposal.trial).collect();
            if trials.is_empty() {
                let diagnostic = Diagnostic::new(format!("no trial has the outcome `{wanted}`"));
                return Err(diagnostic.hint("`galvani status` counts the outcomes").into());
            }
            trials
        }
        None => {
            let mut trials: Vec<TrialId> = arguments.trials.iter().copied().map(TrialId).collect();
            trials.sort_unstable();
            trials.dedup();
            trials
        }
    };
    let said = revise(&log, &trials, revision).map_err(Failure::input)?;
    said.iter().for_each(|sentence| narrate(sentence));
    let (trials, is_one) = (count(trials.len(), "trial"), trials.len() == 1);
    narrate(&match revision {
        Revision::Retried => {
            let runs = if is_one { "runs" } else { "run" };
            format!(
                "{trials} {runs} again when `galvani run` goes on; until then {} for nothing",
                if is_one { "the earlier result counts" } else { "the earlier results count" }
            )
        }
        Revision::Forgotten => {
            let (are, result, it) = if is_one { ("is", "result", "it") } else { ("are", "results", "them") };
            format!("{trials} {are} forgotten: nothing is learned from the {result}; `galvani retry` runs {it} again")
        }
    });
    Ok(())
}
