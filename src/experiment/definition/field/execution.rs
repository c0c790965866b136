//! Fields of the executor.
use super::entry::Field;

pub(super) const FIELDS: &[Field] = &[
    Field::choice("executor.Process", "Processes of this machine, one a trial unless the program stays."),
    Field::stated(
        "executor.Process.workers",
        "a whole number",
        "1",
        "The number of trials at a time, each of which sees the whole machine.",
    ),
    Field::stated(
        "executor.Process.slots",
        "a list of texts",
        "absent",
        "In place of `workers`: one trial at a time in each, as in [\"gpu:0\", \"gpu:1x2\", \"cpu:2\"]; a trial sees its own device only. \"gpu:*\" is every GPU.",
    ),
    Field::stated(
        "executor.Process.time_limit",
        "a duration such as \"1h 30m\"",
        "absent",
        "The longest that a trial may take. If it is raised, trials that it had ended run again.",
    ),
    Field::stated(
        "executor.Process.cpu_time_limit",
        "a duration",
        "absent",
        "The most processor time of a trial and all of its processes.",
    ),
    Field::stated(
        "executor.Process.memory_limit_mib",
        "a whole number",
        "absent",
        "The most memory of a trial and all of its processes, in MiB; the kernel enforces it where this process has a part of the tree of control groups, elsewhere it is sampled.",
    ),
    Field::stated(
        "executor.Process.disk_limit_mib",
        "a whole number",
        "absent",
        "The most that a trial's folder and its checkpoint may hold, in MiB.",
    ),
    Field::stated(
        "executor.Process.grace",
        "a duration",
        "\"5s\"",
        "The time that a program has between SIGTERM and SIGKILL, to write its checkpoint.",
    ),
    Field::stated(
        "executor.Process.checkpoint_budget_mib",
        "a whole number",
        "absent",
        "The most that checkpoints which no trial will continue from may hold together, in MiB; the best are kept longest. Absent: all are kept.",
    ),
];
