//! The submission of workers: the options of `sbatch`, the script, and both as a user would type them.
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::executor::slurm::settings::SlurmSettings;

/// Variables that a worker takes along from where the run was started: enough to find the same programs.
const TAKEN_ALONG: [&str; 12] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "GALVANI_LOG",
];

/// The signal that a worker is sent before its time is over: it alone (`B:`), a minute before.
const SIGNAL: &str = "--signal=B:TERM@60";

/// The options of `sbatch` for an array of workers, with the script behind them.
pub(super) fn arguments(settings: &SlurmSettings, name: &str, workers: usize, folder: &Path) -> Vec<OsString> {
    let mut options: Vec<OsString> = vec![
        "--parsable".into(),
        format!("--array=0-{}", workers.saturating_sub(1)).into(),
        "--no-requeue".into(),
        format!("--job-name={name}").into(),
        "--open-mode=append".into(),
        output(folder),
        SIGNAL.into(),
        format!("--export={}", TAKEN_ALONG.join(",")).into(),
        "--nodes=1".into(),
        "--ntasks=1".into(),
    ];
    if settings.gpus_per_worker > 0 {
        options.push(format!("--gres=gpu:{}", settings.gpus_per_worker).into());
    }
    let named = [("partition", &settings.partition), ("account", &settings.account)];
    options.extend(named.iter().filter_map(|(option, name)| Some(format!("--{option}={}", name.as_ref()?).into())));
    options.extend(settings.time.map(|time| format!("--time={}", span(time)).into()));
    // The user's own options come last, where they outdo those before.
    options.extend(settings.extra.iter().map(OsString::from));
    options.push(script_path(folder).into());
    options
}

/// The option for a file of each worker's output; a percent sign of the folder would begin a pattern.
fn output(folder: &Path) -> OsString {
    let mut bytes = b"--output=".to_vec();
    for &byte in folder.as_os_str().as_bytes() {
        bytes.extend_from_slice(if byte == b'%' { b"%%" } else { std::slice::from_ref(&byte) });
    }
    bytes.extend_from_slice(b"/%A_%a.out");
    OsString::from_vec(bytes)
}

/// The script that each worker of the array runs.
pub(super) fn script_path(folder: &Path) -> PathBuf {
    folder.join("worker.sh")
}

/// A time limit as Slurm reads it: days, hours, minutes and seconds.
fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}-{:02}:{:02}:{:02}", seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}

/// The script of a worker, which becomes the worker itself so that signals reach it. Its name ends with its element's.
pub(super) fn script(command: &[OsString]) -> Vec<u8> {
    let mut text = b"#!/bin/sh\nexec".to_vec();
    for word in command {
        text.push(b' ');
        text.extend_from_slice(&quoted(word));
    }
    text.extend_from_slice(b" --name \"slurm-${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}\"\n");
    text
}

/// A command line as a user would type it.
pub fn typed(program: &str, arguments: &[OsString]) -> String {
    let words = arguments.iter().map(|word| String::from_utf8_lossy(&quoted(word)).into_owned());
    std::iter::once(program.to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// A word for a shell, quoted where it has letters that mean something there.
fn quoted(word: &OsStr) -> Vec<u8> {
    let bytes = word.as_bytes();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_=./:,%@+".contains(byte);
    if !bytes.is_empty() && bytes.iter().all(is_plain) {
        return bytes.to_vec();
    }
    let mut text = vec![b'\''];
    for &byte in bytes {
        text.extend_from_slice(if byte == b'\'' { b"'\\''" } else { std::slice::from_ref(&byte) });
    }
    text.push(b'\'');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submission_names_everything() {
        let settings = SlurmSettings {
            gpus_per_worker: 2,
            partition: Some("gpu".into()),
            account: Some("lab".into()),
            time: Some(Duration::from_secs(26 * 3600 + 61)),
            extra: vec!["--constraint=a b".into()],
            ..SlurmSettings::default()
        };
        let line = typed("sbatch", &arguments(&settings, "galvani-x-1", 16, Path::new("/r/50%/slurm")));
        for part in [
            "sbatch --parsable --array=0-15 --no-requeue --job-name=galvani-x-1 --open-mode=append",
            "--output=/r/50%%/slurm/%A_%a.out --signal=B:TERM@60 --export=PATH,HOME,",
            "--gres=gpu:2 --partition=gpu --account=lab --time=1-02:01:01 '--constraint=a b' /r/50%/slurm/worker.sh",
        ] {
            assert!(line.contains(part), "{line}");
        }
        let plain = arguments(&SlurmSettings::default(), "n", 1, Path::new("/r"));
        assert!(!plain.iter().any(|option| option.to_string_lossy().starts_with("--gres")), "{plain:?}");
    }

    #[test]
    fn a_script_keeps_every_word() {
        let command = ["/opt/it's here/galvani", "worker", ""].map(OsString::from);
        let text = String::from_utf8(script(&command)).unwrap();
        assert_eq!(
            text,
            "#!/bin/sh\nexec '/opt/it'\\''s here/galvani' worker '' --name \"slurm-${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}\"\n"
        );
    }
}
