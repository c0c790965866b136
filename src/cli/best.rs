//! The verb `best`: the best configuration, or the front of several objectives.
use serde_json::{Value, json};

use super::failure::Failure;
use super::incumbent::{
    beside_default, default_cost, evidence, insert_expectation, lowest, print_front, recommendation, source,
};
use super::listing::Listing;
use super::message::{narrate, say};
use super::table;
use super::table::Format;
use super::trial_row::config;
use crate::trial::Origin;

pub(super) fn execute(arguments: &Listing) -> Result<(), Failure> {
    let log = arguments.target.log()?;
    let Some(best) = recommendation(&log) else {
        narrate("no trial has succeeded yet");
        return Err(Failure::NoSuccess);
    };
    if !log.experiment.objectives().is_empty() {
        print_front(&log, arguments.format);
        return Ok(());
    }
    let trial = log.history.trial(best.trial).expect("what is recommended was tried");
    let mut row = json!({
        "config": config(&log, trial),
        "cost": best.cost,
        "budget": best.budget.amount(),
        "trial": best.trial,
        "default_cost": default_cost(&log, best.budget),
    });
    insert_expectation(&best, &mut row);
    let Value::Object(row) = row else { unreachable!("a row is an object") };
    if arguments.format != Format::Table {
        table::print(arguments.format, &[], &[row]);
        return Ok(());
    }
    say(&log.experiment.space.to_ron(&trial.proposal.configuration));
    let origin = match trial.proposal.origin {
        Origin::Default => "the default itself".to_owned(),
        origin => format!("{}{}", origin.name(), beside_default(&log, &best)),
    };
    narrate(&format!("{} {}; {}, {origin}", log.experiment.noun(), evidence(&best, &log.experiment), source(&best)));
    if let Some(lowest) = lowest(&best, &log.experiment) {
        narrate(&lowest);
    }
    Ok(())
}
