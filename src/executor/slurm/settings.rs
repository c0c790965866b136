//! Settings of Slurm: the part of the cluster that each worker is given.
use std::time::Duration;

use crate::document::diagnostic::Diagnostic;

/// The time between two looks at the queue, unless the user says otherwise: sites forbid to look every few seconds.
pub const POLL: Duration = Duration::from_secs(60);

/// Options of `sbatch` that the job array depends on, so that no user may give them.
const TAKEN: [&str; 13] =
    ["--array", "-a", "--job-name", "-J", "--output", "-o", "--error", "-e", "--chdir", "-D", "--wrap", "--wait", "-W"];

/// Words of `sbatch` without a value that the job array depends on.
const TAKEN_WORDS: [&str; 4] = ["--requeue", "--test-only", "--parsable", "--hold"];

/// The part of the cluster that each worker is given, as options of `sbatch`.
#[derive(Clone, Debug, PartialEq)]
pub struct SlurmSettings {
    /// Whole GPUs; 0 asks for none.
    pub gpus_per_worker: u32,
    pub partition: Option<String>,
    /// The time limit of each worker, after which another takes its place.
    pub time: Option<Duration>,
    pub account: Option<String>,
    /// Further options, as they are.
    pub extra: Vec<String>,
    /// The time between two looks at the queue.
    pub poll: Duration,
}

impl SlurmSettings {
    /// Checks what can be known without the cluster.
    ///
    /// # Errors
    /// A field is wrong; the error names it without the fields around it.
    pub fn validate(&self) -> Result<(), Diagnostic> {
        for (field, name) in [("partition", &self.partition), ("account", &self.account)] {
            let is_plain =
                |name: &str| !name.is_empty() && !name.contains(char::is_whitespace) && !name.starts_with('-');
            if name.as_deref().is_some_and(|name| !is_plain(name)) {
                let wrong = Diagnostic::new(format!("`{field}` must be a name without spaces"));
                return Err(wrong.hint(format!("for example {field}: \"gpu\"")).field(field));
            }
        }
        if self.time.is_some_and(|time| time < Duration::from_secs(60)) {
            let wrong = Diagnostic::new("`time` must be at least a minute, of which Slurm counts whole ones");
            return Err(wrong.hint("for example time: \"8h\"").field("time"));
        }
        if self.poll < Duration::from_secs(1) {
            let wrong = Diagnostic::new("`poll` must be at least a second");
            return Err(wrong
                .hint("leave it out: most sites forbid more than one look at the queue in a minute")
                .field("poll"));
        }
        self.extra.iter().try_for_each(|option| extra(option))
    }
}

/// Checks one further option.
fn extra(option: &str) -> Result<(), Diagnostic> {
    let wrong = |message: String, hint: &str| Err(Diagnostic::new(message).hint(hint).field("extra"));
    if !option.starts_with('-') || option.len() < 2 {
        let message = format!("`extra` must hold options of sbatch, and `{option}` does not begin with `-`");
        return wrong(message, "an option and its value are one text: extra: [\"--constraint=h100\", \"--mem=64G\"]");
    }
    let name = option.split('=').next().unwrap_or(option);
    let is_short = |taken: &str| !taken.starts_with("--") && option.starts_with(taken) && !option.starts_with("--");
    let is_taken = TAKEN.contains(&name) || TAKEN.iter().any(|taken| is_short(taken));
    if is_taken || TAKEN_WORDS.contains(&name) {
        let message = format!("`extra` must not have `{name}`, which the workers' job array depends on");
        return wrong(
            message,
            "leave it out; `workers` is the size of the array, and its files are in the run's folder",
        );
    }
    if name == "--begin" || name == "--dependency" || option.starts_with("-d") {
        let message = format!("`extra` must not have `{name}`: a worker that waits for another job may wait for ever");
        return wrong(message, "leave it out, and start the run when it may begin");
    }
    Ok(())
}

#[cfg(test)]
impl Default for SlurmSettings {
    fn default() -> Self {
        Self { gpus_per_worker: 0, partition: None, time: None, account: None, extra: Vec::new(), poll: POLL }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_name_their_field() {
        let text = |text: &str| Some(text.to_owned());
        let with = |extra: &str| SlurmSettings { extra: vec![extra.to_owned()], ..SlurmSettings::default() };
        for (settings, field) in [
            (SlurmSettings::default(), None),
            (SlurmSettings { partition: text("a,b"), account: text("lab-1"), ..SlurmSettings::default() }, None),
            (SlurmSettings { partition: text(""), ..SlurmSettings::default() }, Some("partition")),
            (SlurmSettings { account: text("a b"), ..SlurmSettings::default() }, Some("account")),
            (SlurmSettings { time: Some(Duration::from_secs(59)), ..SlurmSettings::default() }, Some("time")),
            (SlurmSettings { poll: Duration::from_millis(5), ..SlurmSettings::default() }, Some("poll")),
            (with("--constraint=h100"), None),
            (with("-C h100"), None),
            (with("--account=x"), None),
            (with("constraint=h100"), Some("extra")),
            (with("-"), Some("extra")),
            (with("--array=0-3"), Some("extra")),
            (with("-a0-3"), Some("extra")),
            (with("-o file"), Some("extra")),
            (with("--requeue"), Some("extra")),
            (with("--wait"), Some("extra")),
            (with("--dependency=afterok:1"), Some("extra")),
        ] {
            let found = settings.validate().err().map(|wrong| wrong.field.unwrap_or_default().into_owned());
            assert_eq!(found.as_deref(), field, "{settings:?}");
        }
    }
}
