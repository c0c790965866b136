//! The rungs of a run that an earlier build began, which had no whole numbers.
use crate::intensifier::bracket::Schedule;
use crate::store::record::Record;
use crate::trial::budget::Budget;

/// The schedule that a run goes on with: its own rungs, also where they were not rounded to whole numbers yet.
pub(crate) fn as_begun(schedule: &Schedule, records: &[Record]) -> Schedule {
    let is_fraction = |record: &Record| matches!(record, Record::Asked(asked) if asked.budget.fract() != 0.0);
    match schedule.is_whole() && records.iter().any(is_fraction) {
        true => schedule.clone().exact(),
        false => schedule.clone(),
    }
}

/// A sentence for the user where a run goes on with other rungs than its file asks for.
pub(crate) fn warning(asked: &Schedule, begun: &Schedule) -> Option<String> {
    let list = |schedule: &Schedule| {
        let amount = |budget: Budget| ((1000.0 * budget.amount()).round() / 1000.0).to_string();
        schedule.budgets().map(amount).collect::<Vec<_>>().join(", ")
    };
    (asked != begun).then(|| {
        format!(
            "this run was begun with rungs at {}, and goes on with them; a new run has them at {}",
            list(begun),
            list(asked)
        )
    })
}
