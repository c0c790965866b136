//! The verb `enqueue`: give configurations that a run tries before any other new one, also while it goes on.
use clap::Args;
use serde_json::Value as Json;

use super::failure::Failure;
use super::message::{count, narrate, say};
use super::target::Target;
use crate::document::diagnostic::Diagnostic;
use crate::document::json::JsonError;
use crate::document::spelling::suggestion;
use crate::experiment::ledger::queue::{NamedValues, Queue};
use crate::experiment::replay::log::Log;
use crate::space::Space;
use crate::space::completion::CompletedConfiguration;
use crate::space::configuration::Configuration;
use crate::space::value::Value;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// Configurations as JSON objects, or one as NAME=VALUE pairs; what is left out has its default
    #[arg(value_name = "CONFIG", required = true)]
    configurations: Vec<String>,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let log = arguments.target.log()?;
    let space = &log.experiment.space;
    let queue = Queue::of(&log.folder);
    let waiting = queue.waiting().into_iter().filter_map(|queued| queued.values.ok());
    let mut known: Vec<Configuration> = waiting.filter_map(|values| legal(space, &values)).collect();
    known.extend(log.enqueued.iter().cloned());
    let mut added: Vec<CompletedConfiguration> = Vec::new();
    for (index, named) in parse(space, &arguments.configurations)?.into_iter().enumerate() {
        let place = |message: String| {
            let number = format!("configuration {}: ", index + 1);
            Diagnostic::new(if arguments.configurations.len() > 1 { number + &message } else { message })
        };
        let completed = space.with_defaults(named).map_err(|illegal| {
            place(illegal.to_string()).hint("`galvani check` prints the values that each parameter may take")
        })?;
        let configuration = &completed.configuration;
        if let Some(trial) = log.history.of(log.history.number_of(configuration)).next() {
            let hint =
                format!("`galvani show` prints it; `galvani retry` runs it again: trial {}", trial.proposal.trial);
            let text = format!("{} was tried already, by trial {}", space.to_ron(configuration), trial.proposal.trial);
            return Err(place(text).hint(hint).into());
        }
        if known.contains(configuration) {
            return Err(place(format!("{} is enqueued already", space.to_ron(configuration))).into());
        }
        known.push(configuration.clone());
        added.push(completed);
    }
    let values = |completed: &CompletedConfiguration| -> NamedValues {
        let named = space.named(&completed.configuration);
        named.map(|(name, value)| (name.to_owned(), value.clone())).collect()
    };
    queue.put(&added.iter().map(values).collect::<Vec<_>>()).map_err(Failure::input)?;
    for completed in &added {
        say(&space.to_ron(&completed.configuration));
        if !completed.filled.is_empty() {
            narrate(&format!("completed by defaults: {}", space.filled_in_words(completed)));
        }
    }
    narrate(&when(&log, added.len()));
    Ok(())
}

/// A sentence on when the configurations will be tried.
fn when(log: &Log, added: usize) -> String {
    let (experiment, added) = (&log.experiment, count(added, "configuration"));
    let text = format!("enqueued {added}: a run that goes on takes it with its next new trial, a resumed one first");
    match experiment.stop_by_cost().reached(&log.history, experiment.schedule.max()) {
        Some(reason) => format!("{text}; but {reason}: raise it in `stop`, so that the run goes on"),
        None => text,
    }
}

fn legal(space: &Space, values: &NamedValues) -> Option<Configuration> {
    space.configuration_of(values.iter().map(|(name, value)| (name.as_str(), value.clone()))).ok()
}

/// The configurations of the command line, values by name.
fn parse<'a>(space: &'a Space, arguments: &[String]) -> Result<Vec<Vec<(&'a str, Value)>>, Diagnostic> {
    let is_json = |argument: &String| argument.trim_start().starts_with('{');
    if arguments.iter().all(is_json) {
        return arguments.iter().map(|text| object(space, text)).collect();
    }
    if arguments.iter().any(is_json) {
        return Err(Diagnostic::new("a configuration is either a JSON object or NAME=VALUE pairs")
            .hint("give several configurations as JSON objects, each in quotes"));
    }
    let mut named: Vec<(&str, Value)> = Vec::new();
    for argument in arguments {
        // Of names with an equals sign, the longest that fits is meant.
        let fits = space
            .hyperparameters()
            .iter()
            .filter(|each| argument.strip_prefix(each.name.as_str()).is_some_and(|rest| rest.starts_with('=')));
        let (name, text) = match fits.map(|each| each.name.as_str()).max_by_key(|name| name.len()) {
            Some(name) => (name, &argument[name.len() + 1..]),
            None => {
                let name = argument.split_once('=').map(|(name, _)| name);
                let name = name.ok_or_else(|| {
                    Diagnostic::new(format!("`{argument}` is no NAME=VALUE pair and no JSON object"))
                        .hint("for example rate=0.01, or '{\"rate\": 0.01}'")
                })?;
                return Err(unknown(space, name));
            }
        };
        if named.iter().any(|(known, _)| *known == name) {
            return Err(Diagnostic::new(format!("`{name}` has two values"))
                .hint("give several configurations as JSON objects, each in quotes"));
        }
        named.push((name, value(space, name, &Json::from(text))?));
    }
    Ok(vec![named])
}

/// The values of a configuration that is written as JSON.
pub(super) fn object<'a>(space: &'a Space, text: &str) -> Result<Vec<(&'a str, Value)>, Diagnostic> {
    let object: serde_json::Map<String, Json> = serde_json::from_str(text).map_err(|error| {
        Diagnostic::new(format!("`{text}` is not a JSON object: {}", JsonError::of(&error, text)))
            .hint("for example '{\"rate\": 0.01}'")
    })?;
    let mut named = Vec::new();
    for (name, json) in &object {
        let index = space.index(name).ok_or_else(|| unknown(space, name))?;
        // Null stands for no value, as for inactive parameters, unless it is one of the choices.
        if !json.is_null() || matching(space, index, json).is_some() {
            named.push((space.hyperparameters()[index].name.as_str(), value(space, name, json)?));
        }
    }
    Ok(named)
}

fn matching(space: &Space, index: usize, json: &Json) -> Option<Value> {
    space.hyperparameters()[index].matching(&serde_json::from_value(json.clone()).ok()?)
}

fn value(space: &Space, name: &str, json: &Json) -> Result<Value, Diagnostic> {
    let index = space.index(name).ok_or_else(|| unknown(space, name))?;
    let hyperparameter = &space.hyperparameters()[index];
    matching(space, index, json).ok_or_else(|| {
        let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
        Diagnostic::new(format!("`{name}` cannot be `{text}`")).hint(format!("it is {}", hyperparameter.domain))
    })
}

fn unknown(space: &Space, name: &str) -> Diagnostic {
    let names = space.hyperparameters().iter().map(|each| each.name.as_str());
    Diagnostic::new(format!("there is no parameter `{name}`")).hint(suggestion(name, names))
}
