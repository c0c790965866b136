//! Fields of the budget and of the limits of a run.
use super::entry::Field;

pub(super) const FIELDS: &[Field] = &[
    Field::required("budget.min", "a number", "The least budget of a trial, such as 1 epoch: no rung is below it."),
    Field::required(
        "budget.max",
        "a number",
        "The full budget. Configurations are compared, and the best is taken, there.",
    ),
    Field::stated(
        "budget.eta",
        "a whole number, at least 2",
        "3",
        "The factor between the budgets of neighbouring rungs: one of so many configurations goes on to the next.",
    ),
    Field::stated(
        "budget.unit",
        "text",
        "\"units\"",
        "The name of the unit in the plural, such as \"epochs\", for display.",
    ),
    Field::stated(
        "budget.whole",
        "true or false",
        "true if `min` and `max` are whole numbers",
        "Rounds the budgets of all rungs to whole numbers, as programs count epochs. False: they are exactly a factor `eta` apart.",
    ),
    Field::stated(
        "budget.restarts",
        "true or false",
        "false",
        "True where the program cannot continue a configuration: a promoted trial begins anew, and all of its budget is counted. False: it goes on from its checkpoint and adds the difference.",
    ),
    Field::of("stop.trials", "a whole number", "The number of trials, at all budgets together."),
    Field::of(
        "stop.full_evaluations",
        "a number",
        "The budget of all trials together, in evaluations at the full budget. A trial that goes on from a lower budget adds the difference only, unless `budget.restarts`.",
    ),
    Field::of("stop.budget", "a number", "The same in the unit of the budget."),
    Field::of(
        "stop.wall_clock",
        "a duration such as \"2h 30m\"",
        "The elapsed time over all sessions of a run. The evaluations at the end are a part of it: they begin only where they fit.",
    ),
    Field::of(
        "stop.overtime",
        "a duration such as \"10m\"",
        "The time beyond `wall_clock` after which what still runs is ended; \"0s\" ends it at the limit. Absent: it goes on to its end.",
    ),
    Field::of(
        "stop.device_hours",
        "a number",
        "The hours for which trials kept their slots busy, added over the slots.",
    ),
    Field::of(
        "stop.cost",
        "a number",
        "The cost at the full budget at or below which the run ends; with `objective: Maximize` the value at or above which it does.",
    ),
    Field::of(
        "stop.regret",
        "a number",
        "The bound on what is left to gain at or below which the run ends, in units of the cost; `galvani status` prints it.",
    ),
];
