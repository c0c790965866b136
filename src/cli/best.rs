//! The verb `best`: the best configuration, or the front of several objectives.
use serde_json::{Value, json};

use super::failure::Failure;
use super::incumbent::{default_cost, mean_cost, print_front};
use super::listing::Listing;
use super::message::{amount, narrate, number, say};
use super::table;
use super::table::Format;
use super::trial_row::config;
use crate::trial::Origin;
use crate::trial::incumbent::incumbent;

pub(super) fn execute(arguments: &Listing) -> Result<(), Failure> {
    let log = arguments.target.log()?;
    let Some(best) = incumbent(&log.history) else {
        narrate("no trial has succeeded yet");
        return Err(Failure::NoSuccess);
    };
    if !log.experiment.objectives().is_empty() {
        print_front(&log, arguments.format);
        return Ok(());
    }
    let budget = best.proposal.budget.amount();
    let (cost, over) = mean_cost(&log, best);
    let row = json!({
        "config": config(&log, best),
        "cost": cost,
        "budget": budget,
        "trial": best.proposal.trial.0,
        "default_cost": default_cost(&log, best.proposal.budget),
    });
    let Value::Object(row) = row else { unreachable!("a row is an object") };
    if arguments.format != Format::Table {
        table::print(arguments.format, &[], &[row]);
        return Ok(());
    }
    say(&log.experiment.space.to_ron(&best.proposal.configuration));
    let default = default_cost(&log, best.proposal.budget)
        .map(|cost| format!(", the default {}", number(cost)))
        .unwrap_or_default();
    narrate(&format!(
        "{} {}{default} at {} {}{over}; trial {}, {}",
        log.experiment.noun(),
        number(cost),
        amount(budget),
        log.experiment.unit,
        best.proposal.trial,
        if best.proposal.origin == Origin::Default { "the default itself" } else { best.proposal.origin.name() },
    ));
    Ok(())
}
