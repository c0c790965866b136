//! Expressions of R as conditions use them, written as expressions of galvani.
use crate::document::diagnostic::Positioned;
use crate::exchange::draft::among;
use crate::exchange::irace::token::{Token, tokens};
use crate::exchange::words::value;
use crate::space::expression::quoting::quoted;
use crate::space::hyperparameter::{Domain, Hyperparameter, Value};

/// The parentheses that stand in each other at most.
const DEEPEST: usize = 64;

/// The tokens of an expression at most.
const LONGEST: usize = 2_000;

/// The binary operators of R by how tightly they bind, the loosest first, each with its word here.
const LEVELS: [&[(&str, &str)]; 6] = [
    &[("||", "or"), ("|", "or")],
    &[("&&", "and"), ("&", "and")],
    // Here stands `!`, between the two.
    &[("==", "=="), ("!=", "!="), ("<=", "<="), (">=", ">="), ("<", "<"), (">", ">")],
    &[("+", "+"), ("-", "-")],
    &[("*", "*"), ("/", "/")],
    &[("%in%", "in"), ("%/%", "//"), ("%%", "%")],
];

/// The level of the comparisons.
const COMPARISON: usize = 2;

/// A part of an expression.
#[derive(Clone, Debug)]
enum Term {
    Name(String),
    /// A number, a word or a truth as it is written.
    Literal(String),
    /// `c(...)`.
    List(Vec<String>),
    /// Text of galvani's expressions with the binding of its operator.
    Text(String, Binding),
}

/// The binding of operators in galvani's expressions, from the loosest to the tightest.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Binding {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Sign,
    Power,
    Atom,
}

impl Binding {
    fn of(word: &str) -> Self {
        match word {
            "or" => Self::Or,
            "and" => Self::And,
            "+" | "-" => Self::Sum,
            "*" | "/" | "//" | "%" => Self::Product,
            _ => Self::Comparison,
        }
    }
}

/// The expression of galvani that means the same as one of R; `find` knows the parameters.
///
/// # Errors
/// The text is no expression, or uses what expressions here do not have, such as a function.
pub(super) fn translated<'a>(
    text: &str,
    find: impl Fn(&str) -> Option<&'a Hyperparameter>,
) -> Result<String, Positioned> {
    let tokens = tokens(text).map_err(|at| {
        let letter = text[at..].chars().next().unwrap_or_default();
        Positioned::new(at, format!("`{letter}` begins nothing that a condition can hold")).hint(HINT)
    })?;
    if tokens.len() > LONGEST {
        return Err(Positioned::new(0, format!("the expression has more than {LONGEST} parts")).hint("shorten it"));
    }
    let mut reader = ExpressionReader { tokens, at: 0, depth: 0, find };
    let term = reader.level(0)?;
    reader.expect_end()?;
    reader.text(&term, Binding::Or)
}

const HINT: &str = "conditions here have comparisons, `%in% c(...)`, `&`, `|`, `!`, parentheses and arithmetic";

struct ExpressionReader<F> {
    tokens: Vec<(Token, usize)>,
    at: usize,
    depth: usize,
    find: F,
}

impl<'a, F: Fn(&str) -> Option<&'a Hyperparameter>> ExpressionReader<F> {
    fn level(&mut self, level: usize) -> Result<Term, Positioned> {
        if level == COMPARISON && self.take("!") {
            self.deeper()?;
            let inner = self.level(COMPARISON)?;
            self.depth -= 1;
            return Ok(Term::Text(format!("not {}", self.text(&inner, Binding::Sum)?), Binding::Not));
        }
        let Some(operators) = LEVELS.get(level) else { return self.power() };
        let mut left = self.level(level + 1)?;
        while let Some((_, word)) = operators.iter().find(|(sign, _)| self.take(sign)) {
            // The right side of `&` may begin with `!`, as that of no other operator.
            let right = self.level(level + 1)?;
            left = match *word {
                "in" => self.membership(&left, &right)?,
                word if level == COMPARISON => self.comparison(&left, word, &right)?,
                word => self.binary(&left, word, &right)?,
            };
            if level == COMPARISON {
                break;
            }
        }
        Ok(left)
    }

    /// A sign, a power, or what they are made of.
    fn power(&mut self) -> Result<Term, Positioned> {
        if self.take("-") {
            self.deeper()?;
            let inner = self.power()?;
            self.depth -= 1;
            return Ok(match inner {
                Term::Literal(number) => Term::Literal(format!("-{number}")),
                inner => Term::Text(format!("-{}", self.text(&inner, Binding::Atom)?), Binding::Sign),
            });
        }
        while self.take("+") {}
        let base = self.atom()?;
        if !self.take("^") && !self.take("**") {
            return Ok(base);
        }
        self.deeper()?;
        let exponent = self.power()?;
        self.depth -= 1;
        let (base, exponent) = (self.text(&base, Binding::Atom)?, self.text(&exponent, Binding::Atom)?);
        Ok(Term::Text(format!("{base} ** {exponent}"), Binding::Power))
    }

