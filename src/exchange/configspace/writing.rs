//! Writes a space as the JSON of ConfigSpace, format 0.4.
use serde_json::{Map, Value as Json, json};

use crate::document::diagnostic::Diagnostic;
use crate::exchange::clause::{Clause, FormatSupport, any};
use crate::exchange::export::{Exported, defaults, left_out, never_active};
use crate::space::Space;
use crate::space::expression::evaluation::ComparisonOperator;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
use crate::space::prior::Prior;

/// The text of a file that ConfigSpace 1.2 reads.
pub fn write(space: &Space) -> Result<Exported, Diagnostic> {
    let mut notes = Vec::new();
    let defaults = defaults(space, &mut notes);
    let hyperparameters = space.hyperparameters().iter().zip(&defaults);
    let hyperparameters: Vec<Json> =
        hyperparameters.map(|(each, default)| hyperparameter(each, default, &mut notes)).collect();
    let writer = ConfigSpaceWriter { space };
    let mut conditions = Vec::new();
    for (index, child) in space.hyperparameters().iter().enumerate() {
        let Some(condition) = space.condition(index) else { continue };
        let clause = Clause::of(condition, space, FormatSupport { order: true, relations: false });
        let clause = clause.ok_or_else(|| inexpressible(condition.text(), "a condition compares one parameter"))?;
        if clause == Clause::Any(Vec::new()) {
            return Err(never_active(&child.name, condition.text()));
        }
        conditions.push(writer.condition(&clause, &child.name));
    }
    let mut forbiddens = Vec::new();
    for expression in space.forbidden() {
        let clause = Clause::of(expression, space, FormatSupport { order: true, relations: true });
        let clause = clause.ok_or_else(|| {
            inexpressible(expression.text(), "a clause compares one parameter, or two with each other")
        })?;
        match clause {
            // A clause for each part, so that ConfigSpace reads only the parameters of that part.
            Clause::Any(parts) => forbiddens.extend(parts.iter().map(|part| writer.forbidden(part))),
            other => forbiddens.push(writer.forbidden(&other)),
        }
    }
    let json = json!({
        "name": space.name(),
        "hyperparameters": hyperparameters,
        "conditions": conditions,
        "forbiddens": forbiddens,
        "python_module_version": "1.2.2",
        "format_version": 0.4,
    });
    let text = serde_json::to_string_pretty(&json).expect("numbers of a space are finite") + "\n";
    Ok(Exported { text, notes })
}

fn inexpressible(clause: &str, rule: &str) -> Diagnostic {
    let message = format!("`{clause}` cannot be expressed in ConfigSpace's format");
    Diagnostic::new(message)
        .hint(format!("there, {rule} with a value; arithmetic is written out only over few discrete values"))
}

fn hyperparameter(hyperparameter: &Hyperparameter, default: &Value, notes: &mut Vec<String>) -> Json {
    let name = &hyperparameter.name;
    let mut lost = |part: &str| notes.push(left_out(part, name));
    let mut fields = Map::new();
    let mut set = |field: &str, value: Json| {
        fields.insert(field.to_owned(), value);
    };
    let (min, max, log, kind) = match &hyperparameter.domain {
        Domain::Float { min, max, log } => (json!(min), json!(max), *log, "float"),
        Domain::Integer { min, max, log } => (json!(min), json!(max), *log, "int"),
        domain => {
            let values = || (0..domain.size().unwrap_or(0)).map(|index| json!(domain.nth(index))).collect::<Vec<_>>();
            set("name", json!(name));
            match domain {
                Domain::Constant { value } => {
                    set("type", json!("constant"));
                    set("value", json!(value));
                }
                Domain::Categorical { .. } => {
                    let weights = match &hyperparameter.prior {
                        Prior::Weights(weights) => json!(weights),
                        _ => Json::Null,
                    };
                    set("type", json!("categorical"));
                    set("choices", Json::Array(values()));
                    set("weights", weights);
                    set("default_value", json!(default));
                }
                _ => {
                    if hyperparameter.prior != Prior::Uniform {
                        lost("prior");
                    }
                    set("type", json!("ordinal"));
                    set("sequence", Json::Array(values()));
                    set("default_value", json!(default));
                }
            }
            set("meta", meta(hyperparameter));
            return Json::Object(fields);
        }
    };
    let lower = min.as_f64().unwrap_or(0.0);
    let prior = match &hyperparameter.prior {
        Prior::Normal { mean, deviation } if !log => Some(("normal", [("mu", *mean), ("sigma", *deviation)])),
        // ConfigSpace reads ln(lower + sigma) as the deviation of a logarithmic scale.
        Prior::LogNormal { median, deviation } if log && deviation.exp() > lower => {
            Some(("normal", [("mu", *median), ("sigma", deviation.exp() - lower)]))
        }
        Prior::Beta { alpha, beta } if *alpha >= 1.0 && *beta >= 1.0 => {
            Some(("beta", [("alpha", *alpha), ("beta", *beta)]))
        }
        Prior::Uniform => None,
        _ => {
            lost("prior");
            None
        }
    };
    set("type", json!(format!("{}_{kind}", prior.map_or("uniform", |(kind, _)| kind))));
    set("name", json!(name));
    for (field, number) in prior.into_iter().flat_map(|(_, fields)| fields) {
        set(field, json!(number));
    }
    set("lower", min);
    set("upper", max);
    set("default_value", json!(default));
    set("log", json!(log));
    set("meta", meta(hyperparameter));
    Json::Object(fields)
}

