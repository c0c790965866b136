//! Protocols: an experiment on a cell in steps, each with a control and endings, as sentences or as a file with repeats.
//!
//! The language is that of PyBaMM's experiments, with groups that are repeated, templates, and endings by charge and temperature.
mod arrival;
pub mod conditions;
pub(crate) mod course;
pub(crate) mod current_amount;
pub mod cycler;
pub(crate) mod ending;
pub(crate) mod file;
pub(crate) mod load;
pub(crate) mod marcher;
pub(crate) mod sampling;
pub(crate) mod scanner;
pub(crate) mod sentence;
pub mod state;
pub(crate) mod step;
pub mod surroundings;
pub mod table;
pub(crate) mod template;
pub(crate) mod test_stand;
pub(crate) mod text;
pub(crate) mod unit;

use std::path::Path;

use crate::battery::current::column::Quantity;
use crate::battery::protocol::course::Course;
use crate::battery::protocol::scanner::Scanner;
use crate::battery::protocol::step::{Part, StepGroup};
use crate::document::diagnostic::{Diagnostic, Positioned};
use crate::document::source::{Source, SourceError};

/// Steps of a protocol at most, with all repeats.
const MOST: u64 = 1_000_000;
/// Drive cycles' name in a hint.
const CYCLES: &str = "a drive cycle is `udds`, `us06`, `wltc_3b` or `hwfet`, any other name is a file";

/// Steps in groups; groups count as cycles.
#[derive(Clone, Debug, PartialEq)]
pub struct Protocol {
    pub(crate) groups: Vec<StepGroup>,
}

impl Protocol {
    /// The protocol of a text; files that it names are beside `folder`'s.
    ///
    /// # Errors
    /// The text is none, or has no steps; the error names its place, in a text that `path` names.
    ///
    /// ```
    /// use galvani::battery::protocol::Protocol;
    /// let text = "(Discharge at C/2 until 2.5 V; Charge at C/2 until 4.2 V; Hold at 4.2 V until C/50) * 3";
    /// let protocol = Protocol::parse("text".as_ref(), text, ".".as_ref()).expect("three sentences");
    /// assert_eq!(protocol.steps(), 9);
    /// ```
    pub fn parse(path: &Path, text: &str, folder: &Path) -> Result<Self, SourceError> {
        let source = Source::new(path, text);
        let courses = |name: &str, quantity| course(folder, name, quantity);
        let placed = |Positioned { offset, diagnostic }: Positioned| source.error_at(offset, diagnostic);
        let parts = text::parts(text, &courses).map_err(placed)?;
        Self::of(parts).map_err(|wrong| source.error_at(0, wrong))
    }

    /// The protocol of a text that names no files.
    ///
    /// # Errors
    /// The text is none, or names a file.
    pub(crate) fn of_words(path: &Path, text: &str) -> Result<Self, SourceError> {
        let source = Source::new(path, text);
        let courses = |name: &str, quantity: Quantity| {
            let cycle = Course::drive_cycle(name).filter(|course| course.quantity == quantity);
            cycle.ok_or_else(|| Diagnostic::new(format!("there is no drive cycle `{name}`")).hint(CYCLES))
        };
        let placed = |Positioned { offset, diagnostic }: Positioned| source.error_at(offset, diagnostic);
        Self::of(text::parts(text, &courses).map_err(placed)?).map_err(|wrong| source.error_at(0, wrong))
    }

    /// True where a step has a temperature of its own.
    pub(crate) fn has_temperatures(&self) -> bool {
        fn any(parts: &[Part]) -> bool {
            parts.iter().any(|part| match part {
                Part::Step(step) => step.ambient.is_some(),
                Part::Group(group) => any(&group.parts),
            })
        }
        self.groups.iter().any(|group| any(&group.parts))
    }

    /// The protocol of some parts; steps beside groups become groups.
    ///
    /// # Errors
    /// There are no steps, or too many.
    pub(crate) fn of(parts: Vec<Part>) -> Result<Self, Diagnostic> {
        let mut groups: Vec<StepGroup> = Vec::new();
        let mut is_loose = false;
        for part in parts {
            match (part, groups.last_mut().filter(|_| is_loose)) {
                (Part::Group(group), _) => {
                    is_loose = false;
                    groups.push(group);
                }
                (step, Some(last)) => last.parts.push(step),
                (step, None) => {
                    is_loose = true;
                    groups.push(StepGroup { parts: vec![step], repeats: 1, stops_at_limit: false });
                }
            }
        }
        let protocol = Self { groups };
        match protocol.steps() {
            0 => Err(Diagnostic::new("there are no steps")
                .hint("write sentences such as `Discharge at C/10 for 10 hours or until 3.3 V`")),
            count if count > MOST => {
                Err(Diagnostic::new(format!("there are {count} steps with all repeats, at most {MOST}"))
                    .hint("split the protocol: `--state-out` keeps the state for the next part"))
            }
            _ => Ok(protocol),
        }
    }

    /// A time such as `10 s` or `1 minute`, s; `None` where the text is none.
    pub(crate) fn time(text: &str) -> Option<f64> {
        let mut scanner = Scanner::new(text);
        let time = scanner.time().ok()?;
        scanner.is_at_end().then_some(time)
    }

    /// The steps with all repeats.
    pub fn steps(&self) -> u64 {
        self.groups.iter().map(StepGroup::count).fold(0, u64::saturating_add)
    }

    /// The passes of all groups.
    pub(crate) fn cycles(&self) -> u64 {
        self.groups.iter().map(|group| group.repeats).sum()
    }
}

/// The course of a drive cycle's name, or of a file.
fn course(folder: &Path, name: &str, quantity: Quantity) -> Result<Course, Diagnostic> {
    if quantity == Quantity::Current
        && let Some(course) = Course::drive_cycle(name)
    {
        return Ok(course);
    }
    let path = folder.join(name);
    Course::read(&path, quantity).map_err(|error| {
        let hint = error.diagnostic.hint.clone();
        let place = if error.line == 0 { String::new() } else { format!(":{}:{}", error.line, error.column) };
        let message = format!("`{}{place}`: {}", path.display(), error.diagnostic.message);
        Diagnostic::new(message).hint(hint.unwrap_or_else(|| CYCLES.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Protocol, SourceError> {
        Protocol::parse(Path::new("text"), text, Path::new("."))
    }

    #[test]
    fn loose_steps_are_one_group() {
        let protocol = parse("Rest for 1 s; Rest for 2 s; (Rest for 3 s) * 4; Rest for 5 s").unwrap();
        let shape: Vec<_> = protocol.groups.iter().map(|group| (group.parts.len(), group.repeats)).collect();
        assert_eq!(shape, [(2, 1), (1, 4), (1, 1)]);
        assert_eq!((protocol.steps(), protocol.cycles()), (7, 6));
    }

    #[test]
    fn protocols_have_steps_and_not_too_many() {
        for (text, message) in [
            ("", "there are no steps"),
            ("# Rest for 1 h", "there are no steps"),
            ("((Rest for 1 h) * 999999999) * 999999999", "at most 1000000"),
            ("Run nowhere.csv (A)", "`./nowhere.csv`: there is no such file"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(message) && error.contains("hint: "), "{error}");
        }
    }
}
