//! Expression trees of PyBaMM as text: `{"type": "Addition", "children": [...]}` becomes `a + b`.
use serde_json::Value as Json;

use crate::document::diagnostic::Diagnostic;

/// The length of the longest text in bytes, beyond that of an expression.
const LONGEST: usize = 20_000;

/// The text of a name in a tree: of a variable, or of another parameter. `None` where there is none.
pub(super) type Names<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// The strength with which the parts of a text hold together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Sum,
    Product,
    Power,
    Atom,
}

/// A text, and its weakest binding.
struct Text(String, Binding);

impl Text {
    /// The text, in parentheses where it holds together less than is asked for.
    fn within(self, least: Binding) -> String {
        if self.1 < least { format!("({})", self.0) } else { self.0 }
    }
}

/// The text of a tree.
///
/// # Errors
/// It has a node that an expression here cannot hold, or a name that nothing has.
pub(super) fn text(tree: &Json, names: &Names) -> Result<String, Diagnostic> {
    Ok(written(tree, names)?.0)
}

fn written(tree: &Json, names: &Names) -> Result<Text, Diagnostic> {
    let text = unbounded(tree, names)?;
    match text.0.len() > LONGEST {
        true => Err(Diagnostic::new("the expression is too long").hint("give the function as a table")),
        false => Ok(text),
    }
}

fn unbounded(tree: &Json, names: &Names) -> Result<Text, Diagnostic> {
    if let Some(number) = tree.as_f64() {
        return Ok(literal(number));
    }
    let kind = tree.get("type").and_then(Json::as_str).unwrap_or_default();
    let children = tree.get("children").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let child = |index: usize| -> Result<Text, Diagnostic> {
        let child = children.get(index);
        written(child.ok_or_else(|| Diagnostic::new(format!("a `{kind}` has too few children")))?, names)
    };
    let joined = |sign: &str, left: Binding, right: Binding, whole: Binding| -> Result<Text, Diagnostic> {
        Ok(Text(format!("{}{sign}{}", child(0)?.within(left), child(1)?.within(right)), whole))
    };
    let call = |name: &str| -> Result<Text, Diagnostic> {
        let arguments =
            (0..children.len().max(1)).map(|index| Ok(child(index)?.0)).collect::<Result<Vec<_>, Diagnostic>>();
        Ok(Text(format!("{name}({})", arguments?.join(", ")), Binding::Atom))
    };
    use Binding::{Atom, Power, Product, Sum};
    match kind {
        "Scalar" => {
            tree.get("value").and_then(Json::as_f64).map(literal).ok_or_else(|| Diagnostic::new("a number is missing"))
        }
        "Parameter" | "FunctionParameter" => {
            let name = tree.get("name").and_then(Json::as_str).unwrap_or_default();
            if tree.get("diff_variable").is_some_and(|variable| !variable.is_null()) {
                return Err(Diagnostic::new(format!("the derivative of `{name}` cannot be held")).hint("write it out"));
            }
            let text = names(name).ok_or_else(|| {
                Diagnostic::new(format!("there is no number `{name}`"))
                    .hint("functions read `sto`, `c_e`, `c_s_surf`, `c_s_max`, `T`, and numbers of the file")
            })?;
            let is_word = text.chars().all(|letter| letter.is_alphanumeric() || ['_', '.'].contains(&letter));
            Ok(Text(text, if is_word { Atom } else { Sum }))
        }
        "ExpressionFunctionParameter" | "PrimaryBroadcast" | "FullBroadcast" | "SecondaryBroadcast" => child(0),
        "Addition" => joined(" + ", Sum, Sum, Sum),
        "Subtraction" => joined(" - ", Sum, Product, Sum),
        "Multiplication" => joined(" * ", Product, Product, Product),
        "Division" => joined(" / ", Product, Power, Product),
        "Power" => joined(" ** ", Atom, Atom, Power),
        "Negate" => Ok(Text(format!("-{}", child(0)?.within(Power)), Sum)),
        "Minimum" => call("min"),
        "Maximum" => call("max"),
        "AbsoluteValue" => call("abs"),
        "Exp" | "Sqrt" | "Tanh" | "Sinh" | "Cosh" | "Erf" | "Log" | "Log10" => call(&kind.to_lowercase()),
        "Arcsinh" => {
            let inner = child(0)?.within(Atom);
            Ok(Text(format!("log({inner} + sqrt({inner} ** 2 + 1))"), Atom))
        }
        "Sign" => {
            let inner = child(0)?.within(Atom);
            Ok(Text(format!("(({inner} > 0) - ({inner} < 0))"), Atom))
        }
        "NotEqualHeaviside" => Ok(Text(format!("({})", joined(" < ", Product, Product, Sum)?.0), Atom)),
        "EqualHeaviside" => Ok(Text(format!("({})", joined(" <= ", Product, Product, Sum)?.0), Atom)),
        "Interpolant" => Err(Diagnostic::new("an interpolation within an expression cannot be held")
            .hint("give the whole function as a table, {\"x\": [...], \"y\": [...]}")),
        _ => Err(Diagnostic::new(format!("there is no `{kind}` in expressions here")).hint(
            "they have arithmetic, exp, log, sqrt, tanh, sinh, cosh, erf, abs, minimum, maximum and comparisons",
        )),
    }
}

