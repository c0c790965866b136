//! Commands: programs that answer with a line of JSON.
use std::fmt;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::Request;
use crate::document::diagnostic::Diagnostic;
use crate::space::Space;
use crate::task::argument::Argument;
use crate::task::template::{GIVEN, Template, TemplateValues};

/// A program with its arguments and variables, in which `{NAME}` stands for a hyperparameter's value, and `{budget}`,
/// `{seed}`, `{instance}`, `{trial_dir}`, `{config}` and `{checkpoint}` for what the trial is given.
///
/// The argument `{all:--NAME=VALUE}` stands for one of this form for each active hyperparameter, `{all:--NAME VALUE}` for two,
/// and `{flag:--FLAG NAME}` for a flag where a hyperparameter is true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Looked up on `PATH`, or relative to the experiment file where it contains a `/`.
    pub program: String,
    #[serde(default)]
    pub arguments: Vec<String>,
    /// Added to the environment of `galvani`.
    #[serde(default, deserialize_with = "distinct")]
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

/// The names of variables that every trial gets.
const PREFIX: &str = "GALVANI_";

impl Command {
    /// The arguments; fails at the first that is none.
    fn parsed(&self, space: &Space) -> Result<Vec<Argument>, Diagnostic> {
        let parse = |text: &String| {
            Argument::parse(text, space).map_err(|Diagnostic { message, hint, .. }| {
                let message = format!("in the argument \"{text}\": {message}");
                Diagnostic { hint, ..Diagnostic::new(message).field("task.arguments") }
            })
        };
        self.arguments.iter().map(parse).collect()
    }

    /// The variables; fails at the first that is none.
    fn variables(&self, space: &Space) -> Result<Vec<(&str, Template)>, Diagnostic> {
        let parse = |name: &str, text: &str| {
            let fail = |message: String| Diagnostic::new(message).field("task.environment");
            if name.is_empty() || name.contains(['=', '\0']) {
                let hint = "a variable is written \"NAME\": \"text\"";
                return Err(fail(format!("{name:?} cannot be the name of a variable")).hint(hint));
            }
            if name.starts_with(PREFIX) {
                let hint = format!("choose a name that does not begin with `{PREFIX}`");
                return Err(fail(format!("`{name}` is a variable that every trial is given")).hint(hint));
            }
            let template = Template::parse(text, space).map_err(|Diagnostic { message, hint, .. }| Diagnostic {
                hint,
                ..fail(format!("in the variable `{name}`: {message}"))
            })?;
            Ok(template)
        };
        self.environment.iter().map(|(name, text)| Ok((name.as_str(), parse(name, text)?))).collect()
    }

    /// The flags before an argument that is a placeholder alone, which are left out with it, each with the placeholder's name.
    pub(crate) fn split_flags(&self, space: &Space) -> Vec<(String, String)> {
        let Ok(arguments) = self.parsed(space) else { return Vec::new() };
        let pairs = arguments.windows(2).zip(&self.arguments);
        pairs.filter_map(|(pair, flag)| Some((flag.clone(), follower(pair)?.to_owned()))).collect()
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

    /// Checks the `{NAME}`s of arguments and variables against the hyperparameters of a space.
    ///
    /// # Errors
    /// An argument or a variable names what no trial has, or what means two values, or a variable cannot be set.
    pub(crate) fn check_names(&self, space: &Space) -> Result<(), Diagnostic> {
        let (arguments, variables) = (self.parsed(space)?, self.variables(space)?);
        let mut early = arguments.iter().zip(&self.arguments).filter(|(argument, _)| !argument.is_fixed());
        let text = early.next().map(|(_, text)| ("argument", text.as_str()));
        let mut early = variables.iter().filter(|(_, template)| template.names().next().is_some());
        match text.or_else(|| early.next().map(|(name, _)| ("variable", *name))) {
            Some((kind, text)) if self.mode == Mode::Persistent => {
                let message =
                    format!("the {kind} `{text}` names a value, but a persistent program is started before any trial");
                let hint = "leave it out: every request line holds the configuration and the budget";
                Err(Diagnostic::new(message).hint(hint))
            }
            _ => Ok(()),
        }
    }

    /// The process of one trial; `folder` is that of the experiment file, `config` the JSON file with the configuration.
    ///
    /// An argument or variable that names a hyperparameter which is inactive or none is left out; where that is a placeholder
    /// alone, so is the flag before it.
    ///
    /// # Errors
    /// Those of [`check_names`](Self::check_names).
    pub(crate) fn invocation(
        &self,
        request: &Request,
        space: &Space,
        folder: &Path,
        config: &Path,
    ) -> Result<Invocation, Diagnostic> {
        let text = |path: &Path| path.display().to_string();
        let given = [
            number(request.budget),
            request.seed.to_string(),
            request.instance.clone().unwrap_or_default(),
            text(&request.trial_dir),
            text(config),
            text(&request.checkpoint),
            request.micro_batch_divisor.to_string(),
        ];
        let mut environment: Vec<(String, String)> = GIVEN
            .iter()
            .zip(&given)
            .map(|(name, value)| (PREFIX.to_owned() + &name.to_uppercase(), value.clone()))
            .collect();
        let values = TemplateValues { config: &request.config, given };
        let parsed = self.parsed(space)?;
        let mut arguments = Vec::new();
        for (index, argument) in parsed.iter().enumerate() {
            let is_left_alone = parsed
                .get(index..index + 2)
                .is_some_and(|pair| follower(pair).is_some() && pair[1].expand(&values).is_empty());
            if !is_left_alone {
                arguments.extend(argument.expand(&values));
            }
        }
        let own = self.variables(space)?;
        environment.extend(own.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.expand(&values)?))));
        Ok(Invocation { program: self.path(folder), arguments, environment })
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

