//! Reads the JSON of ConfigSpace as a space.
use std::path::Path;

use serde_json::Value as Json;

use crate::document::diagnostic::Diagnostic;
use crate::document::json::JsonError;
use crate::document::source::{Source, SourceError};
use crate::exchange::draft::{Draft, Imported, among, joined};
use crate::space::expression::quoting::quoted;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
use crate::space::prior::Prior;
use crate::space::steps::Steps;

/// Standard deviations that a normal prior without bounds is cut to; beyond lies one value in 16,000.
const WIDE: f64 = 4.0;

/// The space of a text; `path` names it in errors.
pub fn read(text: &str, path: &Path) -> Result<Imported, SourceError> {
    let json: Json = serde_json::from_str(text).map_err(|error| {
        let start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let hint = "ConfigSpace writes such a file with `space.to_json(path)`";
        let offset = start + error.column().saturating_sub(1);
        Source::new(path, text).error_at(offset, Diagnostic::new(JsonError::of(&error, text).fault()).hint(hint))
    })?;
    let mut reader = ConfigSpaceReader { text, draft: Draft::new(path, text) };
    let Some(hyperparameters) = json["hyperparameters"].as_array() else {
        let hint = "a search space of ConfigSpace is {\"hyperparameters\": [...], ...}";
        return Err(reader.draft.error(0, "there is no list `hyperparameters`", hint));
    };
    if let Some(name) = json["name"].as_str().filter(|name| !name.is_empty()) {
        reader.draft.name = name.to_owned();
    }
    hyperparameters.iter().try_for_each(|item| reader.hyperparameter(item))?;
    for item in json["conditions"].as_array().into_iter().flatten() {
        let ReadCondition { child, text, offset } = reader.condition(item)?;
        reader.draft.condition(&child, text, offset)?;
    }
    for item in json["forbiddens"].as_array().into_iter().flatten() {
        let (text, offset) = reader.forbidden(item)?;
        reader.draft.forbid(text, offset);
    }
    reader.draft.finish()
}

struct ConfigSpaceReader<'a> {
    text: &'a str,
    draft: Draft<'a>,
}

/// A condition, or a part of one.
struct ReadCondition {
    child: String,
    text: String,
    offset: usize,
}

