//! Templates of protocols by name: `gitt(until: 2.5 V)`, `hppc(until: 2.5 V)`, with their settings and defaults.
use crate::battery::protocol::scanner::{QuantityRead, Scanner};
use crate::battery::protocol::sentence::step;
use crate::battery::protocol::step::{Part, StepGroup};
use crate::battery::protocol::unit::Measure;
use crate::document::diagnostic::{Diagnostic, Positioned};
use crate::document::spelling::suggestion;

/// Pulses of a titration at most, and levels of a pulse test.
const MOST: u64 = 1000;
const CURRENT: &[Measure] = &[Measure::Current, Measure::Rate];

/// A setting: name, text of the default (empty where it must be given), measures.
type Setting = (&'static str, &'static str, &'static [Measure]);

/// A template: its name, its settings, and its sentences, in which `{name}` stands for a setting.
struct Template {
    name: &'static str,
    settings: &'static [Setting],
    sentences: &'static [&'static str],
    /// `Discharge` and `Charge` change places where the limit is reached by charging.
    turns: bool,
}

/// Galvanostatic intermittent titration, and hybrid pulse power characterization.
const TEMPLATES: [Template; 2] = [
    Template {
        name: "gitt",
        settings: &[
            ("current", "C/10", CURRENT),
            ("pulse", "1 hour", &[Measure::Time]),
            ("rest", "1 hour", &[Measure::Time]),
            ("until", "", &[Measure::Voltage]),
        ],
        sentences: &["Discharge at {current} for {pulse} or until {until}", "Rest for {rest}"],
        turns: true,
    },
    Template {
        name: "hppc",
        settings: &[
            ("discharge", "1 C", CURRENT),
            ("charge", "0.75 C", CURRENT),
            ("pulse", "10 seconds", &[Measure::Time]),
            ("pause", "40 seconds", &[Measure::Time]),
            ("current", "C/3", CURRENT),
            ("step", "10 %", &[Measure::Charge, Measure::Share]),
            ("rest", "1 hour", &[Measure::Time]),
            ("until", "", &[Measure::Voltage]),
        ],
        sentences: &[
            "Discharge at {discharge} for {pulse} or until {until} (1 second period)",
            "Rest for {pause} (1 second period)",
            "Charge at {charge} for {pulse} (1 second period)",
            "Rest for {pause} (1 second period)",
            "Discharge at {current} until {step} or until {until}",
            "Rest for {rest}",
        ],
        turns: false,
    },
];