fn meta(hyperparameter: &Hyperparameter) -> Json {
    let fields = [("description", &hyperparameter.description), ("unit", &hyperparameter.unit)];
    let fields: Map<String, Json> =
        fields.into_iter().filter_map(|(field, text)| Some((field.to_owned(), json!(text.as_ref()?)))).collect();
    if fields.is_empty() { Json::Null } else { Json::Object(fields) }
}

struct ConfigSpaceWriter<'a> {
    space: &'a Space,
}

impl ConfigSpaceWriter<'_> {
    fn name(&self, index: usize) -> &str {
        &self.space.hyperparameters()[index].name
    }

    /// A number in the hyperparameter's own type.
    fn value(&self, index: usize, number: f64) -> Json {
        match self.space.hyperparameters()[index].admit(&Value::Float(number)) {
            Some(value) => json!(value),
            None => json!(number),
        }
    }

    fn condition(&self, clause: &Clause, child: &str) -> Json {
        let many = |kind: &str, parts: &[Clause]| {
            let parts: Vec<Json> = parts.iter().map(|part| self.condition(part, child)).collect();
            json!({"type": kind, "child": child, "conditions": parts})
        };
        match clause {
            Clause::Equals(parent, value) => {
                json!({"type": "EQ", "child": child, "parent": self.name(*parent), "value": value})
            }
            Clause::Among(parent, values) => {
                json!({"type": "IN", "child": child, "parent": self.name(*parent), "values": values})
            }
            Clause::Compare(parent, comparison, number) => {
                let kind = match comparison {
                    ComparisonOperator::Less => "LT",
                    ComparisonOperator::Greater => "GT",
                    ComparisonOperator::LessOrEqual | ComparisonOperator::GreaterOrEqual => {
                        let strict = match comparison {
                            ComparisonOperator::LessOrEqual => ComparisonOperator::Less,
                            _ => ComparisonOperator::Greater,
                        };
                        let parts =
                            [strict, ComparisonOperator::Equal].map(|each| Clause::Compare(*parent, each, *number));
                        return self.condition(&any(parts.to_vec()), child);
                    }
                    ComparisonOperator::Equal | ComparisonOperator::Unequal => "EQ",
                };
                let value = self.value(*parent, *number);
                json!({"type": kind, "child": child, "parent": self.name(*parent), "value": value})
            }
            Clause::Relation(..) => unreachable!("conditions are taken apart without relations"),
            Clause::All(parts) => many("AND", parts),
            Clause::Any(parts) => many("OR", parts),
        }
    }

    fn forbidden(&self, clause: &Clause) -> Json {
        let many = |kind: &str, parts: &[Clause]| {
            let parts: Vec<Json> = parts.iter().map(|part| self.forbidden(part)).collect();
            json!({"type": kind, "clauses": parts})
        };
        let suffix = |comparison: &ComparisonOperator| match comparison {
            ComparisonOperator::Less => "LT",
            ComparisonOperator::LessOrEqual => "LE",
            ComparisonOperator::Greater => "GT",
            ComparisonOperator::GreaterOrEqual => "GE",
            ComparisonOperator::Equal | ComparisonOperator::Unequal => "EQ",
        };
        match clause {
            Clause::Equals(index, value) => json!({"type": "EQUALS", "name": self.name(*index), "value": value}),
            Clause::Among(index, values) => json!({"type": "IN", "name": self.name(*index), "values": values}),
            Clause::Compare(index, ComparisonOperator::Equal, number) => {
                json!({"type": "EQUALS", "name": self.name(*index), "value": self.value(*index, *number)})
            }
            Clause::Compare(index, comparison, number) => {
                let kind = format!("CLAUSE_{}", suffix(comparison));
                json!({"type": kind, "name": self.name(*index), "value": self.value(*index, *number)})
            }
            Clause::Relation(a, comparison, b) => {
                let kind = format!("RELATION_{}", suffix(comparison));
                json!({"type": kind, "left": self.name(*a), "right": self.name(*b)})
            }
            Clause::All(parts) => many("AND", parts),
            Clause::Any(parts) => many("OR", parts),
        }
    }
}
