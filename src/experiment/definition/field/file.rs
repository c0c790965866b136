//! Fields of an experiment file itself.
use super::entry::Field;

pub(super) const FIELDS: &[Field] = &[
    Field::required(
        "name",
        "text",
        "The name of the run, which is that of its folder: letters, digits, `-`, `_` and `.`.",
    ),
    Field::required(
        "search_space",
        "a path or a search space",
        "The space that is searched: the path of a file beside this one, or the search space itself.",
    ),
    Field::stated(
        "task",
        "Command, Function, Custom or Battery",
        "absent",
        "The evaluation of a configuration. Absent: another program evaluates it, by `galvani ask-tell`.",
    ),
    Field::stated(
        "objective",
        "Minimize or Maximize",
        "Minimize",
        "The direction of the one value that trials report as `cost`. With Maximize, an accuracy is shown as it was reported.",
    ),
    Field::choice("objective.Minimize", "Less is better."),
    Field::choice("objective.Maximize", "More is better."),
    Field::stated(
        "objectives",
        "a list of names, or a map from names to Minimize or Maximize",
        "absent",
        "The names of several values that trials report as `costs`. The result is then a front of trials that no other dominates.",
    ),
    Field::stated(
        "budget",
        "budgets of the rungs",
        "absent",
        "The effort of a trial, to begin with and at most: bad configurations are stopped after little of it. Absent: every trial is a full evaluation.",
    ),
    Field::stated(
        "optimizer",
        "settings",
        "()",
        "The search for configurations. Every field has a default that needs no change to begin with.",
    ),
    Field::stated(
        "executor",
        "Process or Slurm",
        "Process(workers: 1)",
        "The place where trials run, and the limits of each.",
    ),
    Field::stated(
        "stop",
        "limits",
        "()",
        "The end of the run: the first limit that is reached ends it. Absent: it ends once every configuration of a finite space was tried.",
    ),
    Field::stated(
        "validation",
        "true or false",
        "true",
        "Evaluates the best configuration and the default one at the full budget when the search has ended. False: the run ends with its last trial.",
    ),
    Field::stated(
        "seed",
        "a whole number",
        "0",
        "The seed of everything that is drawn at random: another one gives another run.",
    ),
    Field::stated(
        "price_per_device_hour",
        "a number",
        "absent",
        "The price of an hour of one worker in any currency, for display: the live view and events tell what was spent.",
    ),
];