/// The name of an argument that is a placeholder alone and follows a flag; the flag is left out with it.
fn follower(pair: &[Argument]) -> Option<&str> {
    match pair {
        [Argument::Text(flag), Argument::Text(value)] => {
            let flag = flag.literal().filter(|flag| flag.starts_with('-') && !flag.contains('='));
            flag.and_then(|_| value.alone())
        }
        _ => None,
    }
}

/// A map in the order of the file, none of whose names comes twice.
fn distinct<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IndexMap<String, String>, D::Error> {
    struct Variables;
    impl<'de> Visitor<'de> for Variables {
        type Value = IndexMap<String, String>;

        fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
            out.write_str("variables in braces")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut variables = IndexMap::new();
            while let Some((name, text)) = map.next_entry::<String, String>()? {
                if variables.contains_key(&name) {
                    return Err(A::Error::custom(format!(
                        "the variable `{name}` is given twice; hint: take one of them out"
                    )));
                }
                variables.insert(name, text);
            }
            Ok(variables)
        }
    }
    deserializer.deserialize_map(Variables)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::declaration::{Boolean, Categorical, Float, Integer};
    use crate::space::hyperparameter::Value;

    fn request() -> Request {
        Request {
            config: IndexMap::from([
                ("width".into(), Value::Integer(64)),
                ("rate".into(), Value::Float(0.5)),
                ("use bias".into(), Value::Boolean(true)),
                ("a}b".into(), Value::Boolean(false)),
                ("optimizer.lr".into(), Value::Float(0.1)),
                ("drop".into(), Value::Null),
            ]),
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

    fn space() -> Space {
        Space::builder("s")
            .add("width", Integer::new(1, 99))
            .add("rate", Float::new(0.0, 1.0))
            .add("theta", Float::new(0.0, 1.0))
            .add("use bias", Boolean::new())
            .add("a}b", Boolean::new())
            .add("optimizer.lr", Float::new(0.0, 1.0))
            .add("drop", Categorical::new([Value::Null, Value::Float(0.5)]))
            .build()
            .unwrap()
    }

    fn command(arguments: &[&str]) -> Command {
        let arguments = arguments.iter().map(|each| each.to_string()).collect();
        Command { program: "train".into(), arguments, environment: IndexMap::new(), mode: Mode::default() }
    }

    #[test]
    fn templates_are_filled() {
        let check = |arguments: &[&str], expected: &[&str]| {
            let (folder, config) = (Path::new("/e"), Path::new("/t/config.json"));
            let invocation = command(arguments).invocation(&request(), &space(), folder, config).unwrap();
            assert_eq!(invocation.arguments, expected, "{arguments:?}");
        };
        check(&["--width={width}"], &["--width=64"]);
        check(&["{rate}/{budget}/{seed}"], &["0.5/9/7"]);
        check(&["{checkpoint} {config}"], &["/c /t/config.json"]);
        check(&["{instance}"], &["fold 2"]);
        check(&["--accumulate={micro_batch_divisor}"], &["--accumulate=2"]);
        check(&["--theta={theta}"], &[]);
        check(&["--theta", "{theta}", "--width", "{width}", "-v", "x{theta}"], &["--width", "64", "-v"]);
        check(&["{\"json\": 1}", "{}", "{0}", "a{"], &["{\"json\": 1}", "{}", "{0}", "a{"]);
        check(&["{width: 1}", "{width: {width}}"], &["{width: 1}", "{width: 64}"]);
        check(&["{{width}}", "{\"w\": {width}}"], &["{64}", "{\"w\": 64}"]);
        check(&["{a}b}", "x={`a}b`}", "{`width`}"], &["false", "x=false", "64"]);
        check(&["--drop={drop}", "--lr={optimizer.lr}"], &["--lr=0.1"]);
        check(&["{flag:--bias use bias}", "{flag:--a a}b}", "{flag:--a/--no-a `a}b`}"], &["--bias", "--no-a"]);
        let all = ["width=64", "rate=0.5", "use bias=true", "a}b=false", "optimizer.lr=0.1"];
        check(&["{all:NAME=VALUE}"], &all);
        check(
            &["{all:--NAME VALUE|--NAME/--no-NAME}"],
            &["--width", "64", "--rate", "0.5", "--use bias", "--no-a}b", "--optimizer.lr", "0.1"],
        );
        check(&["{all:--NAME=VALUE|--NAME}"], &["--width=64", "--rate=0.5", "--use bias", "--optimizer.lr=0.1"]);
    }

    #[test]
    fn variables_are_filled_and_left_out() {
        let mut command = command(&[]);
        for (name, text) in [("LR", "{optimizer.lr}"), ("THETA", "{theta}"), ("JSON", "{\"a\": {width}}")] {
            command.environment.insert(name.into(), text.into());
        }
        let invocation = command.invocation(&request(), &space(), Path::new("/e"), Path::new("/c.json")).unwrap();
        let own: Vec<_> = invocation.environment.iter().filter(|(name, _)| !name.starts_with(PREFIX)).collect();
        assert_eq!(own, [&("LR".into(), "0.1".into()), &("JSON".into(), "{\"a\": 64}".into())]);
        assert!(invocation.environment.contains(&("GALVANI_MICRO_BATCH_DIVISOR".into(), "2".into())));
    }

    #[test]
    fn mistakes_are_named() {
        for (argument, message, hint) in [
            ("{widht}", "`{widht}` is neither a hyperparameter nor given to every trial", "did you mean {width}?"),
            ("{use bais}", "`{use bais}` is neither", "did you mean {use bias}?"),
            ("{`a}c`}", "`{a}c}` is neither", "did you mean {a}b}?"),
            (
                "{flag:--width width}",
                "`{flag:--width width}` needs a parameter that is true or false",
                "--width={width}",
            ),
            ("{flag:--x}", "`{flag:--x}` needs a flag, a space and the name", "{flag:--use-bias use_bias}"),
            ("{ width }", "is not the value of `width`: formats are not known", "write `{width}`"),
            ("--rate={rate:.3f}", "`{rate:.3f}` is not the value of `rate`", "write `{rate}`"),
            ("{rate!r}", "formats are not known", "write `{rate}`"),
            ("{seed[0]}", "formats are not known", "write `{seed}`"),
            ("{budget:5d}", "formats are not known", "write `{budget}`"),
            ("{optimizer.lr:e}", "formats are not known", "write `{optimizer.lr}`"),
            ("{all:--NAME=VALUE|}", "needs the word NAME behind `|`", "{all:--NAME=VALUE|--NAME}"),
            ("{all:--NAME=VALUE", "lacks its closing `}`", "write `{all:--NAME=VALUE}`"),
            ("{all:--NAME}", "needs the words NAME and VALUE", "{all:--NAME=VALUE}"),
            ("x{all:--NAME=VALUE}", "must be an argument of its own", "{all:--NAME=VALUE}"),
        ] {
            let wrong = command(&[argument]).check_names(&space()).unwrap_err();
            assert!(
                wrong.message.contains(message) && wrong.message.contains(argument.trim_start_matches("--rate=")),
                "{wrong}"
            );
            assert!(wrong.hint.as_ref().unwrap().contains(hint), "{wrong}");
        }
        let taken = Space::builder("s").add("seed", Integer::new(1, 9)).build().unwrap();
        command(&["{all:--NAME=VALUE}"]).check_names(&taken).unwrap();
        assert!(
            command(&["{seed}"]).check_names(&taken).unwrap_err().message.contains("may be the hyperparameter `seed`")
        );
        let persistent = Command { mode: Mode::Persistent, ..command(&["{rate}"]) };
        assert!(persistent.check_names(&space()).unwrap_err().message.contains("started before any trial"));
    }
}