/// The steps of the template that is called next; `None` where no parenthesis follows a word.
///
/// # Errors
/// There is no template of that name, or a setting is wrong; the error has its place.
pub(crate) fn called(scanner: &mut Scanner) -> Result<Option<StepGroup>, Positioned> {
    let word = scanner.word();
    let start = scanner.at;
    if word.is_empty() || !scanner.rest()[word.len()..].trim_start_matches(' ').starts_with('(') {
        return Ok(None);
    }
    let names = TEMPLATES.iter().map(|template| template.name);
    let Some(template) = TEMPLATES.iter().find(|template| template.name.eq_ignore_ascii_case(word)) else {
        let message = format!("there is no template `{word}`");
        return Err(Positioned::new(start, message).hint(suggestion(word, names)));
    };
    scanner.at += word.len();
    scanner.take('(');
    let mut values: Vec<(String, bool)> =
        template.settings.iter().map(|(_, text, _)| ((*text).to_owned(), false)).collect();
    let mut charges = None;
    loop {
        scanner.skip_separators();
        if scanner.take(')') {
            break;
        }
        let at = scanner.at;
        let name = scanner.word();
        let known = template.settings.iter().map(|(name, ..)| *name).chain(template.turns.then_some("direction"));
        if name.is_empty() {
            return Err(scanner.expected("a setting or `)`").hint(suggestion("", known)));
        }
        scanner.at += name.len();
        if !(scanner.take(':') || scanner.take('=')) {
            return Err(scanner.expected("`:`").hint(format!("as in `{}(until: 2.5 V)`", template.name)));
        }
        if template.turns && name == "direction" {
            charges = Some(match scanner.word().to_lowercase().as_str() {
                "charge" => true,
                "discharge" => false,
                _ => return Err(scanner.expected("`charge` or `discharge`")),
            });
            scanner.at += scanner.word().len();
            continue;
        }
        let Some(index) = template.settings.iter().position(|(known, ..)| *known == name) else {
            let message = format!("`{}` has no setting `{name}`", template.name);
            return Err(Positioned::new(at, message).hint(suggestion(name, known)));
        };
        scanner.skip_blanks();
        let from = scanner.at;
        positive(scanner.quantity(template.settings[index].2, name)?)?;
        if std::mem::replace(&mut values[index], (scanner.text[from..scanner.at].to_owned(), true)).1 {
            return Err(Positioned::new(at, format!("`{name}` is given twice")));
        }
    }
    if let Some(missing) = values.iter().position(|(text, _)| text.is_empty()) {
        let name = template.settings[missing].0;
        let message = format!("`{}` needs the setting `{name}`", template.name);
        let hint = format!("as in `{}({name}: 2.5 V)`, the voltage at which it ends", template.name);
        return Err(Positioned::new(start, message).hint(hint));
    }
    let parts = template.sentences.iter().map(|sentence| {
        let mut text = (*sentence).to_owned();
        for ((name, ..), (value, _)) in template.settings.iter().zip(&values) {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        if charges == Some(true) {
            text = text.replace("Discharge", "Charge");
        }
        let none = |name: &str, _| Err(Diagnostic::new(format!("there is no `{name}`")));
        let step = step(&mut Scanner::new(&text), &none);
        step.map(Part::Step).map_err(|error| Positioned { offset: start, ..error })
    });
    Ok(Some(StepGroup { parts: parts.collect::<Result<_, _>>()?, repeats: MOST, stops_at_limit: true }))
}

fn positive(read: QuantityRead) -> Result<(), Positioned> {
    match read.value > 0.0 {
        true => Ok(()),
        false => Err(Positioned::new(read.at, "this value must be positive")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(text: &str) -> Result<Vec<String>, Positioned> {
        let group = called(&mut Scanner::new(text))?.expect("a template");
        assert!(group.stops_at_limit);
        let text = |part: &Part| match part {
            Part::Step(step) => step.text.to_string(),
            Part::Group(_) => unreachable!("templates have no groups"),
        };
        Ok(group.parts.iter().map(text).collect())
    }

    #[test]
    fn templates_become_sentences() {
        assert_eq!(
            sentences("gitt(until: 2.5 V)").unwrap(),
            ["Discharge at C/10 for 1 hour or until 2.5 V", "Rest for 1 hour"]
        );
        let charging = sentences("GITT (current = C/2, pulse: 6 min; rest: 40 min, direction: charge, until: 4.2V)");
        assert_eq!(charging.unwrap(), ["Charge at C/2 for 6 min or until 4.2V", "Rest for 40 min"]);
        let pulses = sentences("hppc(until: 2.5 V, step: 0.5 Ah)").unwrap();
        assert_eq!(pulses.len(), 6);
        assert_eq!(pulses[4], "Discharge at C/3 until 0.5 Ah or until 2.5 V");
    }

    #[test]
    fn wrong_settings_are_named_at_their_place() {
        for (text, at, message, hint) in [
            ("git(until: 2.5 V)", 0, "there is no template `git`", "did you mean `gitt`?"),
            ("gitt()", 0, "`gitt` needs the setting `until`", "gitt(until: 2.5 V)"),
            ("gitt(untl: 2.5 V)", 5, "`gitt` has no setting `untl`", "did you mean `until`?"),
            ("gitt(until 2.5 V)", 11, "`:` should stand here", "until: 2.5 V"),
            ("gitt(until: 2.5 A)", 16, "`A` does not fit here", "`V`"),
            ("gitt(until: 2 V, until: 3 V)", 17, "given twice", ""),
            ("gitt(pulse: 0 s, until: 3 V)", 12, "positive", ""),
            ("gitt(until: 2 V", 15, "a setting or `)` should stand here", "`pulse`"),
            ("gitt(direction: up)", 16, "`charge` or `discharge` should", ""),
        ] {
            let error = sentences(text).unwrap_err();
            let (found, advice) = (&error.diagnostic.message, error.diagnostic.hint.clone().unwrap_or_default());
            assert!(found.contains(message) && advice.contains(hint), "{text}: {found}: {advice}");
            assert_eq!(error.offset, at, "{text}");
        }
    }
}
