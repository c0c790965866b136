//! Fields of the tasks.
use super::entry::Field;

pub(super) const FIELDS: &[Field] = &[
    Field::choice("task.Command", "Any program: it prints {\"cost\": 0.31} as a line of its output."),
    Field::required(
        "task.Command.program",
        "text",
        "The program: looked up on PATH, or a path relative to this file if it contains a `/`.",
    ),
    Field::stated(
        "task.Command.arguments",
        "a list of texts",
        "[]",
        "The arguments, in which {NAME} stands for a value, and {budget}, {seed}, {trial_dir}, {checkpoint} and {config} for what the trial is given. \
         {all:--NAME=VALUE} stands for one argument for each active parameter.",
    ),
    Field::stated(
        "task.Command.environment",
        "a map of texts",
        "{}",
        "Variables in which names in braces are replaced as in the arguments, added to the environment.",
    ),
    Field::stated(
        "task.Command.mode",
        "Disposable or Persistent",
        "Disposable",
        "The number of trials of a process of the program.",
    ),
    Field::choice(
        "task.Command.mode.Disposable",
        "A process for each trial: memory is returned, and a crash ends one trial only.",
    ),
    Field::choice(
        "task.Command.mode.Persistent",
        "One process for several trials: a line of JSON on its standard input requests each, a line of its output answers it. For programs that start slowly.",
    ),
    Field::choice(
        "task.Function",
        "A textbook function, to try settings: Function(\"branin\") or Function(\"hartmann6\").",
    ),
    Field::choice(
        "task.Custom",
        "A task of the program that has galvani as a library, by its name: Custom(\"parabola\").",
    ),
    #[cfg(feature = "battery")]
    Field::choice(
        "task.Battery",
        "The bundled task: a sequence model learns the voltage and the temperatures of a simulated cell.",
    ),
    #[cfg(feature = "battery")]
    Field::stated(
        "task.Battery.dataset",
        "settings",
        "()",
        "The dataset: the cell, the number and the length of its series; `galvani battery generate` explains it.",
    ),
    #[cfg(feature = "battery")]
    Field::stated(
        "task.Battery.model",
        "settings",
        "()",
        "The parts of the model that are not searched, such as its family.",
    ),
    #[cfg(feature = "battery")]
    Field::stated(
        "task.Battery.training",
        "settings",
        "()",
        "The training: batches, windows and schedule as far as they are not searched.",
    ),
    #[cfg(feature = "battery")]
    Field::stated(
        "task.Battery.evaluation",
        "settings",
        "()",
        "The measurement of the cost: the context, the horizon and the rows that are scored.",
    ),
    #[cfg(feature = "battery")]
    Field::stated(
        "task.Battery.device",
        "text",
        "\"cpu\"",
        "The device to train on: \"cpu\", \"cuda:N\", or \"auto\", the first graphics card if there is one.",
    ),
];