fn literal(number: f64) -> Text {
    if number < 0.0 { Text(format!("({number:?})"), Binding::Atom) } else { Text(format!("{number:?}"), Binding::Atom) }
}

/// A text of Python with other names for its variables; a name before a parenthesis is a function, and stays.
pub(super) fn renamed(text: &str, names: &Names) -> String {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
    let letters: Vec<char> = text.chars().map(|letter| if letter.is_whitespace() { ' ' } else { letter }).collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < letters.len() {
        if !is_part(letters[at]) {
            out.push(letters[at]);
            at += 1;
            continue;
        }
        let end = (at..letters.len()).find(|&k| !is_part(letters[k])).unwrap_or(letters.len());
        let word: String = letters[at..end].iter().collect();
        let is_call = letters[end..].iter().find(|letter| **letter != ' ') == Some(&'(');
        let is_name = letters[at].is_alphabetic() || letters[at] == '_';
        match names(&word).filter(|_| is_name && !is_call) {
            Some(text) if text.chars().all(is_part) => out += &text,
            Some(text) => out += &format!("({text})"),
            None => out += &word,
        }
        at = end;
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn trees_become_texts() {
        let node = |kind: &str, children: Vec<Json>| json!({"type": kind, "children": children});
        let name = |name: &str| json!({"type": "Parameter", "name": name});
        let number = |value: f64| json!({"type": "Scalar", "value": value});
        let sum = node("Addition", vec![name("sto"), number(-1.0)]);
        let names = |name: &str| match name {
            "sto" => Some("s".to_owned()),
            "k" => Some("1 + 2".to_owned()),
            _ => None,
        };
        for (tree, expected) in [
            (node("Multiplication", vec![sum.clone(), sum.clone()]), "(s + (-1.0)) * (s + (-1.0))"),
            (node("Subtraction", vec![sum.clone(), sum.clone()]), "s + (-1.0) - (s + (-1.0))"),
            (
                node("Division", vec![number(1e-10), node("Division", vec![name("sto"), number(2.0)])]),
                "1e-10 / (s / 2.0)",
            ),
            (node("Power", vec![sum.clone(), number(0.5)]), "(s + (-1.0)) ** 0.5"),
            (node("Exp", vec![node("Negate", vec![name("k")])]), "exp(-(1 + 2))"),
            (node("EqualHeaviside", vec![name("sto"), number(0.5)]), "(s <= 0.5)"),
            (node("Minimum", vec![name("sto"), number(1.0)]), "min(s, 1.0)"),
        ] {
            let text = text(&tree, &names).unwrap();
            assert_eq!(text, expected);
            crate::battery::cell::formula::Formula::parse(&text).unwrap();
        }
        assert!(text(&name("x"), &names).unwrap_err().to_string().contains("`x`"));
        assert!(text(&node("Gradient", vec![sum]), &names).unwrap_err().to_string().contains("`Gradient`"));
        assert!(text(&node("Addition", vec![]), &names).is_err());
    }

    #[test]
    fn names_are_replaced_and_functions_stay() {
        let names = |name: &str| (name == "sto" || name == "exp").then(|| "s + 0".to_owned());
        assert_eq!(renamed("np.exp(-sto) + 1e-3*sto_2", &names), "np.exp(-(s + 0)) + 1e-3*sto_2");
    }
}
