//! A trial submission: the command lines of a run, and what `sbatch --test-only` says of them.
use std::ffi::OsString;
use std::path::Path;

use crate::document::diagnostic::Diagnostic;
use crate::executor::slurm::client::{Reply, SlurmClient};
use crate::executor::slurm::settings::SlurmSettings;
use crate::executor::slurm::{refusal, submission};

/// The submission that a run would make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmissionPlan {
    /// As a user would type it; the end of the job's name is made when the run begins.
    pub command: String,
    /// The script that each worker runs.
    pub script: String,
    /// Slurm's words about it, such as when and where it would start.
    pub answer: String,
}

/// Asks Slurm whether it would take the workers of a run; nothing is submitted.
///
/// # Errors
/// It would not, in its words; or nobody answers, or there is no Slurm on this machine.
pub fn check(
    settings: &SlurmSettings,
    workers: usize,
    folder: &Path,
    run: &str,
    command: &[OsString],
    client: &SlurmClient,
) -> Result<SubmissionPlan, Diagnostic> {
    let name = format!("galvani-{run}-NONCE");
    let arguments = submission::arguments(settings, &name, workers, folder);
    let (_, options) = arguments.split_last().expect("a submission ends with its script");
    let mut trial: Vec<OsString> = vec!["--test-only".into()];
    trial.extend(options.iter().cloned());
    // The script of a run that has not begun is nowhere yet.
    trial.push("--wrap=exit".into());
    let reply = client.call("sbatch", &trial);
    match reply? {
        Reply::Done { output, remarks } => Ok(SubmissionPlan {
            command: submission::typed("sbatch", &arguments),
            script: String::from_utf8_lossy(&submission::script(command)).into_owned(),
            answer: format!("{remarks}{output}").trim().trim_start_matches("sbatch: ").to_owned(),
        }),
        Reply::Refused(words) => Err(refusal::refused("sbatch", &words)),
        Reply::Silence(words) => {
            Err(Diagnostic::new(format!("Slurm does not answer: {words}"))
                .hint("does `squeue` work here? Try again later"))
        }
    }
}
