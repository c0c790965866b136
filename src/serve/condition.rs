//! Conditions on trials, as a reader types them: `rate<0.1 kind=tree` compares hyperparameters, a word alone is searched for.
use crate::document::diagnostic::Diagnostic;
use crate::document::spelling::nearest;
use crate::serve::run_view::Run;
use crate::serve::thin::word;
use crate::space::Space;
use crate::space::hyperparameter::Value;
use crate::trial::Trial;
use crate::trial::outcome::Outcome;

/// The terms that a condition may have.
const TERMS: usize = 16;

/// A term; all terms of a condition must hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Term {
    /// A hyperparameter, by its index, compared with a value.
    Compared { hyperparameter: usize, sign: Sign, value: String },
    /// A word that a value, the origin, the instance or the message has in it.
    Found(String),
}

/// A sign of comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// The signs, those of two letters first.
const SIGNS: [(&str, Sign); 7] = [
    ("!=", Sign::Unequal),
    ("<=", Sign::AtMost),
    (">=", Sign::AtLeast),
    ("==", Sign::Equal),
    ("=", Sign::Equal),
    ("<", Sign::Less),
    (">", Sign::Greater),
];

/// The terms of a text.
///
/// # Errors
/// A term compares what is no hyperparameter, or there are too many.
pub(crate) fn terms(text: &str, space: &Space) -> Result<Vec<Term>, Diagnostic> {
    let all: Vec<&str> = text.split([' ', ',']).filter(|term| !term.is_empty()).collect();
    if all.len() > TERMS {
        return Err(Diagnostic::new(format!("a filter has at most {TERMS} terms, not {}", all.len())));
    }
    all.into_iter().map(|text| term(text, space)).collect()
}

fn term(text: &str, space: &Space) -> Result<Term, Diagnostic> {
    let Some(at) = text.find(['=', '<', '>', '!']).filter(|at| *at > 0) else {
        return Ok(Term::Found(text.to_lowercase()));
    };
    let (name, rest) = text.split_at(at);
    let Some((value, sign)) = SIGNS.iter().find_map(|(sign, kind)| Some((rest.strip_prefix(sign)?, *kind))) else {
        return Ok(Term::Found(text.to_lowercase()));
    };
    let unknown = || {
        let names = || space.hyperparameters().iter().map(|each| each.name.as_str());
        let hint = match nearest(name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", names().take(12).collect::<Vec<_>>().join(", ")),
        };
        Diagnostic::new(format!("there is no hyperparameter `{name}`")).hint(hint)
    };
    let hyperparameter = space.index(name).ok_or_else(unknown)?;
    Ok(Term::Compared { hyperparameter, sign, value: value.to_owned() })
}

impl Term {
    /// True where it holds for a trial.
    pub(crate) fn holds(&self, run: &Run, trial: &Trial) -> bool {
        let (space, index) = (&run.experiment.space, trial.proposal.configuration_id.index());
        match self {
            Self::Compared { hyperparameter, sign, value } => {
                run.configurations.value(space, index, *hyperparameter).is_some_and(|own| sign.holds(&own, value))
            }
            Self::Found(text) => {
                let has = |it: &str| it.to_lowercase().contains(text.as_str());
                let message = match &trial.outcome {
                    Some(Outcome::Crashed { message }) => message,
                    _ => "",
                };
                has(trial.proposal.origin.name())
                    || has(message)
                    || trial.proposal.instance.as_deref().is_some_and(has)
                    || run.configurations.row(space, index).any(|(_, value)| has(&word(&value)))
            }
        }
    }
}

impl Sign {
    /// True where it holds between a value and a text, both as numbers where both are.
    fn holds(self, own: &Value, other: &str) -> bool {
        let order = match (own, other.parse::<f64>()) {
            (Value::Integer(_) | Value::Float(_), Ok(other)) => own.number().and_then(|own| own.partial_cmp(&other)),
            // A number and a word differ, and none is before the other.
            (Value::Integer(_) | Value::Float(_), Err(_)) => return matches!(self, Self::Unequal),
            _ => Some((*word(own)).cmp(other)),
        };
        order.is_some_and(|order| match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::AtLeast => order.is_ge(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_text_becomes_terms_or_is_refused_with_the_nearest_name() {
        let text = r#"(parameters: { "rate": Float(min: 0, max: 1), "kind": Categorical(choices: ["a", "b"]) })"#;
        let space = Space::parse(text, Path::new("test.ron")).unwrap();
        let compared = |hyperparameter, sign, value: &str| Term::Compared { hyperparameter, sign, value: value.into() };
        assert_eq!(
            terms("rate<=0.5, kind!=a  Model", &space),
            Ok(vec![compared(0, Sign::AtMost, "0.5"), compared(1, Sign::Unequal, "a"), Term::Found("model".into())])
        );
        assert_eq!(terms("rat>1", &space).unwrap_err().hint.as_deref(), Some("did you mean `rate`?"));
        assert!(terms(&"a ".repeat(17), &space).is_err());
        assert_eq!(terms("  ", &space), Ok(vec![]));
        for (own, sign, other, expected) in [
            (Value::Float(0.5), Sign::AtMost, "0.5", true),
            (Value::Integer(10), Sign::Greater, "9", true),
            (Value::Word("b".into()), Sign::Equal, "b", true),
            (Value::Boolean(true), Sign::Equal, "true", true),
            (Value::Float(0.5), Sign::Less, "x", false),
        ] {
            assert_eq!(sign.holds(&own, other), expected, "{own} {sign:?} {other}");
        }
    }
}
