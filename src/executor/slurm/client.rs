//! The programs of Slurm as they are called: with a time limit, and without what an enclosing job left in the environment.
use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::document::diagnostic::Diagnostic;
use crate::executor::slurm::refusal;

/// The time that a program of Slurm has to answer: while the controller is down, they take 9 to 18 seconds to say so.
const PATIENCE: Duration = Duration::from_secs(45);

/// Variables that the user's profile sets to name a cluster or a share of it; every other one of Slurm's is removed.
const KEPT: [&str; 11] = [
    "SLURM_CONF",
    "SLURM_CONF_SERVER",
    "SLURM_JWT",
    "SLURM_CLUSTERS",
    "SBATCH_CLUSTERS",
    "SBATCH_ACCOUNT",
    "SBATCH_PARTITION",
    "SBATCH_QOS",
    "SBATCH_RESERVATION",
    "SBATCH_CONSTRAINT",
    "SBATCH_TIMELIMIT",
];

/// The answer of a program of Slurm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It was done; what the program printed, and what it printed as an error.
    Done { output: String, remarks: String },
    /// It was refused, in these words.
    Refused(String),
    /// Nobody answered, so that it may have been done or not.
    Silence(String),
}

/// The programs of Slurm on this machine.
#[derive(Clone, Debug)]
pub struct SlurmClient {
    /// The folder that has the programs; absent, they are looked up on the `PATH`.
    pub folder: Option<PathBuf>,
    pub patience: Duration,
}

impl Default for SlurmClient {
    fn default() -> Self {
        Self { folder: None, patience: PATIENCE }
    }
}

impl SlurmClient {
    /// Calls a program and waits for its answer.
    ///
    /// # Errors
    /// The program is not there, or this machine cannot start it.
    pub fn call(&self, program: &str, arguments: &[OsString]) -> Result<Reply, Diagnostic> {
        let path = self.folder.as_ref().map_or_else(|| PathBuf::from(program), |folder| folder.join(program));
        let mut command = Command::new(path);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(is_foreign) {
                command.env_remove(name);
            }
        }
        // A group of its own: Ctrl-C in the terminal must not end a submission in the middle.
        command.env("SLURM_TIME_FORMAT", "standard").process_group(0);
        let mut child = command.spawn().map_err(|error| missing(program, &error))?;
        let output = read(child.stdout.take());
        let errors = read(child.stderr.take());
        let status = wait(&mut child, self.patience);
        if status.is_none() {
            let _ = child.kill();
            let _ = child.wait();
            return Ok(Reply::Silence(format!("{program} gave no answer within {} s", self.patience.as_secs())));
        }
        let text =
            |reader: JoinHandle<Vec<u8>>| String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned();
        let (output, remarks) = (text(output), text(errors));
        if status.is_some_and(|is_success| is_success) {
            return Ok(Reply::Done { output, remarks });
        }
        let words = if remarks.trim().is_empty() { output.trim().to_owned() } else { remarks.trim().to_owned() };
        Ok(if refusal::is_silence(&words) { Reply::Silence(words) } else { Reply::Refused(words) })
    }
}

/// True for a variable that changes what a program of Slurm does and is not the user's choice of a cluster.
fn is_foreign(name: &str) -> bool {
    let is_of_slurm = ["SLURM_", "SBATCH_", "SQUEUE_", "SCANCEL_", "SALLOC_", "SRUN_"];
    is_of_slurm.iter().any(|start| name.starts_with(start)) && !KEPT.contains(&name)
}

fn missing(program: &str, error: &io::Error) -> Diagnostic {
    let wrong = Diagnostic::new(format!("`{program}` cannot be started: {error}"));
    wrong.hint(match error.kind() {
        io::ErrorKind::NotFound => {
            "`executor: Slurm(...)` needs the programs of Slurm on the `PATH`: run this on a login node of the cluster (`module load slurm` at some sites), or take `executor: Process(...)`"
        }
        _ => "is it executable, and does the system allow another process?",
    })
}

/// Reads all that a program prints, in a thread of its own so that it never waits for a reader.
fn read(source: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut source) = source {
            let _ = source.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// True where the program ended well, false where it ended otherwise; `None` where it still runs.
fn wait(child: &mut Child, patience: Duration) -> Option<bool> {
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if begun.elapsed() < patience => thread::sleep(Duration::from_millis(5)),
            Ok(None) | Err(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_an_enclosing_job_are_removed_and_those_of_the_profile_kept() {
        for (name, expected) in [
            ("SLURM_JOB_ID", true),
            ("SLURM_GPUS_PER_NODE", true),
            ("SBATCH_WAIT", true),
            ("SQUEUE_FORMAT", true),
            ("SCANCEL_INTERACTIVE", true),
            ("SLURM_CONF", false),
            ("SBATCH_ACCOUNT", false),
            ("SLURMISH", false),
            ("PATH", false),
        ] {
            assert_eq!(is_foreign(name), expected, "{name}");
        }
    }
}
