//! An arithmetic expression over concentration `c`, stoichiometry `s` and temperature `T`.
//!
//! `+ - * / **`, parentheses, `exp ln log log10 sqrt abs erf sinh cosh tanh min max`, the constants `R` (J/mol/K), `F`
//! (C/mol) and `pi`. A comparison (`< <= > >= == !=`, joined by `and`, `or`, `not`) is 1 or 0; `if(test, a, b)` and
//! `a if test else b` choose. Functions may be written as in Python, `np.exp(s)`. Powers bind as in mathematics: `-s ** 2`
//! is `-(s ** 2)`. Arithmetic is the simulator's own, the same bits on every machine.
use minijinja::machinery::Span;
use minijinja::machinery::ast::{BinOpKind, Call, CallArg, Expr, UnaryOpKind};

use crate::battery::cell::constants::{FARADAY, GAS};
use crate::battery::simd::elementary::{erf, exp, ln, power, tanh};
use crate::document::diagnostic::Positioned;
use crate::document::expression::{self, SyntaxError};
use crate::document::spelling::suggestion;

/// The values of an expression's variables: concentration in the electrolyte, mol/m³; stoichiometry; temperature, K.
pub(crate) type Conditions = [f64; 3];

/// The variables that an expression may read, by their place in a point.
pub(crate) const VARIABLES: [&str; 3] = ["c", "s", "T"];

const FUNCTIONS: [&str; 13] =
    ["exp", "ln", "log", "log10", "sqrt", "abs", "erf", "sinh", "cosh", "tanh", "min", "max", "if"];
/// Names of Python's modules before a function, which mean nothing here.
const MODULES: [&str; 4] = ["np", "numpy", "math", "pybamm"];
const CONSTANTS: [(&str, f64); 3] = [("R", GAS), ("F", FARADAY), ("pi", std::f64::consts::PI)];
/// The length of the longest expression in bytes, which limits the depth of recursion.
const LONGEST: usize = 4000;

/// A parsed expression.
#[derive(Clone, Debug)]
pub(crate) struct Formula {
    root: FormulaTerm,
    /// The variables that it reads.
    pub reads: [bool; 3],
}

#[derive(Clone, Debug)]
enum FormulaTerm {
    Number(f64),
    Variable(usize),
    Negative(Box<FormulaTerm>),
    Sum(Box<FormulaTerm>, Box<FormulaTerm>),
    Difference(Box<FormulaTerm>, Box<FormulaTerm>),
    Product(Box<FormulaTerm>, Box<FormulaTerm>),
    Quotient(Box<FormulaTerm>, Box<FormulaTerm>),
    Power(Box<FormulaTerm>, Box<FormulaTerm>),
    /// A function of one argument, with its name.
    Function(&'static str, fn(f64) -> f64, Box<FormulaTerm>),
    Lesser(Box<FormulaTerm>, Box<FormulaTerm>),
    Greater(Box<FormulaTerm>, Box<FormulaTerm>),
    /// 1 where it holds of both, else 0.
    Test(fn(f64, f64) -> bool, Box<FormulaTerm>, Box<FormulaTerm>),
    /// The second where the first is not zero, else the third.
    Choice(Box<[FormulaTerm; 3]>),
}

impl Formula {
    /// A number that depends on nothing.
    pub(crate) fn number(value: f64) -> Self {
        Self { root: FormulaTerm::Number(value), reads: [false; 3] }
    }

    /// Parses an expression; fails at the first byte that does not belong to one.
    pub(crate) fn parse(text: &str) -> Result<Self, Positioned> {
        if text.len() > LONGEST {
            return Err(mistake(LONGEST, "the expression is too long", "write a table of points instead"));
        }
        let syntax = expression::parse(text, |_| false).map_err(|error| syntax_mistake(text, error))?;
        let mut reader = FormulaReader { text, reads: [false; 3] };
        let root = reader.term(&syntax)?;
        Ok(Self { root, reads: reader.reads })
    }

    /// The expression in Python's syntax, with texts for `c`, `s` and `T`; `None` where it has more than arithmetic and the
    /// functions `exp`, `tanh` and `cosh`.
    pub(crate) fn plain_text(&self, variables: &[&str; 3]) -> Option<String> {
        self.root.plain_text(variables)
    }

