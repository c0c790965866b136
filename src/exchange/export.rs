//! A space as text in another format, with notes on the parts that the format cannot express.
use crate::document::diagnostic::Diagnostic;
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::hyperparameter::Value;

/// The text in another format, and notes on the parts that it does not express exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    pub text: String,
    pub notes: Vec<String>,
}

/// The error for a parameter whose condition never holds, which no format can express.
pub(super) fn never_active(name: &str, condition: &str) -> Diagnostic {
    let message = format!("`{name}` is never active, because `{condition}` never holds");
    Diagnostic::new(message).hint("take the parameter out")
}

/// The note on a part of a parameter that a format cannot express.
pub(super) fn left_out(part: &str, name: &str) -> String {
    format!("the {part} of `{name}` cannot be expressed there and is left out")
}

/// The default of each hyperparameter; other programs refuse a space whose defaults are forbidden.
pub(super) fn defaults(space: &Space, notes: &mut Vec<String>) -> Vec<Value> {
    let own = space.hyperparameters().iter().map(|each| each.default.clone());
    if space.default_configuration().is_ok() {
        return own.collect();
    }
    let legal = space.sample(&mut Stream::of(0, "export", 0));
    notes.push("the default configuration is forbidden; the file has a legal one instead".into());
    let legal = legal.map(|configuration| configuration.values().to_vec());
    own.enumerate().map(|(index, own)| legal.as_ref().ok().and_then(|all| all[index].clone()).unwrap_or(own)).collect()
}
