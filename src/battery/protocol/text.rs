//! Texts of protocols: sentences between `;` or in lines, groups in parentheses that are repeated, and templates by name.
use crate::battery::protocol::scanner::Scanner;
use crate::battery::protocol::sentence::{CourseReader, step};
use crate::battery::protocol::step::{Part, StepGroup};
use crate::battery::protocol::template;
use crate::document::diagnostic::Positioned;

/// Groups within groups.
const DEEPEST: usize = 16;
/// Steps that a text may write down.
const MOST: usize = 100_000;

/// The parts of a text.
///
/// # Errors
/// A sentence or a group is wrong; the error has its place.
pub(crate) fn parts(text: &str, courses: CourseReader) -> Result<Vec<Part>, Positioned> {
    let mut reader = PartReader { scanner: Scanner::new(text), courses, count: 0 };
    reader.parts(0, None)
}

struct PartReader<'a, 'b> {
    scanner: Scanner<'a>,
    courses: CourseReader<'b>,
    /// Steps that were read.
    count: usize,
}

impl PartReader<'_, '_> {
    /// Parts up to the end of the text, or of the group that `open` begins.
    fn parts(&mut self, depth: usize, open: Option<(usize, char)>) -> Result<Vec<Part>, Positioned> {
        let mut parts = Vec::new();
        loop {
            self.scanner.skip_separators();
            let at = self.scanner.at;
            match (self.scanner.peek(), open) {
                (None, None) => return Ok(parts),
                (None, Some((at, letter))) => {
                    let hint = "a group of steps is `(Discharge at 1 A for 1 h; Rest for 1 h) * 3`";
                    return Err(Positioned::new(at, format!("this `{letter}` is not closed")).hint(hint));
                }
                (Some(letter @ (')' | ']')), Some((begun, before))) => {
                    if (letter == ')') != (before == '(') {
                        return Err(Positioned::new(at, format!("`{letter}` does not close `{before}`")));
                    }
                    if parts.is_empty() {
                        return Err(Positioned::new(begun, "this group has no steps"));
                    }
                    self.scanner.at += 1;
                    return Ok(parts);
                }
                (Some(letter @ (')' | ']')), None) => {
                    return Err(Positioned::new(at, format!("this `{letter}` closes nothing")));
                }
                (Some(letter @ ('(' | '[')), _) => {
                    if depth >= DEEPEST {
                        return Err(Positioned::new(at, format!("groups are more than {DEEPEST} deep")));
                    }
                    self.scanner.at += 1;
                    let inner = self.parts(depth + 1, Some((at, letter)))?;
                    let repeats = self.repeats()?;
                    parts.push(Part::Group(StepGroup { parts: inner, repeats, stops_at_limit: false }));
                }
                (Some('*'), _) => {
                    let hint = "put the steps in parentheses: `(Discharge at 1 A for 1 h; Rest for 1 h) * 3`";
                    return Err(Positioned::new(at, "`*` repeats a group in parentheses").hint(hint));
                }
                (Some(_), _) => match template::called(&mut self.scanner)? {
                    Some(group) => parts.push(Part::Group(group)),
                    None => parts.push(Part::Step(step(&mut self.scanner, self.courses)?)),
                },
            }
            self.count += 1;
            if self.count > MOST {
                return Err(Positioned::new(at, format!("a text has at most {MOST} steps")));
            }
        }
    }

    /// The repeats after a group: `* 3`, `x 3`; 1 where there are none.
    fn repeats(&mut self) -> Result<u64, Positioned> {
        let end = self.scanner.at;
        if !self.scanner.take_word("x") {
            // Python's lists may have the star in the next line.
            let rest = self.scanner.rest();
            self.scanner.at += rest.len() - rest.trim_start().len();
            if !(self.scanner.take('*') || self.scanner.take('×')) {
                self.scanner.at = end;
                return Ok(1);
            }
        }
        self.scanner.skip_blanks();
        let at = self.scanner.at;
        let number = self.scanner.number()?;
        self.scanner.take_word("times");
        if number.fract() != 0.0 || number < 1.0 {
            return Err(Positioned::new(at, "a group is repeated a whole number of times, at least once"));
        }
        Ok(number as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::diagnostic::Diagnostic;

    fn read(text: &str) -> Result<Vec<Part>, Positioned> {
        parts(text, &|name, _| Err(Diagnostic::new(format!("there is no `{name}`"))))
    }

    /// The steps in a line, with repeats of groups.
    fn outline(parts: &[Part]) -> String {
        let one = |part: &Part| match part {
            Part::Step(step) => step.text.split(' ').next().unwrap_or_default().to_owned(),
            Part::Group(group) => format!("({}){}", outline(&group.parts), group.repeats),
        };
        parts.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn groups_lines_and_lists_of_python_are_read() {
        for (text, expected) in [
            ("Rest for 1 h; charge at 1 A for 1 h\nRest for 1 h", "Rest charge Rest"),
            ("(Rest for 1 h; Hold at 4 V for 1 h) * 3; Rest for 1 s", "(Rest Hold)3 Rest"),
            ("((Rest for 1 h) x 2 ; Rest for 1 s)", "((Rest)2 Rest)1"),
            ("(Rest for 1 h) × 10 times # a comment\n# another", "(Rest)10"),
            (
                "[(\"Discharge at C/10 for 10 hours or until 3.3 V\",\n  'Rest for 1 hour',)]\n* 3 + [\n  \"Rest for 1 h\"]",
                "((Discharge Rest)1)3 (Rest)1",
            ),
            ("Hold at 4.1 V until 50 mA (1 minute period)", "Hold"),
        ] {
            assert_eq!(read(text).map(|parts| outline(&parts)), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn mistakes_in_groups_are_named_at_their_place() {
        for (text, at, message) in [
            ("(Rest for 1 h", 0, "this `(` is not closed"),
            ("Rest for 1 h)", 12, "this `)` closes nothing"),
            ("(Rest for 1 h]", 13, "`]` does not close `(`"),
            ("()", 0, "no steps"),
            ("Rest for 1 h * 3", 13, "`for` or `until` should stand here"),
            ("\"Rest for 1 h\" * 3", 15, "`*` repeats a group"),
            ("(Rest for 1 h) * 0", 17, "at least once"),
            ("(Rest for 1 h) * 2.5", 17, "a whole number"),
            ("(Rest for 1 h) * x", 17, "a number should stand here"),
            (&"(".repeat(40), 16, "more than 16 deep"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.diagnostic.message.contains(message), "{text}: {error:?}");
            assert_eq!(error.offset, at, "{text}: {error:?}");
        }
    }
}