    /// The value of the expression; not a number where it is not defined.
    pub(crate) fn at(&self, point: &Conditions) -> f64 {
        self.root.at(point)
    }
}

impl FormulaTerm {
    fn at(&self, point: &Conditions) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Variable(index) => point[*index],
            Self::Negative(a) => -a.at(point),
            Self::Sum(a, b) => a.at(point) + b.at(point),
            Self::Difference(a, b) => a.at(point) - b.at(point),
            Self::Product(a, b) => a.at(point) * b.at(point),
            Self::Quotient(a, b) => a.at(point) / b.at(point),
            Self::Power(a, b) => raised(a.at(point), b.at(point)),
            Self::Function(_, function, a) => function(a.at(point)),
            Self::Lesser(a, b) => a.at(point).min(b.at(point)),
            Self::Greater(a, b) => a.at(point).max(b.at(point)),
            Self::Test(test, a, b) => f64::from(u8::from(test(a.at(point), b.at(point)))),
            Self::Choice(terms) => {
                let [test, then, otherwise] = &**terms;
                if test.at(point) == 0.0 { otherwise.at(point) } else { then.at(point) }
            }
        }
    }

    fn plain_text(&self, variables: &[&str; 3]) -> Option<String> {
        let text = |term: &Self| term.plain_text(variables);
        Some(match self {
            Self::Number(number) if *number < 0.0 => format!("({number:e})"),
            Self::Number(number) => format!("{number:e}"),
            Self::Variable(index) => variables[*index].to_owned(),
            Self::Negative(a) => format!("(-{})", text(a)?),
            Self::Sum(a, b) => format!("({} + {})", text(a)?, text(b)?),
            Self::Difference(a, b) => format!("({} - {})", text(a)?, text(b)?),
            Self::Product(a, b) => format!("({} * {})", text(a)?, text(b)?),
            Self::Quotient(a, b) => format!("({} / {})", text(a)?, text(b)?),
            Self::Power(a, b) => format!("({} ** {})", text(a)?, text(b)?),
            Self::Function(name @ ("exp" | "tanh" | "cosh"), _, a) => format!("{name}({})", text(a)?),
            Self::Function("sqrt", _, a) => format!("({} ** 0.5)", text(a)?),
            _ => return None,
        })
    }
}

fn raised(base: f64, exponent: f64) -> f64 {
    if exponent.fract() == 0.0 && exponent.abs() <= 64.0 {
        let size = (0..exponent.abs() as usize).fold(1.0, |product, _| product * base);
        return if exponent < 0.0 { 1.0 / size } else { size };
    }
    if exponent == 0.5 {
        return base.sqrt();
    }
    match base {
        base if base > 0.0 => power(base, exponent),
        0.0 if exponent > 0.0 => 0.0,
        _ => f64::NAN,
    }
}

fn logarithm(x: f64) -> f64 {
    if x > 0.0 { ln(x) } else { f64::NAN }
}

fn function(name: &str) -> fn(f64) -> f64 {
    match name {
        "exp" => |x| exp(x),
        "ln" | "log" => logarithm,
        "log10" => |x| logarithm(x) / std::f64::consts::LN_10,
        "sqrt" => f64::sqrt,
        "abs" => f64::abs,
        "erf" => |x| erf(x),
        "sinh" => |x| 0.5 * (exp(x) - exp(-x)),
        "cosh" => |x| 0.5 * (exp(x) + exp(-x)),
        _ => |x| tanh(x),
    }
}

struct FormulaReader<'a> {
    text: &'a str,
    reads: [bool; 3],
}

