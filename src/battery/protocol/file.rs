//! Files of protocols: a RON list of sentences, of steps with settings of their own, and of groups that are repeated.
use std::fmt;
use std::path::Path;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::battery::protocol::scanner::Scanner;
use crate::battery::protocol::step::{Part, StepGroup};
use crate::battery::protocol::unit::Measure;
use crate::battery::protocol::{Protocol, course, text};
use crate::document::diagnostic::{Diagnostic, Positioned};
use crate::document::source::{Source, SourceError, parse, read};

/// Groups within groups.
const DEEPEST: usize = 16;

/// An entry of the list.
#[derive(Debug)]
enum Entry {
    Sentence(String),
    Fields(Box<EntryFields>),
}

/// The fields of an entry that is not a sentence alone.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct EntryFields {
    /// The text of one step or several.
    step: Option<String>,
    /// The steps of a group.
    steps: Option<Vec<Entry>>,
    repeat: Option<u64>,
    /// True where a group ends with the pass in which a voltage was reached.
    stop_at_limit: bool,
    period: Option<String>,
    temperature: Option<String>,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("a sentence in quotes, or `(repeat: 3, steps: [...])`")
    }

    fn visit_str<E>(self, text: &str) -> Result<Entry, E> {
        Ok(Entry::Sentence(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
        EntryFields::deserialize(MapAccessDeserializer::new(map)).map(|fields| Entry::Fields(Box::new(fields)))
    }
}

impl Protocol {
    /// The protocol of a file; files that it names are beside it.
    ///
    /// # Errors
    /// The file cannot be read, or is not one of [`Self::parse_file`].
    pub fn read(path: &Path) -> Result<Self, SourceError> {
        Self::parse_file(path, &read(path)?)
    }

    /// The protocol of a file's text: a RON list, or the text of [`Self::parse`].
    ///
    /// # Errors
    /// The text is neither; the error has its place.
    pub fn parse_file(path: &Path, text: &str) -> Result<Self, SourceError> {
        let folder = path.parent().unwrap_or(Path::new(""));
        // Python's lists may hold nothing but sentences; RON is more than that, or says better what is wrong.
        if !is_ron(text) {
            return Self::parse(path, text, folder);
        }
        let entries: Vec<Entry> = parse(path, text)?;
        let reader = EntryReader { source: Source::new(path, text), folder };
        Self::of(reader.parts(&entries, 0)?).map_err(|wrong| reader.source.error_at(0, wrong))
    }
}

/// True where a text begins like a list in RON.
fn is_ron(text: &str) -> bool {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    while let Some(comment) = rest.strip_prefix("//") {
        rest = comment.split_once('\n').map_or("", |(_, after)| after).trim_start();
    }
    rest.starts_with("[") || rest.starts_with("/*") || rest.starts_with("#!")
}

struct EntryReader<'a> {
    source: Source<'a>,
    folder: &'a Path,
}

