//! Commands: programs that answer with a line of JSON.
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::Request;
use crate::document::diagnostic::Diagnostic;
use crate::space::Space;

/// A program and its arguments, in which `{NAME}` stands for a hyperparameter's value, and `{budget}`, `{seed}`,
/// `{instance}`, `{trial_dir}`, `{config}` and `{checkpoint}` for what the trial is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Looked up on `PATH`, or relative to the experiment file where it contains a `/`.
    pub program: String,
    #[serde(default)]
    pub arguments: Vec<String>,
    /// Added to the environment of `galvani`.
    #[serde(default)]
    pub environment: IndexMap<String, String>,
    #[serde(default)]
    pub mode: Mode,
}

/// The way in which processes of the program run trials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// A process for each trial, which gets it by arguments and environment, and answers with JSON lines in its output.
    #[default]
    Disposable,
    /// One process for several trials: a line of JSON on standard input requests each, and a line of JSON on standard
    /// output answers it.
    Persistent,
}

/// A process to start: its program, arguments and environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    pub program: PathBuf,
    pub arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
}

/// The names that an argument may hold beside the hyperparameters, none of which may have such a name.
pub(crate) const GIVEN: [&str; 7] =
    ["budget", "seed", "instance", "trial_dir", "config", "checkpoint", "micro_batch_divisor"];

impl Command {
    /// The first `{NAME}` in an argument that is neither a hyperparameter nor given to every trial.
    fn unknown_name(&self, is_hyperparameter: impl Fn(&str) -> bool) -> Option<String> {
        let names = self.arguments.iter().flat_map(|argument| placeholders(argument));
        names.map(|(_, name)| name).find(|name| !GIVEN.contains(name) && !is_hyperparameter(name)).map(str::to_owned)
    }

    /// Flags that are followed by an argument which is a hyperparameter alone, each with its name.
    pub(crate) fn split_flags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.arguments.windows(2).filter_map(|pair| {
            let name = pair[1].strip_prefix('{')?.strip_suffix('}')?;
            pair[0].starts_with('-').then_some((pair[0].as_str(), name))
        })
    }

    /// The first `{NAME}` in an argument of a program that is started before any trial is known.
    fn early_name(&self) -> Option<&str> {
        let names = self.arguments.iter().flat_map(|argument| placeholders(argument)).map(|(_, name)| name);
        { names }.next().filter(|_| self.mode == Mode::Persistent)
    }

    /// Finds the program; `folder` is that of the experiment file.
    ///
    /// # Errors
    /// There is no such program, or it is not executable.
    pub(crate) fn find(&self, folder: &Path) -> Result<(), Diagnostic> {
        let is_program = |path: &Path| path.is_file() && is_executable(path);
        let missing = |message: String| {
            let hint = "a program with a `/` is looked up beside the experiment's file, any other on the `PATH`";
            Err(Diagnostic::new(message).hint(hint))
        };
        if self.program.contains('/') {
            let path = folder.join(&self.program);
            return match (path.is_file(), is_program(&path)) {
                (_, true) => Ok(()),
                (true, false) => missing(format!("`{}` is not executable", path.display())),
                (false, false) => missing(format!("there is no program `{}`", path.display())),
            };
        }
        let folders = std::env::var_os("PATH").unwrap_or_default();
        match std::env::split_paths(&folders).any(|folder| is_program(&folder.join(&self.program))) {
            true => Ok(()),
            false => missing(format!("there is no program `{}` on the `PATH`", self.program)),
        }
    }

    /// Checks the `{NAME}`s of the arguments against the hyperparameters of a space.
    ///
    /// # Errors
    /// A hyperparameter has a name that stands for what every trial is given, or an argument names what no trial has.
    pub(crate) fn check_names(&self, space: &Space) -> Result<(), Diagnostic> {
        if let Some(name) = GIVEN.into_iter().find(|name| space.index(name).is_some()) {
            let message =
                format!("a hyperparameter must not be called `{name}`: every trial is given its own `{{{name}}}`");
            return Err(Diagnostic::new(message).hint("rename the hyperparameter"));
        }
        if let Some(name) = self.early_name() {
            let message =
                format!("an argument names `{{{name}}}`, but a persistent program is started before any trial");
            let hint = "leave it out: every request line holds the configuration and the budget";
            return Err(Diagnostic::new(message).hint(hint));
        }
        let Some(unknown) = self.unknown_name(|name| space.index(name).is_some()) else { return Ok(()) };
        let names: Vec<_> = space.hyperparameters().iter().map(|each| format!("{{{}}}", each.name)).collect();
        let given = GIVEN.map(|name| format!("{{{name}}}")).join(", ");
        Err(Diagnostic::new(format!("an argument names `{{{unknown}}}`, which is not a hyperparameter"))
            .hint(format!("there are {}, and {given}", names.join(", "))))
    }

    /// The process of one trial; `folder` is that of the experiment file, `config` the JSON file with the configuration.
    ///
    /// An argument that names an inactive hyperparameter is left out.
    pub(crate) fn invocation(&self, request: &Request, folder: &Path, config: &Path) -> Invocation {
        let text = |path: &Path| path.display().to_string();
        let given = [
            ("budget", number(request.budget)),
            ("seed", request.seed.to_string()),
            ("instance", request.instance.clone().unwrap_or_default()),
            ("trial_dir", text(&request.trial_dir)),
            ("config", text(config)),
            ("checkpoint", text(&request.checkpoint)),
            ("micro_batch_divisor", request.micro_batch_divisor.to_string()),
        ];
        let value = |name: &str| match request.config.get(name) {
            Some(value) => Some(value.to_string()),
            None => given.iter().find(|(given, _)| *given == name).map(|(_, value)| value.clone()),
        };
        let arguments = self.arguments.iter().filter_map(|argument| substitute(argument, value)).collect();
        let mut environment: Vec<_> = self.environment.clone().into_iter().collect();
        environment.extend([
            ("GALVANI_TRIAL_DIR".into(), text(&request.trial_dir)),
            ("GALVANI_CONFIG".into(), text(config)),
            ("GALVANI_BUDGET".into(), number(request.budget)),
            ("GALVANI_SEED".into(), request.seed.to_string()),
            ("GALVANI_INSTANCE".into(), request.instance.clone().unwrap_or_default()),
            ("GALVANI_CHECKPOINT".into(), text(&request.checkpoint)),
            ("GALVANI_MICRO_BATCH_DIVISOR".into(), request.micro_batch_divisor.to_string()),
        ]);
        Invocation { program: self.path(folder), arguments, environment }
    }

    /// The process that stays and is asked for trials by lines; `folder` is that of the experiment file.
    pub(crate) fn persistent_invocation(&self, folder: &Path) -> Invocation {
        let environment = self.environment.clone().into_iter().collect();
        Invocation { program: self.path(folder), arguments: self.arguments.clone(), environment }
    }

    fn path(&self, folder: &Path) -> PathBuf {
        if self.program.contains('/') { folder.join(&self.program) } else { PathBuf::from(&self.program) }
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_path: &Path) -> bool {
    true
}

