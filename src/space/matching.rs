//! Values of other programs and files that mean a value of a domain: another kind (`"64"`, `True`, `null`), or rounded digits.
use crate::space::domain::Domain;
use crate::space::hyperparameter::Hyperparameter;
use crate::space::value::Value;

/// The relative distance of two numbers that are one number before and after a rounding to single precision.
const ROUNDING: f64 = 1e-7;

/// The distance that rounding makes, relative to a range or a step.
const SPAN: f64 = 1e-9;

/// The meaning of a value, whichever kind it is written in.
enum Meaning<'a> {
    Nothing,
    Truth(bool),
    Number(f64),
    Text(&'a str),
}

impl Hyperparameter {
    /// The value of the domain that another value means: the same value where there is one, then the one that is written in
    /// the same way, then the only one with the same meaning, numbers within rounding; `None` where there is none.
    ///
    /// `"0.5"` means 0.5, `"True"` and `true` the same, and so do `"None"` and `null`.
    pub fn matching(&self, value: &Value) -> Option<Value> {
        self.domain.matching(value)
    }
}

impl Domain {
    /// The value in the domain's own type (`8.0` becomes `8` for an integer); `None` where it is not of the domain.
    pub(crate) fn admit(&self, value: &Value) -> Option<Value> {
        match self {
            Self::Float { .. } => self.position(value).and(value.number()).map(Value::Float),
            domain => domain.index(value).map(|index| domain.nth(index)),
        }
    }

    /// The value of the domain that another value means, as of [`Hyperparameter::matching`].
    pub(crate) fn matching(&self, value: &Value) -> Option<Value> {
        self.admit(value).or_else(|| match self.values() {
            [] => match meaning(value) {
                Meaning::Number(number) => self.admit(&Value::Float(number)).or_else(|| self.rounded(number)),
                Meaning::Nothing | Meaning::Truth(_) | Meaning::Text(_) => None,
            },
            listed => {
                let written = value.to_string();
                let same = listed.iter().find(|each| each.to_string() == written.trim());
                same.or_else(|| alone(listed, value)).cloned()
            }
        })
    }

    /// The number of a range that is another one but for rounding.
    fn rounded(&self, number: f64) -> Option<Value> {
        match self {
            Self::Float { min, max, log } => {
                let span = if *log { 0.0 } else { SPAN * (max - min) };
                let ends = [*min, *max].into_iter();
                let near = |end: &f64| (end - number).abs() <= span.max(ROUNDING * end.abs());
                ends.filter(near).map(Value::Float).next()
            }
            Self::Integer { .. } => {
                let whole = number.round();
                ((whole - number).abs() <= ROUNDING).then(|| self.admit(&Value::Float(whole)))?
            }
            Self::Steps(steps) => {
                let nearest = steps.nearest(number);
                let distance = (nearest.number()? - number).abs();
                let reach = (ROUNDING * number.abs()).max(SPAN * steps.step()).min(steps.step() / 100.0);
                (distance <= reach).then_some(nearest)
            }
            Self::Ordinal { .. } | Self::Categorical { .. } | Self::Constant { .. } => None,
        }
    }
}

impl Value {
    /// The value as a listing shows it: a word that looks like a number, a truth, no value or several words is in quotes.
    pub(crate) fn unmistakable(&self) -> String {
        match self {
            Self::Word(word) if word.contains(',') || word.is_empty() => self.to_ron(),
            Self::Word(_) if !matches!(meaning(self), Meaning::Text(_)) => self.to_ron(),
            other => other.to_string(),
        }
    }
}

/// The only listed value with the meaning of another one; of numbers, the nearest within rounding.
fn alone<'a>(listed: &'a [Value], value: &Value) -> Option<&'a Value> {
    let wanted = match meaning(value) {
        // Tables have no other truths.
        Meaning::Number(number)
            if (number == 0.0 || number == 1.0) && listed.iter().all(|each| matches!(each, Value::Boolean(_))) =>
        {
            Meaning::Truth(number == 1.0)
        }
        wanted => wanted,
    };
    let distance = |each: &Value| match (meaning(each), &wanted) {
        (Meaning::Nothing, Meaning::Nothing) => Some(0.0),
        (Meaning::Truth(a), Meaning::Truth(b)) => (a == *b).then_some(0.0),
        (Meaning::Text(a), Meaning::Text(b)) => (a == *b).then_some(0.0),
        (Meaning::Number(a), Meaning::Number(b)) => {
            Some((a - b).abs()).filter(|distance| *distance <= ROUNDING * a.abs().max(b.abs()))
        }
        _ => None,
    };
    let mut found: Vec<(f64, &Value)> = listed.iter().filter_map(|each| Some((distance(each)?, each))).collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    match found[..] {
        [(_, only)] => Some(only),
        [(first, nearest), (second, _), ..] if first < second => Some(nearest),
        _ => None,
    }
}