    fn atom(&mut self) -> Result<Term, Positioned> {
        let (token, place) = self.tokens[self.at].clone();
        self.at += 1;
        match token {
            Token::Number(number) => Ok(Term::Literal(number)),
            Token::Text(text) => Ok(Term::Literal(text)),
            Token::Name(name) if self.tokens[self.at].0 == Token::Sign("(") => match name.as_str() {
                "c" => self.list(),
                _ => Err(Positioned::new(place, format!("the function `{name}` cannot be used here")).hint(HINT)),
            },
            Token::Name(name) if (self.find)(&name).is_some() => Ok(Term::Name(name)),
            Token::Name(name) => match name.as_str() {
                "TRUE" | "T" => Ok(Term::Literal("true".into())),
                "FALSE" | "F" => Ok(Term::Literal("false".into())),
                _ => {
                    let message = format!("there is no parameter named `{name}`");
                    Err(Positioned::new(place, message).hint(format!("a word stands in quotes: \"{name}\"")))
                }
            },
            Token::Sign("(") => {
                self.deeper()?;
                let inner = self.level(0)?;
                self.depth -= 1;
                match self.take(")") {
                    true => Ok(inner),
                    false => Err(self.unexpected("`)` is missing")),
                }
            }
            Token::Sign(_) | Token::End => {
                self.at -= 1;
                Err(self.unexpected("a parameter, a number or a word is missing"))
            }
        }
    }

    /// The elements behind `c`.
    fn list(&mut self) -> Result<Term, Positioned> {
        let mut elements = Vec::new();
        let mut is_open = self.take("(");
        while is_open {
            match self.power()? {
                Term::Literal(element) => elements.push(element),
                _ => return Err(self.unexpected("a list has numbers and words only")),
            }
            is_open = self.take(",");
        }
        match self.take(")") {
            true => Ok(Term::List(elements)),
            false => Err(self.unexpected("the list does not end with `)`")),
        }
    }

    /// `parameter %in% c(...)`.
    fn membership(&self, left: &Term, right: &Term) -> Result<Term, Positioned> {
        let elements = match right {
            Term::List(elements) => elements.clone(),
            Term::Literal(element) => vec![element.clone()],
            _ => return Err(self.unexpected("behind `%in%` stands a list such as c(1, 2)")),
        };
        let Some(parameter) = self.parameter(left) else {
            return Err(self.unexpected("before `%in%` stands a parameter"));
        };
        let values: Vec<Value> = elements.iter().map(|element| value(&parameter.domain, element)).collect();
        Ok(Term::Text(among(&parameter.name, &parameter.domain, &values), Binding::Comparison))
    }

    /// A comparison, in which a literal is a value of the parameter on the other side.
    fn comparison(&self, left: &Term, sign: &str, right: &Term) -> Result<Term, Positioned> {
        let side = |own: &Term, other: &Term| match (own, self.parameter(other)) {
            (Term::Literal(text), Some(parameter)) => Ok(literal(&parameter.domain, text)),
            _ => self.text(own, Binding::Sum),
        };
        Ok(Term::Text(format!("{} {sign} {}", side(left, right)?, side(right, left)?), Binding::Comparison))
    }

    /// Terms joined by an operator that binds from left to right.
    fn binary(&self, left: &Term, word: &str, right: &Term) -> Result<Term, Positioned> {
        let binding = Binding::of(word);
        let tighter = match binding {
            Binding::Or => Binding::And,
            Binding::And => Binding::Not,
            Binding::Sum => Binding::Product,
            _ => Binding::Sign,
        };
        Ok(Term::Text(format!("{} {word} {}", self.text(left, binding)?, self.text(right, tighter)?), binding))
    }

    fn parameter(&self, term: &Term) -> Option<&'a Hyperparameter> {
        match term {
            Term::Name(name) => (self.find)(name),
            _ => None,
        }
    }

    /// The text of a term, in parentheses where its operator binds less tightly than its place asks for.
    fn text(&self, term: &Term, least: Binding) -> Result<String, Positioned> {
        Ok(match term {
            Term::Name(name) => quoted(name).into_owned(),
            Term::Literal(text) => literal(&Domain::Float { min: 0.0, max: 0.0, log: false }, text),
            Term::Text(text, binding) if *binding < least => format!("({text})"),
            Term::Text(text, _) => text.clone(),
            Term::List(_) => return Err(self.unexpected("a list stands behind `%in%` only")),
        })
    }

    fn take(&mut self, sign: &str) -> bool {
        let is_next = matches!(&self.tokens[self.at].0, Token::Sign(next) if *next == sign);
        self.at += usize::from(is_next);
        is_next
    }

    fn deeper(&mut self) -> Result<(), Positioned> {
        self.depth += 1;
        match self.depth > DEEPEST {
            true => Err(self.unexpected("the expression is nested too deeply")),
            false => Ok(()),
        }
    }

    fn expect_end(&self) -> Result<(), Positioned> {
        match self.tokens[self.at].0 {
            Token::End => Ok(()),
            _ => Err(self.unexpected("the expression goes on where it should end")),
        }
    }

    fn unexpected(&self, message: &str) -> Positioned {
        let place = self.tokens[self.at.min(self.tokens.len() - 1)].1;
        Positioned::new(place, message.to_owned()).hint(HINT)
    }
}

/// A literal as a value of a domain; of no value of it, as a number or a word.
fn literal(domain: &Domain, text: &str) -> String {
    value(domain, text).to_literal()
}
