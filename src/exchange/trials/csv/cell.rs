//! Cells of a table with values of hyperparameters: bare, or as JSON writes text where the bare word means another choice.
use serde_json::Value as Json;

use crate::exchange::trials::fit::value;
use crate::space::hyperparameter::{Hyperparameter, Value};

/// Words with which programs write a choice that is null.
pub(super) const NULL: [&str; 3] = ["null", "NULL", "None"];

/// The cell for a value: text in double quotes where it would be read as another choice, such as `"None"` beside `None`.
pub(super) fn written(hyperparameter: &Hyperparameter, json: &Json) -> String {
    let Some(text) = json.as_str() else { return json.to_string() };
    let is_null = NULL.contains(&text.trim()) && hyperparameter.domain.values().contains(&Value::Null);
    let is_another = is_null || meant(hyperparameter, text).is_some_and(|read| &read != json);
    if is_another || text.is_empty() { json.to_string() } else { text.to_owned() }
}

/// The choice that a cell means by the way in which it is written; `None` where it is bare text.
pub(super) fn meant(hyperparameter: &Hyperparameter, cell: &str) -> Option<Json> {
    if hyperparameter.domain.values().is_empty() {
        return None;
    }
    let cell = cell.trim();
    let json: Json = match cell {
        "None" => Json::Null,
        _ => serde_json::from_str(cell).ok()?,
    };
    let read = value(hyperparameter, &json)?;
    let is_same_kind = match read {
        Value::Null => json.is_null(),
        Value::Boolean(_) => json.is_boolean(),
        Value::Integer(_) | Value::Float(_) => json.is_number(),
        Value::Word(word) => json.as_str() == Some(word.as_str()),
    };
    is_same_kind.then_some(json)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::space::Space;

    #[test]
    fn choices_that_look_alike_come_back() {
        let choices = r#"["None", None, "true", true, "1", 1, "0.5", 0.5, "a", "\"a\"", "", "null", "NULL"]"#;
        let text = format!("(parameters: {{ \"kind\": Categorical(choices: {choices}) }})");
        let space = Space::parse(&text, Path::new("s.ron")).unwrap();
        let kind = &space.hyperparameters()[0];
        let mut cells = Vec::new();
        for choice in [
            "\"None\"",
            "null",
            "\"true\"",
            "true",
            "\"1\"",
            "1",
            "\"0.5\"",
            "0.5",
            "\"a\"",
            "\"\\\"a\\\"\"",
            "\"\"",
            "\"null\"",
            "\"NULL\"",
        ] {
            let json: Json = serde_json::from_str(choice).unwrap();
            let cell = written(kind, &json);
            let read = meant(kind, &cell).unwrap_or_else(|| Json::from(cell.as_str()));
            assert_eq!(read, json, "{cell}");
            cells.push(cell);
        }
        assert_eq!(cells[..4], ["\"None\"", "null", "\"true\"", "true"]);
        assert_eq!(cells[8], "a");
        let words = r#"(parameters: { "kind": Categorical(choices: ["None", "1", "a"]) })"#;
        let space = Space::parse(words, Path::new("s.ron")).unwrap();
        let bare: Vec<String> =
            ["None", "1", "a"].map(|word| written(&space.hyperparameters()[0], &Json::from(word))).to_vec();
        assert_eq!(bare, ["None", "1", "a"], "no quotes where nothing looks alike");
    }
}
