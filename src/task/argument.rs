//! Arguments of a command: a template, a flag, or one for each active hyperparameter.
use crate::document::diagnostic::Diagnostic;
use crate::space::Space;
use crate::space::hyperparameter::Value;
use crate::task::template::{Template, TemplateValues, unknown};

/// An argument as an experiment has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Argument {
    /// A text with placeholders, left out where one of its values does not exist.
    Text(Template),
    /// `{flag:--FLAG NAME}`: the flag where a hyperparameter is true; `{flag:--FLAG/--OTHER NAME}` has one where it is false.
    Flag { forms: FlagForms, name: String },
    /// `{all:--NAME=VALUE}`: the words of this form for each active hyperparameter. Truths may have another form.
    All { words: Vec<String>, truth: Option<FlagForms> },
}

/// The words for a truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FlagForms {
    when_true: String,
    when_false: Option<String>,
}

impl FlagForms {
    /// `--FLAG`, or `--FLAG/--OTHER`.
    fn of(text: &str) -> Self {
        match text.split_once('/').filter(|(_, other)| other.starts_with('-')) {
            Some((flag, other)) => Self { when_true: flag.to_owned(), when_false: Some(other.to_owned()) },
            None => Self { when_true: text.to_owned(), when_false: None },
        }
    }

    fn word(&self, truth: bool) -> Option<&str> {
        if truth { Some(&self.when_true) } else { self.when_false.as_deref() }
    }
}

impl Argument {
    /// The argument of a text.
    ///
    /// # Errors
    /// A placeholder has a name that is not known, or a form lacks a part.
    pub(crate) fn parse(text: &str, space: &Space) -> Result<Self, Diagnostic> {
        let inner = |prefix: &str| text.strip_prefix(prefix)?.strip_suffix('}');
        let whole = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
        let is_name = whole.is_some_and(|name| space.index(name).is_some());
        if let Some(form) = inner("{all:").filter(|_| !is_name) {
            return Self::all(form);
        }
        if let Some(form) = inner("{flag:").filter(|_| !is_name) {
            return Self::flag(form, space);
        }
        if (text.starts_with("{all:") || text.starts_with("{flag:")) && !text.contains('}') {
            return Err(Diagnostic::new(format!("`{text}` lacks its closing `}}`")).hint(format!("write `{text}}}`")));
        }
        if let Some(word) = ["{all:", "{flag:"].into_iter().find(|word| text.contains(word) && !is_name) {
            let message = format!("`{word}...}}` must be an argument of its own, without text around it");
            return Err(Diagnostic::new(message).hint("for example arguments: [\"train.py\", \"{all:--NAME=VALUE}\"]"));
        }
        Template::parse(text, space).map(Self::Text)
    }

    fn all(form: &str) -> Result<Self, Diagnostic> {
        let whole = form;
        let (form, truth) = match form.rsplit_once('|') {
            Some((form, truth)) => (form, Some(FlagForms::of(truth.trim()))),
            None => (form, None),
        };
        let words: Vec<String> = form.split_whitespace().map(str::to_owned).collect();
        let has = |part: &str| words.iter().any(|word| word.contains(part));
        let is_flag = truth.as_ref().is_none_or(|forms| forms.when_true.contains("NAME"));
        if has("NAME") && has("VALUE") && is_flag {
            return Ok(Self::All { words, truth });
        }
        if has("NAME") && has("VALUE") {
            let message =
                format!("`{{all:{whole}}}` needs the word NAME behind `|`, in the argument of one that is true");
            let hint = "for example {all:--NAME=VALUE|--NAME}, or leave `|` out to write true and false as values";
            return Err(Diagnostic::new(message).hint(hint));
        }
        let hint = "for example {all:--NAME=VALUE}, {all:--NAME VALUE} (two arguments), or {all:--NAME=VALUE|--NAME} \
                    (the flag alone for true, nothing for false)";
        let message =
            format!("`{{all:{whole}}}` needs the words NAME and VALUE, which stand for those of each parameter");
        Err(Diagnostic::new(message).hint(hint))
    }

    fn flag(form: &str, space: &Space) -> Result<Self, Diagnostic> {
        let Some((flag, name)) = form.split_once(char::is_whitespace).map(|(flag, name)| (flag, name.trim())) else {
            let message = format!("`{{flag:{form}}}` needs a flag, a space and the name of a parameter");
            return Err(Diagnostic::new(message).hint("for example {flag:--use-bias use_bias}"));
        };
        let bare = name.strip_prefix('`').and_then(|name| name.strip_suffix('`')).map(|name| name.replace("``", "`"));
        let name = bare.unwrap_or_else(|| name.to_owned());
        let index = space.index(&name).ok_or_else(|| unknown(&name, space))?;
        let is_truth = |value: &Value| matches!(value, Value::Boolean(_) | Value::Null);
        let values = space.hyperparameters()[index].domain.values();
        if values.is_empty() || !values.iter().all(is_truth) {
            let message = format!("`{{flag:{form}}}` needs a parameter that is true or false, and `{name}` is not");
            return Err(Diagnostic::new(message).hint(format!("write {flag}={{{name}}}, or make it Boolean()")));
        }
        Ok(Self::Flag { forms: FlagForms::of(flag), name })
    }

    /// The arguments with the values of a trial.
    pub(crate) fn expand(&self, values: &TemplateValues) -> Vec<String> {
        match self {
            Self::Text(template) => template.expand(values).into_iter().collect(),
            Self::Flag { forms, name } => match values.config.get(name) {
                Some(Value::Boolean(truth)) => forms.word(*truth).map(str::to_owned).into_iter().collect(),
                _ => Vec::new(),
            },
            Self::All { words, truth } => {
                let each = |(name, value): (&String, &Value)| match (value, truth) {
                    (Value::Null, _) => Vec::new(),
                    (Value::Boolean(is), Some(forms)) => {
                        forms.word(*is).map(|word| filled(word, name, "VALUE")).into_iter().collect()
                    }
                    _ => words.iter().map(|word| filled(word, name, &value.to_string())).collect(),
                };
                values.config.iter().flat_map(each).collect()
            }
        }
    }

    /// True for an argument that has no value of a trial.
    pub(crate) fn is_fixed(&self) -> bool {
        matches!(self, Self::Text(template) if template.names().next().is_none())
    }
}

/// A word of a form with a name in place of each `NAME` and a value in place of each `VALUE`.
fn filled(word: &str, name: &str, value: &str) -> String {
    let mut text = String::new();
    let mut rest = word;
    while let Some(letter) = rest.chars().next() {
        let (part, length) = if rest.starts_with("NAME") {
            (name, "NAME".len())
        } else if rest.starts_with("VALUE") {
            (value, "VALUE".len())
        } else {
            (&rest[..letter.len_utf8()], letter.len_utf8())
        };
        text.push_str(part);
        rest = &rest[length..];
    }
    text
}
