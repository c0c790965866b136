//! Deaths of workers before their first trial: the end of their output, and what to look at.
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::document::diagnostic::Diagnostic;
use crate::executor::excerpt::legible;

/// Lines of a worker's output that are shown.
const LINES: usize = 12;

/// The error of a run whose workers all end before they are connected.
pub(super) fn died(deaths: usize, name: &str, folder: &Path) -> Diagnostic {
    let said = match last_output(folder) {
        Some((path, end)) => format!("the end of `{}`:\n\n{end}\n", path.display()),
        None => "they printed nothing".to_owned(),
    };
    let wrong =
        Diagnostic::new(format!("{deaths} workers of the job array `{name}` ended before they took a trial; {said}"));
    wrong.hint(format!(
        "do the nodes share the folder `{}` and this program under the same path, and do they reach this machine? `srun sh {}` tries one worker",
        folder.display(),
        folder.join("worker.sh").display()
    ))
}

/// The newest output of a worker that is not empty, and its last lines.
fn last_output(folder: &Path) -> Option<(PathBuf, String)> {
    let mut files: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "out")
            && let Ok(about) = entry.metadata()
            && about.len() > 0
        {
            files.push((about.modified().unwrap_or(SystemTime::UNIX_EPOCH), path));
        }
    }
    let (_, path) = files.into_iter().max()?;
    let text = legible(&fs::read(&path).ok()?);
    let lines: Vec<&str> = text.lines().collect();
    Some((path, lines[lines.len().saturating_sub(LINES)..].join("\n")))
}
