//! Sentences of a protocol: `Discharge at C/10 for 10 hours or until 3.3 V`, as PyBaMM has them.
use std::sync::Arc;

use crate::battery::current::column::Quantity;
use crate::battery::protocol::course::Course;
use crate::battery::protocol::current_amount::CurrentAmount;
use crate::battery::protocol::ending::{Ending, EndingValue, Side};
use crate::battery::protocol::scanner::{QuantityRead, Scanner};
use crate::battery::protocol::step::{Control, Step};
use crate::battery::protocol::unit::Measure;
use crate::document::diagnostic::{Diagnostic, Positioned};
use crate::document::spelling::suggestion;

/// The instructions that a sentence may begin with.
pub(crate) const INSTRUCTIONS: [&str; 5] = ["Discharge", "Charge", "Rest", "Hold", "Run"];

/// A reader of the courses that `Run` names.
pub(crate) type CourseReader<'a> = &'a dyn Fn(&str, Quantity) -> Result<Course, Diagnostic>;

/// The step of the sentence that comes next.
///
/// # Errors
/// The sentence is not one; the error has its place.
pub(crate) fn step(scanner: &mut Scanner, courses: CourseReader) -> Result<Step, Positioned> {
    scanner.skip_blanks();
    let start = scanner.at;
    let word = scanner.word();
    let Some(instruction) = INSTRUCTIONS.into_iter().find(|known| known.eq_ignore_ascii_case(word)) else {
        let hint = match word.is_empty() {
            true => "a step is a sentence such as `Discharge at 1 A for 1 hour or until 3.3 V`".to_owned(),
            false => suggestion(word, INSTRUCTIONS),
        };
        return Err(scanner.expected("an instruction").hint(hint));
    };
    scanner.at += word.len();
    let control = match instruction {
        "Rest" => Control::Current(CurrentAmount::Ampere(0.0)),
        "Run" => Control::Course(Arc::new(run(scanner, courses)?)),
        _ => electric(scanner, instruction)?,
    };
    let mut step = Step { text: "".into(), control, duration: None, endings: Vec::new(), period: None, ambient: None };
    clauses(scanner, &mut step, instruction)?;
    step.text = scanner.text[start..scanner.at].trim_end().into();
    if let (Control::Course(course), None) = (&step.control, step.duration) {
        step.duration = Some(course.length());
    }
    if step.duration.is_none() && step.endings.is_empty() {
        let hint = match instruction {
            "Rest" => "add a duration, as in `Rest for 1 hour`",
            "Hold" => "add a duration or a current, as in `Hold at 4.2 V for 1 hour or until 50 mA`",
            _ => "add a duration or a voltage, as in `Discharge at 1 A for 1 hour or until 3.3 V`",
        };
        return Err(Positioned::new(start, "this step would never end").hint(hint));
    }
    Ok(step)
}

/// The value that `at` gives to one of the instructions that have it.
fn electric(scanner: &mut Scanner, instruction: &str) -> Result<Control, Positioned> {
    if !scanner.take_word("at") {
        let example = if instruction == "Hold" { "4.2 V" } else { "1 A" };
        return Err(scanner.expected("`at`").hint(format!("as in `{instruction} at {example}`")));
    }
    let measures = [Measure::Current, Measure::Rate, Measure::Voltage, Measure::Power, Measure::Resistance];
    let read = scanner.quantity(&measures, "current, power, resistance and voltage")?;
    let wrong = |message: &str, hint: String| Err(Positioned::new(read.at, message).hint(hint));
    if read.value < 0.0 {
        let other = if instruction == "Charge" { "Discharge" } else { "Charge" };
        let hint = match instruction {
            "Hold" => "a voltage is positive".to_owned(),
            _ => format!("the direction is in the word: write `{other} at ...` and a positive value"),
        };
        return wrong("this value is negative", hint);
    }
    let is_volt = read.measure == Measure::Voltage;
    if is_volt != (instruction == "Hold") {
        let example =
            if is_volt { "Hold at 4.2 V" } else { "Charge at 1 A until 4.2 V` or `Discharge at 1 A until 3 V" };
        let what = if is_volt { "a voltage is held" } else { "only a voltage can be held" };
        return wrong(what, format!("write `{example}`"));
    }
    if read.value == 0.0 {
        return wrong("this value is zero", "a step without a current is `Rest for 1 hour`".to_owned());
    }
    let value = if instruction == "Charge" { -read.value } else { read.value };
    Ok(match read.measure {
        Measure::Rate => Control::Current(CurrentAmount::Rate(value)),
        Measure::Current => Control::Current(CurrentAmount::Ampere(value)),
        Measure::Power => Control::Power(value),
        Measure::Resistance => Control::Resistance(value),
        _ => Control::Voltage(value),
    })
}