impl FormulaReader<'_> {
    fn term(&mut self, syntax: &Expr) -> Result<FormulaTerm, Positioned> {
        let offset = syntax.span().start_offset as usize;
        match syntax {
            Expr::Const(constant) => match f64::try_from(constant.value.clone()) {
                Ok(number) if number.is_finite() => Ok(FormulaTerm::Number(number)),
                _ => Err(mistake(offset, "this is not a number", "an expression is made of numbers, `c`, `s` and `T`")),
            },
            Expr::Var(variable) => self.name(variable.id, offset),
            Expr::UnaryOp(unary) if matches!(unary.op, UnaryOpKind::Neg) => {
                Ok(FormulaTerm::Negative(Box::new(self.term(&unary.expr)?)))
            }
            Expr::BinOp(binary) => {
                // The parser binds a sign more closely than a power; mathematics does not.
                if let (BinOpKind::Pow, Expr::UnaryOp(unary)) = (binary.op, &binary.left)
                    && !self.is_enclosed(unary.span(), binary.right.span())
                {
                    let base = self.term(&unary.expr)?;
                    let power = FormulaTerm::Power(Box::new(base), Box::new(self.term(&binary.right)?));
                    return Ok(FormulaTerm::Negative(Box::new(power)));
                }
                let left = Box::new(self.term(&binary.left)?);
                let right = Box::new(self.term(&binary.right)?);
                match binary.op {
                    BinOpKind::Add => Ok(FormulaTerm::Sum(left, right)),
                    BinOpKind::Sub => Ok(FormulaTerm::Difference(left, right)),
                    BinOpKind::Mul => Ok(FormulaTerm::Product(left, right)),
                    BinOpKind::Div => Ok(FormulaTerm::Quotient(left, right)),
                    BinOpKind::Pow => Ok(FormulaTerm::Power(left, right)),
                    operator => match test(operator) {
                        Some(test) => Ok(FormulaTerm::Test(test, left, right)),
                        None => Err(mistake(offset, "this operator is not arithmetic", "there are + - * / and **")),
                    },
                }
            }
            Expr::UnaryOp(unary) => {
                let zero = Box::new(FormulaTerm::Number(0.0));
                Ok(FormulaTerm::Test(|a, b| a == b, Box::new(self.term(&unary.expr)?), zero))
            }
            Expr::Compare(_) => Err(mistake(offset, "comparisons cannot be chained", "join them: a < b and b < c")),
            Expr::IfExpr(choice) => {
                let Some(otherwise) = &choice.false_expr else {
                    return Err(mistake(offset, "this `if` has no `else`", "write a if test else b"));
                };
                self.choice([&choice.test_expr, &choice.true_expr, otherwise])
            }
            Expr::Call(call) => self.call(call, offset),
            _ => Err(mistake(offset, "this is not arithmetic", "there are + - * / **, parentheses and functions")),
        }
    }

    fn choice(&mut self, [test, then, otherwise]: [&Expr; 3]) -> Result<FormulaTerm, Positioned> {
        Ok(FormulaTerm::Choice(Box::new([self.term(test)?, self.term(then)?, self.term(otherwise)?])))
    }

    fn name(&mut self, name: &str, offset: usize) -> Result<FormulaTerm, Positioned> {
        if let Some(index) = VARIABLES.iter().position(|variable| *variable == name) {
            self.reads[index] = true;
            return Ok(FormulaTerm::Variable(index));
        }
        if let Some((_, value)) = CONSTANTS.iter().find(|(constant, _)| *constant == name) {
            return Ok(FormulaTerm::Number(*value));
        }
        let hint =
            "c is the concentration in mol/m3, s the stoichiometry, T the temperature in K; R, F and pi are known";
        Err(mistake(offset, &format!("there is no `{name}`"), hint))
    }

    fn call(&mut self, call: &Call, offset: usize) -> Result<FormulaTerm, Positioned> {
        let name = match &call.expr {
            Expr::Var(name) => name.id,
            Expr::GetAttr(path) if matches!(&path.expr, Expr::Var(module) if MODULES.contains(&module.id)) => path.name,
            _ => return Err(mistake(offset, "this is not a function", "functions look like exp(-s)")),
        };
        let Some(&name) = FUNCTIONS.iter().find(|known| **known == name) else {
            let message = format!("there is no function `{name}`");
            return Err(mistake(offset, &message, &suggestion(name, FUNCTIONS)));
        };
        let mut arguments = Vec::new();
        for argument in &call.args {
            let CallArg::Pos(argument) = argument else {
                return Err(mistake(offset, "arguments have no names here", "functions look like exp(-s)"));
            };
            arguments.push(self.term(argument)?);
        }
        let count = arguments.len();
        let mut next = arguments.into_iter();
        match (name, next.next(), next.next(), next.next()) {
            ("min", Some(a), Some(b), None) => Ok(FormulaTerm::Lesser(Box::new(a), Box::new(b))),
            ("max", Some(a), Some(b), None) => Ok(FormulaTerm::Greater(Box::new(a), Box::new(b))),
            ("if", Some(test), Some(a), Some(b)) if count == 3 => Ok(FormulaTerm::Choice(Box::new([test, a, b]))),
            (name, Some(a), None, None) if !["min", "max", "if"].contains(&name) => {
                Ok(FormulaTerm::Function(name, function(name), Box::new(a)))
            }
            _ => {
                let hint = "`min` and `max` take two arguments, `if` takes three, every other function takes one";
                Err(mistake(offset, &format!("`{name}` with {count} arguments"), hint))
            }
        }
    }

    /// True where the term at `inner` is closed by a bracket before the one at `next` begins.
    fn is_enclosed(&self, inner: Span, next: Span) -> bool {
        let between = &self.text[inner.start_offset as usize..next.start_offset as usize];
        let mut depth = 0;
        between.chars().any(|letter| {
            depth += i32::from(letter == '(') - i32::from(letter == ')');
            depth < 0
        })
    }
}