fn meaning(value: &Value) -> Meaning<'_> {
    match value {
        Value::Null => Meaning::Nothing,
        Value::Boolean(truth) => Meaning::Truth(*truth),
        Value::Integer(integer) => Meaning::Number(*integer as f64),
        Value::Float(float) => Meaning::Number(*float),
        Value::Word(word) => match word.trim() {
            "None" | "none" | "null" | "NULL" | "Null" => Meaning::Nothing,
            "true" | "True" | "TRUE" => Meaning::Truth(true),
            "false" | "False" | "FALSE" => Meaning::Truth(false),
            text => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Meaning::Number(number),
                _ => Meaning::Text(text),
            },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::steps::Steps;

    fn word(text: &str) -> Value {
        Value::Word(text.into())
    }

    #[test]
    fn words_that_look_like_something_else_are_shown_in_quotes() {
        let choices =
            vec![word("None"), Value::Null, word("true"), true.into(), word("1"), 1.into(), word("a b"), word("a, b")];
        let shown = Domain::Categorical { choices }.to_string();
        assert_eq!(shown, "one of \"None\", None, \"true\", true, \"1\", 1, a b, \"a, b\"");
    }

    #[test]
    fn values_that_mean_the_same_match() {
        let tenths = Domain::Steps(Steps::new(0.0, 1.0, 0.1, false).unwrap());
        let whole = Domain::Integer { min: 1, max: 100, log: false };
        let rate = Domain::Float { min: 1e-5, max: 0.1, log: true };
        let shift = Domain::Float { min: 0.0, max: 2.0, log: false };
        let truths = Domain::Categorical { choices: vec![false.into(), true.into()] };
        let words = Domain::Categorical { choices: vec![word("None"), word("True"), word("64"), word("a b")] };
        let mixed = Domain::Categorical { choices: vec![Value::Null, word("1"), Value::Integer(2), word("01")] };
        let sizes = Domain::Ordinal { values: vec![0.1.into(), 0.2.into(), 64.into()] };
        for (domain, value, expected) in [
            (&tenths, 0.700_000_000_000_000_1.into(), Some(0.7.into())),
            (&tenths, word("0.30000000000000004"), Some(0.3.into())),
            (&tenths, 1.000_000_000_000_000_2.into(), Some(1.0.into())),
            (&tenths, 0.705.into(), None),
            (&whole, 64.0.into(), Some(64.into())),
            (&whole, word("64"), Some(64.into())),
            (&whole, word("64.0"), Some(64.into())),
            (&whole, 63.999_999_999.into(), Some(64.into())),
            (&whole, 64.5.into(), None),
            (&whole, true.into(), None),
            (&whole, 101.into(), None),
            (&rate, f64::from(0.1_f32).into(), Some(0.1.into())),
            (&rate, 9.999_999_999e-6.into(), Some(1e-5.into())),
            (&rate, 0.09.into(), Some(0.09.into())),
            (&rate, 0.1001.into(), None),
            (&rate, word("1e-3"), Some(0.001.into())),
            (&shift, (-1e-17).into(), Some(0.0.into())),
            (&shift, (-1e-3).into(), None),
            (&truths, word("True"), Some(true.into())),
            (&truths, word(" false"), Some(false.into())),
            (&truths, 1.0.into(), Some(true.into())),
            (&truths, word("0"), Some(false.into())),
            (&truths, word("yes"), None),
            (&words, Value::Null, Some(word("None"))),
            (&words, true.into(), Some(word("True"))),
            (&words, word("true"), Some(word("True"))),
            (&words, 64.into(), Some(word("64"))),
            (&words, 64.0.into(), Some(word("64"))),
            (&words, word("a b "), Some(word("a b"))),
            (&words, 65.into(), None),
            (&mixed, word("null"), Some(Value::Null)),
            (&mixed, 1.into(), Some(word("1"))),
            (&mixed, word("01"), Some(word("01"))),
            (&mixed, 1.0.into(), None),
            (&mixed, word("2"), Some(2.into())),
            (&sizes, f64::from(0.1_f32).into(), Some(0.1.into())),
            (&sizes, word("64"), Some(64.into())),
            (&sizes, 0.15.into(), None),
        ] {
            let value: Value = value;
            assert_eq!(domain.matching(&value), expected, "{domain} {value:?}");
        }
    }
}