/// A budget as a program expects it: whole numbers without a point.
fn number(budget: f64) -> String {
    if budget.fract() == 0.0 && budget.abs() < 1e15 { format!("{budget:.0}") } else { budget.to_string() }
}

/// The `{NAME}`s of an argument with their byte positions; other braces (JSON, say) are none.
fn placeholders(argument: &str) -> impl Iterator<Item = (usize, &str)> {
    argument.match_indices('{').filter_map(move |(start, _)| {
        let rest = &argument[start + 1..];
        let name = &rest[..rest.find('}')?];
        let mut letters = name.chars();
        let first = letters.next()?;
        let is_name = (first.is_alphabetic() || first == '_')
            && letters.all(|each| each.is_alphanumeric() || "_.-".contains(each));
        is_name.then_some((start, name))
    })
}

/// The argument with its values; `None` where one of them does not exist.
fn substitute(argument: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut text = String::new();
    let mut done = 0;
    for (start, name) in placeholders(argument) {
        text.push_str(&argument[done..start]);
        text.push_str(&value(name)?);
        done = start + name.len() + 2;
    }
    text.push_str(&argument[done..]);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::hyperparameter::Value;

    fn request() -> Request {
        Request {
            config: IndexMap::from([("width".into(), Value::Integer(64)), ("rate".into(), Value::Float(0.5))]),
            budget: 9.0,
            full_budget: 27.0,
            seed: 7,
            instance: Some("fold 2".into()),
            trial_dir: "/t".into(),
            checkpoint: "/c".into(),
            data: "/d".into(),
            micro_batch_divisor: 2,
        }
    }

    #[test]
    fn templates_are_filled() {
        let check = |argument: &str, expected: &[&str]| {
            let command = Command {
                program: "train".into(),
                arguments: vec![argument.into()],
                environment: IndexMap::new(),
                mode: Mode::default(),
            };
            let invocation = command.invocation(&request(), Path::new("/e"), Path::new("/t/config.json"));
            assert_eq!(invocation.arguments, expected);
        };
        check("--width={width}", &["--width=64"]);
        check("{rate}/{budget}/{seed}", &["0.5/9/7"]);
        check("{checkpoint} {config}", &["/c /t/config.json"]);
        check("{instance}", &["fold 2"]);
        check("--accumulate={micro_batch_divisor}", &["--accumulate=2"]);
        check("--theta={inactive}", &[]);
        check("{\"json\": 1}", &["{\"json\": 1}"]);
    }

    #[test]
    fn unknown_names_are_found() {
        let command = Command {
            program: "train".into(),
            arguments: vec!["{width}".into(), "{budget}".into(), "{widht}".into()],
            environment: IndexMap::new(),
            mode: Mode::default(),
        };
        assert_eq!(command.unknown_name(|name| name == "width").as_deref(), Some("widht"));
    }
}