/// The course that `Run` names: a file or a drive cycle, with its unit in parentheses.
fn run(scanner: &mut Scanner, courses: CourseReader) -> Result<Course, Positioned> {
    scanner.skip_blanks();
    let at = scanner.at;
    let rest = scanner.rest();
    let end = rest.find(|letter: char| letter.is_whitespace() || ";\"'()[]#".contains(letter)).unwrap_or(rest.len());
    let name = &rest[..end];
    if name.is_empty() {
        return Err(scanner.expected("a file or a drive cycle").hint("as in `Run drive.csv (A)` or `Run us06 (A)`"));
    }
    scanner.at += end;
    let mut quantity = Quantity::Current;
    if scanner.take('(') {
        scanner.skip_blanks();
        quantity = match scanner.word().to_uppercase().as_str() {
            "A" => Quantity::Current,
            "V" => Quantity::Voltage,
            "W" => Quantity::Power,
            _ => return Err(scanner.expected("a unit").hint("a file has currents (A), voltages (V) or powers (W)")),
        };
        scanner.at += 1;
        if !scanner.take(')') {
            return Err(scanner.expected("`)`"));
        }
    }
    courses(name, quantity).map_err(|diagnostic| Positioned { offset: at, diagnostic })
}

/// Whatever follows the value: `for`, `until`, a temperature, a period.
fn clauses(scanner: &mut Scanner, step: &mut Step, instruction: &str) -> Result<(), Positioned> {
    let mut after_until = false;
    while !scanner.is_at_end() {
        let at = scanner.at;
        let twice = |what: &str| Err(Positioned::new(at, format!("this step has {what} already")));
        if scanner.peek() == Some('(') {
            annotation(scanner, step)?;
            continue;
        }
        let or = scanner.take_word("or");
        if scanner.take_word("for") {
            if step.duration.replace(scanner.time()?).is_some() {
                return twice("a duration");
            }
            after_until = false;
        } else if scanner.take_word("until") || (or && after_until) {
            ending(scanner, step, instruction)?;
            after_until = true;
        } else if !or && scanner.take_word("at") {
            let temperature = scanner.quantity(&[Measure::Temperature], "temperature")?.value;
            if step.ambient.replace(temperature).is_some() {
                return twice("a temperature");
            }
        } else {
            let hint = suggestion(scanner.word(), ["for", "until"]);
            return Err(scanner
                .expected("`for` or `until`")
                .hint(format!("{hint}; a `;` or a new line separates steps")));
        }
    }
    Ok(())
}

/// A period or a temperature in parentheses: `(1 minute period)`, `(25 oC)`.
fn annotation(scanner: &mut Scanner, step: &mut Step) -> Result<(), Positioned> {
    scanner.take('(');
    scanner.take_word("at");
    let read = scanner.quantity(&[Measure::Time, Measure::Temperature], "time and temperature")?;
    if read.measure == Measure::Temperature {
        step.ambient = Some(read.value);
    } else if !scanner.take_word("period") {
        return Err(scanner.expected("`period`").hint("as in `(1 minute period)`: the time from row to row"));
    } else if !(1e-3..=1e9).contains(&read.value) {
        return Err(Positioned::new(read.at, "a period must be at least 1 ms"));
    } else {
        step.period = Some(read.value);
    }
    if !scanner.take(')') {
        return Err(scanner.expected("`)`"));
    }
    Ok(())
}

