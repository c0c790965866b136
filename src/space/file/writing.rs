//! A space as the text of a RON file.
use std::fmt::Write;

use crate::space::Space;
use crate::space::domain::Domain;
use crate::space::hyperparameter::Hyperparameter;
use crate::space::prior::Prior;
use crate::space::value::{Value, ron_elements};

impl Space {
    /// The text of a file that means this space, all values to the last digit.
    ///
    /// A space has no comments: to keep those of a file, keep its text.
    pub fn to_text(&self) -> String {
        let mut text = format!("(\n    name: {:?},\n    parameters: {{\n", self.name);
        for hyperparameter in self.hyperparameters() {
            let _ = writeln!(text, "        {:?}: {},", hyperparameter.name, parameter(hyperparameter));
        }
        text += "    },\n";
        let conditions = self.definition.hyperparameters.iter().zip(&self.definition.conditions);
        let conditions: Vec<_> =
            conditions.filter_map(|(each, condition)| Some((&each.name, condition.as_ref()?))).collect();
        if !conditions.is_empty() {
            text += "    conditions: {\n";
            for (name, condition) in conditions {
                let _ = writeln!(text, "        {name:?}: {:?},", condition.text());
            }
            text += "    },\n";
        }
        let forbidden: Vec<_> = self.forbidden().iter().filter(|clause| clause.table().is_none()).collect();
        if !forbidden.is_empty() {
            text += "    forbidden: [\n";
            for clause in forbidden {
                let _ = writeln!(text, "        {:?},", clause.text());
            }
            text += "    ],\n";
        }
        let tables = &self.definition.allowed;
        if !tables.is_empty() {
            text += "    allowed: [\n";
            for table in tables {
                let rows = table.written(self.hyperparameters()).into_iter().map(|row| format!("        {row},\n"));
                match tables.len() {
                    1 => text.extend(rows),
                    _ => {
                        text += "        [\n";
                        text.extend(rows.map(|row| "    ".to_owned() + &row));
                        text += "        ],\n";
                    }
                }
            }
            text += "    ],\n";
        }
        if !self.former_names().is_empty() {
            let names = self.former_names().iter().map(|(name, former)| format!("{name:?}: {former:?}"));
            let _ = writeln!(text, "    renamed: {{{}}},", names.collect::<Vec<_>>().join(", "));
        }
        text + ")\n"
    }
}

fn parameter(hyperparameter: &Hyperparameter) -> String {
    let logarithmic = |log: bool| log.then(|| "log: true".to_owned());
    let (kind, mut fields) = match &hyperparameter.domain {
        Domain::Float { min, max, log } => {
            ("Float", [Some(format!("min: {min:?}, max: {max:?}")), logarithmic(*log)].into_iter().flatten().collect())
        }
        Domain::Integer { min, max, log } => {
            ("Integer", [Some(format!("min: {min}, max: {max}")), logarithmic(*log)].into_iter().flatten().collect())
        }
        Domain::Steps(steps) => {
            let (min, max, step) = (steps.min(), steps.max(), steps.step());
            match steps.is_whole() {
                true => ("Integer", vec![format!("min: {min}, max: {max}, step: {step}")]),
                false => ("Float", vec![format!("min: {min:?}, max: {max:?}, step: {step:?}")]),
            }
        }
        Domain::Ordinal { values } => ("Ordinal", vec![format!("values: [{}]", ron_elements(values))]),
        Domain::Categorical { choices } if is_boolean(choices, &hyperparameter.prior) => ("Boolean", Vec::new()),
        Domain::Categorical { choices } => ("Categorical", vec![format!("choices: [{}]", ron_elements(choices))]),
        Domain::Constant { value } => ("Constant", vec![format!("value: {}", value.to_ron())]),
    };
    fields.extend(match &hyperparameter.prior {
        Prior::Uniform => None,
        Prior::Normal { mean, deviation } => Some(format!("prior: Normal(mean: {mean:?}, deviation: {deviation:?})")),
        Prior::LogNormal { median, deviation } => {
            Some(format!("prior: LogNormal(median: {median:?}, deviation: {deviation:?})"))
        }
        Prior::Beta { alpha, beta } => Some(format!("prior: Beta(alpha: {alpha:?}, beta: {beta:?})")),
        Prior::Weights(weights) => Some(format!("weights: {weights:?}")),
    });
    if hyperparameter.default != hyperparameter.natural_default() {
        fields.push(format!("default: {}", hyperparameter.default.to_ron()));
    }
    fields.extend(hyperparameter.description.as_ref().map(|text| format!("description: {text:?}")));
    fields.extend(hyperparameter.unit.as_ref().map(|text| format!("unit: {text:?}")));
    format!("{kind}({})", fields.join(", "))
}

/// True for a categorical that `Boolean()` stands for.
fn is_boolean(choices: &[Value], prior: &Prior) -> bool {
    *prior == Prior::Uniform && *choices == [Value::Boolean(false), Value::Boolean(true)]
}