impl EntryReader<'_> {
    fn parts(&self, entries: &[Entry], depth: usize) -> Result<Vec<Part>, SourceError> {
        let mut parts = Vec::new();
        for entry in entries {
            match entry {
                Entry::Sentence(sentence) => parts.extend(self.sentence(sentence)?),
                Entry::Fields(fields) => parts.extend(self.fields(fields, depth)?),
            }
        }
        Ok(parts)
    }

    fn fields(&self, fields: &EntryFields, depth: usize) -> Result<Vec<Part>, SourceError> {
        let EntryFields { step, steps, repeat, stop_at_limit, period, temperature } = fields;
        let wrong = |message: &str, hint: &str| Err(self.source.error_at(0, Diagnostic::new(message).hint(hint)));
        if depth >= DEEPEST {
            return wrong("groups are more than 16 deep", "write the steps once, with `repeat`");
        }
        let mut parts = match (step, steps) {
            (Some(sentence), None) => self.sentence(sentence)?,
            (None, Some(entries)) => self.parts(entries, depth + 1)?,
            (Some(_), Some(_)) => return wrong("an entry has `step` or `steps`, not both", "leave out one of them"),
            (None, None) => return wrong("an entry needs `step` or `steps`", "as in `(repeat: 3, steps: [\"...\"])`"),
        };
        let period = period.as_deref().map(|text| self.quantity(text, Measure::Time)).transpose()?;
        let ambient = temperature.as_deref().map(|text| self.quantity(text, Measure::Temperature)).transpose()?;
        set(&mut parts, period, ambient);
        if *repeat == Some(0) {
            return wrong("`repeat` must be at least 1", "leave the entry out");
        }
        if steps.is_none() && repeat.is_none() {
            return Ok(parts);
        }
        let repeats = repeat.unwrap_or(1);
        Ok(vec![Part::Group(StepGroup { parts, repeats, stops_at_limit: *stop_at_limit })])
    }

    fn sentence(&self, sentence: &str) -> Result<Vec<Part>, SourceError> {
        let courses = |name: &str, quantity| course(self.folder, name, quantity);
        text::parts(sentence, &courses).map_err(|wrong| self.placed(sentence, wrong))
    }

    fn quantity(&self, text: &str, measure: Measure) -> Result<f64, SourceError> {
        let mut scanner = Scanner::new(text);
        let read = match measure {
            Measure::Time => scanner.time(),
            _ => scanner.quantity(&[measure], "temperature").map(|read| read.value),
        };
        let rest = |value| if scanner.is_at_end() { Ok(value) } else { Err(scanner.expected("the end")) };
        read.and_then(rest).map_err(|wrong| self.placed(text, wrong))
    }

    /// The error at the place of a string in the file.
    fn placed(&self, string: &str, wrong: Positioned) -> SourceError {
        let quoted = format!("\"{string}\"");
        match self.source.text.find(&quoted) {
            Some(at) => self.source.error_at(at + 1 + wrong.offset, wrong.diagnostic),
            None => {
                let Diagnostic { message, .. } = &wrong.diagnostic;
                self.source
                    .error_at(0, Diagnostic { message: format!("`{string}`: {message}"), ..wrong.diagnostic.clone() })
            }
        }
    }
}

/// Gives steps without a period or a temperature of their own those of the entry around them.
fn set(parts: &mut [Part], period: Option<f64>, ambient: Option<f64>) {
    for part in parts {
        match part {
            Part::Step(step) => {
                step.period = step.period.or(period);
                step.ambient = step.ambient.or(ambient);
            }
            Part::Group(group) => set(&mut group.parts, period, ambient),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Protocol, String> {
        Protocol::parse_file(Path::new("p.ron"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn lists_have_sentences_steps_and_groups() {
        let text = r#"// A comment.
            [
                "Rest for 1 h",
                (step: "Discharge at 1 C until 2.5 V", temperature: "10 oC", period: "5 s"),
                (repeat: 3, stop_at_limit: true, temperature: "298.15 K", steps: [
                    "Charge at 1 C until 4.2 V",
                    (step: "Hold at 4.2 V until C/50; Rest for 1 h", temperature: "30 oC"),
                    (repeat: 2, steps: ["Rest for 1 s"]),
                ]),
                (step: "gitt(until: 2.5 V)"),
            ]"#;
        let protocol = read(text).unwrap();
        assert_eq!(protocol.groups.len(), 3);
        let Part::Step(discharge) = &protocol.groups[0].parts[1] else { panic!("a step") };
        assert_eq!((discharge.ambient, discharge.period), (Some(10.0), Some(5.0)));
        let group = &protocol.groups[1];
        assert!(group.repeats == 3 && group.stops_at_limit && group.count() == 15, "{group:?}");
        let ambient = |part: &Part| match part {
            Part::Step(step) => step.ambient,
            Part::Group(_) => None,
        };
        let found: Vec<_> = group.parts.iter().map(ambient).collect();
        assert_eq!(found, [Some(25.0), Some(30.0), Some(30.0), None]);
        assert_eq!(read("Rest for 1 h\nRest for 2 h").unwrap().steps(), 2);
    }

    #[test]
    fn mistakes_are_named_at_their_place_in_the_file() {
        for (text, place, message) in [
            ("[\n  \"Rest for 1 h\",\n  \"Rest fr 1 h\",\n]", "p.ron:3:9: ", "`for` or `until`"),
            ("[\n  (step: \"Rest for 1 h\", temperature: \"10 V\"),\n]", "p.ron:2:43: ", "`V` does not fit"),
            ("[\n  (repeat: 0, steps: [\"Rest for 1 h\"]),\n]", "p.ron:", "at least 1"),
            ("[(repeat: 2)]", "p.ron:", "needs `step` or `steps`"),
            ("[(repeats: 2, steps: [])]", "p.ron:1:", "`repeats`"),
            ("[1]", "p.ron:1:", "a sentence in quotes"),
            ("[]", "p.ron:", "there are no steps"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(place) && error.contains(message), "{error}");
        }
    }
}