/// The test of an operator that compares, or joins comparisons.
fn test(operator: BinOpKind) -> Option<fn(f64, f64) -> bool> {
    Some(match operator {
        BinOpKind::Eq => |a, b| a == b,
        BinOpKind::Ne => |a, b| a != b,
        BinOpKind::Lt => |a, b| a < b,
        BinOpKind::Lte => |a, b| a <= b,
        BinOpKind::Gt => |a, b| a > b,
        BinOpKind::Gte => |a, b| a >= b,
        BinOpKind::ScAnd => |a, b| a != 0.0 && b != 0.0,
        BinOpKind::ScOr => |a, b| a != 0.0 || b != 0.0,
        _ => return None,
    })
}

fn mistake(offset: usize, message: &str, hint: &str) -> Positioned {
    Positioned::new(offset, message).hint(hint)
}

fn syntax_mistake(text: &str, error: SyntaxError) -> Positioned {
    const HINT: &str = "an expression looks like 3.9e-14 * exp(42770 / R * (1 / 298.15 - 1 / T))";
    match error {
        SyntaxError::Empty => mistake(text.len(), "the expression is empty", HINT),
        SyntaxError::NoToken { start } => mistake(start, "this is not part of an expression", HINT),
        SyntaxError::Unexpected { span, .. } => {
            mistake(span.start, &format!("unexpected `{}`", &text[span.clone()]), HINT)
        }
        SyntaxError::Incomplete { expected, .. } => {
            mistake(text.len(), "the expression ends too early", &format!("{expected} is missing"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_mean_what_mathematics_means() {
        let at =
            |text: &str| Formula::parse(text).unwrap_or_else(|e| panic!("{text}: {e:?}")).at(&[1500.0, 0.4, 300.0]);
        for (text, expected) in [
            ("-12 * (s - 0.62) ** 2", -12.0 * 0.22f64.powi(2)),
            ("-s ** 2", -0.16),
            ("(-s) ** 2", 0.16),
            ("(-s ** 2)", -0.16),
            ("-(s - 1) ** 2 / 0.5", -0.72),
            ("1 - s ** 2", 0.84),
            ("2 * -s ** 2", -0.32),
            ("10 ** (-4.43 - 54 / (T - 229 - 5e-3 * c))", 10f64.powf(-4.43 - 54.0 / 63.5)),
            ("exp(42770 / R * (1 / 298.15 - 1 / T))", (42770.0 / GAS * (1.0 / 298.15 - 1.0 / 300.0)).exp()),
            ("tanh(2) + cosh(s) ** (-2) + sinh(1)", 2f64.tanh() + 0.4f64.cosh().powi(-2) + 1f64.sinh()),
            ("sqrt(c) + c ** 0.5 + c ** 1.5 + ln(c) + log10(c)", {
                let c = 1500f64;
                2.0 * c.sqrt() + c.powf(1.5) + c.ln() + c.log10()
            }),
            ("max(c, 2000) - min(s, pi) + F * 0", 2000.0 - 0.4),
            ("abs(s - 1) + log(c)", 0.6 + 1500f64.ln()),
            ("erf(s) + erf(-3 * s) + erf(10)", 0.428_392_355_046_668_4 - 0.910_313_978_229_635_4 + 1.0),
            ("(s < 0.5) * 3 + (s >= 0.5) * 4 + (s == 0.4) + (s != 0.4)", 4.0),
            ("if(s > 0.5, 1, 2) + (5 if s <= 0.4 and not T > 400 else 7)", 7.0),
            ("np.exp(s) - math.sqrt(c) / pybamm.tanh(2)", 0.4f64.exp() - 1500f64.sqrt() / 2f64.tanh()),
        ] {
            let found = at(text);
            assert!((found - expected).abs() < 1e-13 * expected.abs().max(1.0), "{text}: {found} {expected}");
        }
        assert_eq!(Formula::parse("c + T").unwrap().reads, [true, false, true]);
        assert!(at("ln(0 - s)").is_nan() && at("(0 - s) ** 0.3").is_nan());
    }

    #[test]
    fn mistakes_have_a_place() {
        for (text, offset, message) in [
            ("1 + x", 4, "there is no `x`"),
            ("1 + tan(s)", 4, "there is no function `tan`"),
            ("exp(s, s)", 0, "`exp` with 2 arguments"),
            ("1 + * 2", 4, "unexpected `*`"),
            ("1 + ", 4, "ends too early"),
            ("", 0, "is empty"),
            ("1 $ 2", 2, "not part of an expression"),
            ("0 < s < 1", 0, "cannot be chained"),
            ("1 if s > 0", 0, "no `else`"),
            ("if(s, 1)", 0, "`if` with 2 arguments"),
            ("os.exp(s)", 2, "not a function"),
            ("s % 2", 0, "not arithmetic"),
            ("'word'", 0, "not a number"),
        ] {
            let mistake = Formula::parse(text).unwrap_err();
            assert!(mistake.offset == offset && mistake.diagnostic.message.contains(message), "{text}: {mistake:?}");
        }
    }
}
