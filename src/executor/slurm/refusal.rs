//! Refusals of Slurm: its words are shown as they are, with a hint for those that are common.
use crate::document::diagnostic::Diagnostic;

/// Words of an answer that says nothing about the request: the controller was not reached.
const SILENCE: [&str; 10] = [
    "Unable to contact slurm controller",
    "Socket timed out",
    "connect failure",
    "Connection refused",
    "Connection timed out",
    "Zero Bytes were transmitted or received",
    "Slurm backup controller in standby mode",
    "Transport endpoint is not connected",
    "Unexpected message received",
    "slurm_receive_msg",
];

/// Words of a refusal, and the hint for them.
const HINTS: [(&str, &str); 18] = [
    ("Invalid partition", "`executor.Slurm.partition` must be one that `sinfo -s` lists"),
    (
        "Invalid account",
        "`executor.Slurm.account` must be one of yours: `sacctmgr show associations user=$USER` lists them",
    ),
    (
        "time limit is invalid",
        "give `executor.Slurm.time`, or a shorter one: `sinfo -o '%P %l'` lists the longest of each partition",
    ),
    (
        "Invalid generic resource",
        "`executor.Slurm.gpus_per_worker` asks for `gpu`, which `sinfo -o '%P %G'` lists; for a kind of GPU set extra: [\"--gres=gpu:KIND:1\"], without any set gpus_per_worker: 0",
    ),
    (
        "node configuration is not available",
        "no node has so many GPUs or processors, so much memory or that feature: `sinfo -o '%P %c %m %G %f'` lists what there is",
    ),
    ("Memory specification", "ask for less memory in `executor.Slurm.extra`: `sinfo -o '%P %m'` lists what nodes have"),
    (
        "Invalid feature",
        "a `--constraint` of `executor.Slurm.extra` is unknown here: `sinfo -o '%P %f'` lists features",
    ),
    (
        "Invalid qos",
        "name a quality of service of yours, such as extra: [\"--qos=normal\"]: `sacctmgr show qos` lists them",
    ),
    (
        "Invalid job array",
        "the array is longer than the site allows (`scontrol show config | grep MaxArraySize`): fewer `workers`",
    ),
    ("SubmitJob", "the site limits how many jobs a user may have, and each worker counts as one: fewer `workers`"),
    ("QOS policy", "a limit of the site was met (jobs, GPUs or time of a user): fewer `workers`, or a shorter `time`"),
    ("group not permitted", "this user may not submit to the partition: another `executor.Slurm.partition`"),
    ("Access/permission denied", "this user may not submit here: is `executor.Slurm.account` right?"),
    ("unrecognized option", "`executor.Slurm.extra` has an option that this sbatch does not know: `sbatch --help`"),
    ("invalid option", "`executor.Slurm.extra` has an option that this sbatch does not know: `sbatch --help`"),
    (
        "Requested reservation",
        "a `--reservation` of `executor.Slurm.extra` is over or not for this user: `scontrol show reservation`",
    ),
    ("authentication", "the cluster does not trust this machine (munge): does `squeue` work here?"),
    ("ambiguous", "`executor.Slurm.extra` has an option that is cut short: write it in full"),
];

/// True where words say that nobody answered, so that a request may have been accepted or not.
pub(super) fn is_silence(words: &str) -> bool {
    SILENCE.iter().any(|sign| words.contains(sign))
}

/// A refusal in the words of the program, with a hint.
pub(super) fn refused(program: &str, words: &str) -> Diagnostic {
    let known = HINTS.iter().find(|(sign, _)| words.contains(sign)).map(|(_, hint)| *hint);
    let words = if words.is_empty() { "without a word" } else { words };
    let wrong = Diagnostic::new(format!("{program} refused: {words}"));
    wrong.hint(
        known.unwrap_or(
            "`galvani check FILE` prints the command line: try it by hand, and see the site's documentation",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_refusals_have_a_hint_of_their_own() {
        for (words, expected) in [
            (
                "sbatch: error: invalid partition specified: gpux\nsbatch: error: Batch job submission failed: Invalid partition name specified",
                "sinfo -s",
            ),
            (
                "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified",
                "account",
            ),
            (
                "sbatch: error: Batch job submission failed: Requested time limit is invalid (missing or exceeds some limit)",
                "time",
            ),
            ("sbatch: error: Batch job submission failed: Requested node configuration is not available", "sinfo"),
            (
                "sbatch: error: QOSMaxSubmitJobPerUserLimit\nsbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
                "fewer `workers`",
            ),
            (
                "sbatch: error: Batch job submission failed: Invalid generic resource (gres) specification",
                "gpus_per_worker",
            ),
            ("something new", "by hand"),
        ] {
            let told = refused("sbatch", words);
            assert!(told.message.contains(words) && told.hint.as_ref().unwrap().contains(expected), "{told}");
            assert!(!is_silence(words));
        }
        assert!(is_silence("slurm_load_jobs error: Unable to contact slurm controller (connect failure)"));
        assert!(is_silence("sbatch: error: Batch job submission failed: Socket timed out on send/recv operation"));
    }
}