impl ConfigSpaceReader<'_> {
    /// The byte of the text at which a name is the value of a field.
    fn place(&self, name: &str) -> usize {
        let quoted = Json::from(name).to_string();
        let mut found = self.text.match_indices(&quoted).map(|(at, _)| at);
        found.find(|at| self.text[..*at].trim_end().ends_with(':')).unwrap_or(0)
    }

    fn hyperparameter(&mut self, item: &Json) -> Result<(), SourceError> {
        let Some(name) = item["name"].as_str() else {
            return Err(self.draft.error(0, format!("a hyperparameter has no name: {item}"), "give it a `name`"));
        };
        let offset = self.place(name);
        let kind = item["type"].as_str().unwrap_or_default();
        let missing = |field: &str| {
            let message = format!("`{name}` ({kind}) needs the number `{field}`");
            self.draft.error(offset, message, "ConfigSpace writes it itself")
        };
        let number = |field: &str| item[field].as_f64().ok_or_else(|| missing(field));
        let log = item["log"].as_bool().unwrap_or(false);
        let whole = kind.ends_with("_int");
        let mut notes = Vec::new();
        let (domain, prior) = match kind {
            "uniform_float" | "uniform_int" => (range(number("lower")?, number("upper")?, log, whole), Prior::Uniform),
            "normal_float" | "normal_int" => {
                let (mu, sigma) = (number("mu")?, number("sigma")?);
                let (lower, upper) = match (item["lower"].as_f64(), item["upper"].as_f64()) {
                    (Some(lower), Some(upper)) => (lower, upper),
                    _ => {
                        let ends = if log {
                            (mu * (-WIDE * sigma).exp(), mu * (WIDE * sigma).exp())
                        } else {
                            (mu - WIDE * sigma, mu + WIDE * sigma)
                        };
                        notes.push(format!("`{name}` has no bounds there; it is cut to {WIDE} standard deviations"));
                        if whole { (ends.0.ceil().max(if log { 1.0 } else { f64::MIN }), ends.1.floor()) } else { ends }
                    }
                };
                let prior = if log {
                    // ConfigSpace reads the deviation of a logarithmic scale as this.
                    Prior::LogNormal { median: mu, deviation: (lower + sigma).ln().abs() }
                } else {
                    Prior::Normal { mean: mu, deviation: sigma }
                };
                (range(lower, upper, log, whole), prior)
            }
            "beta_float" | "beta_int" => {
                let prior = Prior::Beta { alpha: number("alpha")?, beta: number("beta")? };
                (range(number("lower")?, number("upper")?, log, whole), prior)
            }
            "categorical" => {
                let choices = self.values(name, item["choices"].as_array(), offset)?;
                let weights = item["weights"].as_array().or_else(|| item["probabilities"].as_array());
                let weights: Option<Vec<f64>> = weights.and_then(|all| all.iter().map(Json::as_f64).collect());
                let uniform = |weights: &Vec<f64>| weights.iter().all(|weight| *weight == weights[0]);
                let prior = weights.filter(|weights| !uniform(weights)).map_or(Prior::Uniform, Prior::Weights);
                (Domain::Categorical { choices }, prior)
            }
            "ordinal" => {
                let values = self.values(name, item["sequence"].as_array(), offset)?;
                let numbers: Option<Vec<f64>> = values.iter().map(Value::number).collect();
                let is_in_order = |all: &Vec<f64>| all.is_sorted() || all.iter().rev().is_sorted();
                if numbers.as_ref().is_none_or(is_in_order) {
                    (Domain::Ordinal { values }, Prior::Uniform)
                } else {
                    notes.push(format!("the numbers of `{name}` are in an order of their own, so they are words here"));
                    let values = values.iter().map(|value| Value::Word(value.to_string().into())).collect();
                    (Domain::Ordinal { values }, Prior::Uniform)
                }
            }
            "constant" => {
                let value = self.value(&item["value"]);
                (Domain::Constant { value }, Prior::Uniform)
            }
            _ => {
                let message = format!("`{name}` is of the type `{kind}`, which is not known");
                let hint = "there are uniform_, normal_ and beta_ float and int, categorical, ordinal and constant";
                return Err(self.draft.error(offset, message, hint));
            }
        };
        let prior = if matches!(domain, Domain::Constant { .. }) { Prior::Uniform } else { prior };
        let (domain, note) = stepped(domain, item["q"].as_f64());
        notes.extend(note.map(|note| format!("`{name}` {note}")));
        let mut hyperparameter = Hyperparameter::new(name, domain, Value::Boolean(false));
        hyperparameter.prior = prior;
        let written =
            ["default_value", "default"].into_iter().find_map(|field| item.get(field)).filter(|it| !it.is_null());
        hyperparameter.default = match written {
            Some(default) => self.value_of(&hyperparameter.domain, default),
            None if hyperparameter.domain.index(&Value::Null).is_some() && item.get("default_value").is_some() => {
                Value::Null
            }
            None => hyperparameter.natural_default(),
        };
        hyperparameter.description = item["meta"]["description"].as_str().map(str::to_owned);
        hyperparameter.unit = item["meta"]["unit"].as_str().map(str::to_owned);
        self.draft.notes.extend(notes);
        self.draft.add(hyperparameter, offset)
    }

    fn values(&mut self, name: &str, all: Option<&Vec<Json>>, offset: usize) -> Result<Vec<Value>, SourceError> {
        let all = all.ok_or_else(|| {
            let message = format!("`{name}` has no list of values");
            self.draft.error(offset, message, "ConfigSpace writes `choices` or `sequence`")
        })?;
        if all.iter().any(|value| value.is_array() || value.is_object()) {
            self.draft
                .notes
                .push(format!("`{name}` has values that are neither numbers nor words; they are words here"));
        }
        Ok(all.iter().map(|value| self.value(value)).collect())
    }

    fn value(&self, json: &Json) -> Value {
        match json {
            Json::Bool(truth) => Value::Boolean(*truth),
            Json::Number(number) => match number.as_i64() {
                Some(integer) => Value::Integer(integer),
                None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(word) => Value::Word(word.into()),
            Json::Null => Value::Null,
            Json::Array(_) | Json::Object(_) => Value::Word(json.to_string().into()),
        }
    }

    /// The value of a domain that is meant; the validation of the space refuses what is none.
    fn value_of(&self, domain: &Domain, json: &Json) -> Value {
        let value = self.value(json);
        domain.matching(&value).unwrap_or(value)
    }

    /// `name comparison value`, by a field of the item that holds the name.
    fn comparison(&self, item: &Json, field: &str, sign: &str) -> Result<(String, usize), SourceError> {
        let parent = item[field].as_str().unwrap_or_default();
        let offset = self.place(parent);
        let hyperparameter = self.draft.find(parent, offset)?;
        let (name, domain) = (&hyperparameter.name, &hyperparameter.domain);
        let text = match sign {
            "in" => {
                let values = item["values"].as_array().into_iter().flatten();
                let values: Vec<Value> = values.map(|value| self.value_of(domain, value)).collect();
                if values.is_empty() {
                    let message = format!("a comparison of `{parent}` has no values");
                    return Err(self.draft.error(offset, message, "list at least one"));
                }
                among(name, domain, &values)
            }
            _ => format!("{} {sign} {}", quoted(name), self.value_of(domain, &item["value"]).to_literal()),
        };
        Ok((text, offset))
    }

    fn condition(&self, item: &Json) -> Result<ReadCondition, SourceError> {
        let kind = item["type"].as_str().unwrap_or_default();
        let child = item["child"].as_str().unwrap_or_default().to_owned();
        let sign = match kind {
            "EQ" => "==",
            "NEQ" => "!=",
            "LT" => "<",
            "GT" => ">",
            "IN" => "in",
            "AND" | "OR" => {
                let parts = item["conditions"].as_array().into_iter().flatten();
                let parts = parts.map(|part| self.condition(part)).collect::<Result<Vec<_>, _>>()?;
                let Some(first) = parts.first() else {
                    return Err(self.draft.error(
                        self.place(&child),
                        format!("an {kind} has no parts"),
                        "it needs two",
                    ));
                };
                let child = if child.is_empty() { first.child.clone() } else { child };
                let offset = first.offset;
                let texts: Vec<String> = parts.into_iter().map(|part| part.text).collect();
                return Ok(ReadCondition { child, text: joined(&texts, &kind.to_lowercase()), offset });
            }
            _ => {
                let message = format!("there is no condition of the type `{kind}`");
                return Err(self.draft.error(self.place(&child), message, "there are EQ, NEQ, LT, GT, IN, AND and OR"));
            }
        };
        let (text, offset) = self.comparison(item, "parent", sign)?;
        Ok(ReadCondition { child, text, offset })
    }

    fn forbidden(&self, item: &Json) -> Result<(String, usize), SourceError> {
        let kind = item["type"].as_str().unwrap_or_default();
        match kind {
            "AND" | "OR" => {
                let parts = item["clauses"].as_array().into_iter().flatten();
                let parts = parts.map(|part| self.forbidden(part)).collect::<Result<Vec<_>, _>>()?;
                let Some((_, offset)) = parts.first().cloned() else {
                    return Err(self.draft.error(0, format!("a forbidden {kind} has no parts"), "it needs two"));
                };
                let texts: Vec<String> = parts.into_iter().map(|(text, _)| text).collect();
                Ok((joined(&texts, &kind.to_lowercase()), offset))
            }
            "EQUALS" => self.comparison(item, "name", "=="),
            "IN" => self.comparison(item, "name", "in"),
            "CLAUSE_LT" => self.comparison(item, "name", "<"),
            "CLAUSE_LE" => self.comparison(item, "name", "<="),
            "CLAUSE_GT" => self.comparison(item, "name", ">"),
            "CLAUSE_GE" => self.comparison(item, "name", ">="),
            _ => {
                // Format 0.3 has the comparison in a field of its own.
                let comparison = kind.strip_prefix("RELATION_").or(item["lambda"].as_str()).unwrap_or_default();
                let sign = match comparison {
                    "EQ" => "==",
                    "LT" => "<",
                    "LE" => "<=",
                    "GT" => ">",
                    "GE" => ">=",
                    _ => {
                        let message = format!("there is no forbidden clause of the type `{kind}`");
                        let hint = "there are EQUALS, IN, AND, OR, CLAUSE_LT and the like, RELATION_LT and the like";
                        return Err(self.draft.error(0, message, hint));
                    }
                };
                let [left, right] = ["left", "right"].map(|side| item[side].as_str().unwrap_or_default());
                let offset = self.place(left);
                let name = |written: &str| self.draft.find(written, offset).map(|each| quoted(&each.name).into_owned());
                Ok((format!("{} {sign} {}", name(left)?, name(right)?), offset))
            }
        }
    }
}

fn range(lower: f64, upper: f64, log: bool, whole: bool) -> Domain {
    match whole {
        _ if lower == upper && whole => Domain::Constant { value: Value::Integer(lower as i64) },
        _ if lower == upper => Domain::Constant { value: Value::Float(lower) },
        true => Domain::Integer { min: lower as i64, max: upper as i64, log },
        false => Domain::Float { min: lower, max: upper, log },
    }
}

/// The domain with the quantisation of the formats before 1.0, and a note where that does not make whole steps.
fn stepped(domain: Domain, quantum: Option<f64>) -> (Domain, Option<String>) {
    let Some(quantum) = quantum else { return (domain, None) };
    let steps = match &domain {
        Domain::Integer { .. } if quantum == 1.0 => return (domain, None),
        Domain::Float { min, max, log: false } => Steps::new(*min, *max, quantum, false),
        Domain::Integer { min, max, log: false } => Steps::new(*min as f64, *max as f64, quantum, true),
        _ => return (domain, Some(format!("is in steps of {quantum} on a logarithmic scale; the steps are left out"))),
    };
    match steps {
        Ok(steps) => (Domain::Steps(steps), None),
        Err(_) => (domain, Some(format!("does not end on a step of {quantum}; the steps are left out"))),
    }
}
