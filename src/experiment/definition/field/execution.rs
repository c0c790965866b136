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
    Field::choice(
        "executor.Slurm",
        "Workers on the nodes of a cluster, which Slurm starts as one job array; galvani gives them trials.",
    ),
    Field::required(
        "executor.Slurm.workers",
        "a whole number",
        "The number of workers, each of which runs one trial at a time.",
    ),
    Field::stated(
        "executor.Slurm.gpus_per_worker",
        "a whole number",
        "0",
        "The number of whole GPUs of each worker, which its trials see in CUDA_VISIBLE_DEVICES (--gres=gpu:N).",
    ),
    Field::stated("executor.Slurm.partition", "text", "absent", "The partition. Absent: the site's default."),
    Field::stated(
        "executor.Slurm.time",
        "a duration such as \"8h\"",
        "absent",
        "The time limit of each worker, after which another takes its place while there is work. A trial must end within it. Absent: the site's default.",
    ),
    Field::stated(
        "executor.Slurm.account",
        "text",
        "absent",
        "The account that is charged. Absent: the user's default.",
    ),
    Field::stated(
        "executor.Slurm.extra",
        "a list of texts",
        "[]",
        "Further options of sbatch, each with its value, as in [\"--constraint=h100\", \"--mem=64G\"]; they outdo those before.",
    ),
    Field::stated(
        "executor.Slurm.poll",
        "a duration",
        "\"1m\"",
        "The time between two looks at the queue; most sites forbid more than one in a minute.",
    ),
    Field::stated(
        "executor.Slurm.time_limit",
        "a duration such as \"1h 30m\"",
        "absent",
        "The longest that a trial may take. If it is raised, trials that it had ended run again.",
    ),
    Field::stated(
        "executor.Slurm.cpu_time_limit",
        "a duration",
        "absent",
        "The most processor time of a trial and all of its processes.",
    ),
    Field::stated(
        "executor.Slurm.memory_limit_mib",
        "a whole number",
        "absent",
        "The most memory of a trial and all of its processes, in MiB; the kernel enforces it where this process has a part of the tree of control groups, elsewhere it is sampled.",
    ),
    Field::stated(
        "executor.Slurm.disk_limit_mib",
        "a whole number",
        "absent",
        "The most that a trial's folder and its checkpoint may hold, in MiB.",
    ),
    Field::stated(
        "executor.Slurm.grace",
        "a duration",
        "\"5s\"",
        "The time that a program has between SIGTERM and SIGKILL, to write its checkpoint.",
    ),
    Field::stated(
        "executor.Slurm.checkpoint_budget_mib",
        "a whole number",
        "absent",
        "The most that checkpoints which no trial will continue from may hold together, in MiB; the best are kept longest. Absent: all are kept.",
    ),
];