/// The condition after `until`.
fn ending(scanner: &mut Scanner, step: &mut Step, instruction: &str) -> Result<(), Positioned> {
    let side = match scanner.take('<') {
        true => Some(Side::Below),
        false => scanner.take('>').then_some(Side::Above),
    };
    if side.is_some() {
        scanner.take('=');
    }
    let measures = [
        Measure::Voltage,
        Measure::Current,
        Measure::Rate,
        Measure::Charge,
        Measure::Share,
        Measure::Temperature,
        Measure::Time,
    ];
    let read = scanner.quantity(&measures, "voltage, current, charge and temperature")?;
    let QuantityRead { measure, value, at, .. } = read;
    let never = |message: &str, hint: &str| Err(Positioned::new(at, message).hint(hint));
    let is_current = matches!(measure, Measure::Current | Measure::Rate);
    match (&step.control, measure) {
        (_, Measure::Time) => return never("a step lasts `for` a time", "write `for` instead of `until`"),
        (Control::Current(_), _) if is_current => {
            return never("the current of this step is constant", "end it by a voltage, a charge or a time");
        }
        (Control::Voltage(_), Measure::Voltage) => {
            return never("the voltage of this step is constant", "end it by a current, a charge or a time");
        }
        (_, Measure::Charge | Measure::Share) if instruction == "Rest" => {
            return never("no charge flows in a rest", "end it by a time");
        }
        _ => {}
    }
    let is_signed = measure == Measure::Temperature || (is_current && side.is_some());
    if value < 0.0 && !is_signed {
        return never("this value is negative", "voltages, charges and the amount of a current are positive");
    }
    if value == 0.0 && matches!(measure, Measure::Charge | Measure::Share) {
        return never("this value is zero", "a charge that ends a step is positive");
    }
    let value = match measure {
        Measure::Voltage => EndingValue::Voltage(value),
        Measure::Current => EndingValue::Current(CurrentAmount::Ampere(value)),
        Measure::Rate => EndingValue::Current(CurrentAmount::Rate(value)),
        Measure::Charge => EndingValue::Charge(value),
        Measure::Share => EndingValue::Share(value),
        _ => EndingValue::Temperature(value),
    };
    step.endings.push(Ending { value, side });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Step, Positioned> {
        step(&mut Scanner::new(text), &|name, _| {
            Course::drive_cycle(name).ok_or_else(|| Diagnostic::new(format!("there is no `{name}`")))
        })
    }

    /// Sentences of PyBaMM's documentation, releases 21.11 to 25.12.
    const DOCUMENTED: [&str; 28] = [
        "Discharge at 1C for 0.5 hours",
        "Discharge at C/20 for 0.5 hours",
        "Charge at 0.5 C for 45 minutes",
        "Discharge at 1 A for 0.5 hours",
        "Discharge at 1 A for 90 seconds",
        "Charge at 200 mA for 45 minutes",
        "Charge at 200mA for 45 minutes (1 minute period)",
        "Discharge at 1W for 0.5 hours",
        "Charge at 200mW for 45 minutes",
        "Rest for 10 minutes",
        "Rest for 10 minutes (5 minute period)",
        "Hold at 1V for 20 seconds",
        "Charge at 1 C until 4.1V",
        "Hold at 4.1 V until 50mA",
        "Hold at 3V until C/50",
        "Discharge at C/3 for 2 hours or until 2.5 V",
        "Discharge at C/10 for 10 hours or until 3.3 V",
        "Charge at 1 C for 1 hour or until 4.2 V at 25oC",
        "Hold at 4.2 V until 1 A at 25 oC (1 second period)",
        "Discharge at 1C for 3600 seconds or until 2.5V",
        "Discharge at 4 Ohm for 1 hour",
        "Discharge at 1C until <2.5V",
        "Charge at C/4 for 1 hour or until > 4.1 V",
        "Run US06 (A)",
        "Run US06 (A) for 20 seconds",
        "Run US06 (A) for 45 minutes",
        "Discharge at 25 mA for 0.5 h or until 3.105 V (10 s period)",
        "Rest for 2 min",
    ];

    #[test]
    fn the_sentences_of_pybamms_documentation_are_read_in_any_case() {
        for text in DOCUMENTED {
            let found = read(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert_eq!(&*found.text, text);
            let small = read(&text.to_lowercase()).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert_eq!(Step { text: found.text.clone(), ..small }, found, "{text}");
        }
    }

    #[test]
    fn parts_of_a_sentence_are_understood() {
        let found =
            read("Charge at C/4 for 1 hour or until 4.1 V or 2 Ah or until > 45 oC at 10oC (10 s period)").unwrap();
        assert_eq!(found.control, Control::Current(CurrentAmount::Rate(-0.25)));
        assert_eq!((found.duration, found.period, found.ambient), (Some(3600.0), Some(10.0), Some(10.0)));
        let ending = |value, side| Ending { value, side };
        assert_eq!(
            found.endings,
            [
                ending(EndingValue::Voltage(4.1), None),
                ending(EndingValue::Charge(7200.0), None),
                ending(EndingValue::Temperature(45.0), Some(Side::Above)),
            ]
        );
        assert_eq!(read("discharge at 2 Ohm until 10%").unwrap().control, Control::Resistance(2.0));
        assert_eq!(read("Run us06 (A)").unwrap().duration, Some(600.0));
    }

    #[test]
    fn mistakes_are_explained_at_their_place() {
        for (text, at, message, hint) in [
            ("Dischrge at 1 A for 1 h", 0, "an instruction should stand here", "did you mean `Discharge`?"),
            ("4.2 V", 0, "an instruction should stand here, not `4.2 V`", "Discharge at 1 A"),
            ("Discharge 1 A for 1 h", 10, "`at` should stand here, not `1 A for 1 h`", "`Discharge at 1 A`"),
            ("Discharge at -1 A for 1 h", 13, "negative", "`Charge at ...`"),
            ("Discharge at 0 A for 1 h", 13, "zero", "`Rest for 1 hour`"),
            ("Charge at 4.2 V for 1 h", 10, "a voltage is held", "`Hold at 4.2 V`"),
            ("Hold at 1 A for 1 h", 8, "only a voltage can be held", "Charge at 1 A until"),
            ("Discharge at 5 hours", 15, "`hours` does not fit here", "`A`, `mA`"),
            ("Discharge at 1 A", 0, "would never end", "or until 3.3 V"),
            ("Rest", 0, "would never end", "Rest for 1 hour"),
            ("Rest for 10", 11, "a unit is missing", "`minutes`"),
            ("Rest for 0 s", 9, "at least 1 ms", "10 minutes"),
            ("Rest for 1 h until 3 A", 19, "is constant", "voltage"),
            ("Rest until 1 Ah", 11, "no charge flows", "time"),
            ("Discharge at 1 C until C/50", 23, "the current of this step is constant", "voltage"),
            ("Hold at 4 V until 3 V", 18, "the voltage of this step is constant", "current"),
            ("Hold at 4 V until 3 W", 20, "`W` does not fit here", "`mA`"),
            ("Charge at 1 A until 1 hour", 20, "lasts `for` a time", "`for` instead of"),
            ("Charge at 1 A for 1 h for 2 h", 22, "has a duration already", ""),
            ("Charge at 1 A untill 4.2 V", 14, "`for` or `until` should stand here", "did you mean `until`?"),
            ("Charge at 1 A for 1 h (5 minutes)", 32, "`period` should stand here", "1 minute period"),
            ("Run us07 (A)", 4, "there is no `us07`", ""),
            ("Run us06 (C)", 10, "a unit should stand here", "currents (A)"),
            ("Discharge at 1,5 A for 1 h", 14, "with a point", "3.3"),
            ("Discharge at 1 MA for 1 h", 15, "`MA` is not a unit", "did you mean `mA`?"),
        ] {
            let error = read(text).unwrap_err();
            let (found, advice) = (&error.diagnostic.message, error.diagnostic.hint.clone().unwrap_or_default());
            assert!(found.contains(message) && advice.contains(hint), "{text}: {found}: {advice}");
            assert_eq!(error.offset, at, "{text}: {found}");
        }
    }
}
