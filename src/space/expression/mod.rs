//! Expressions over hyperparameters: the conditions of a space, and its forbidden combinations.
//!
//! Comparisons (`== != < <= > >=`, chains such as `1 < x < 5`, `in [..]`, `not in [..]`), arithmetic (`+ - * / // %
//! **`), `and or not`, parentheses, words in quotes, numbers, `true`, `false` and `none`. The name of a hyperparameter that is
//! not a plain word stands in backticks, a backtick in it doubled. Words of an ordinal compare by their
//! place in its order. The syntax is Python's except for `**`, which binds from left to right and more loosely than a
//! sign, as in Jinja.
mod checking;
pub(crate) mod columns;
mod comparing;
pub(crate) mod evaluation;
pub(crate) mod interval;
pub(crate) mod quoting;
mod syntax;

use std::fmt;
use std::sync::Arc;

use crate::document::diagnostic::Positioned;
use crate::space::allowed::AllowedTable;
use crate::space::expression::checking::Checker;
use crate::space::expression::evaluation::Truth;
use crate::space::hyperparameter::Hyperparameter;
use crate::space::value::Value;

/// Bytes of the longest expression; its terms nest, and the stack has an end.
const LONGEST: usize = 4000;

/// A compiled expression, checked against the hyperparameters that it reads.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    truth: Truth,
    reads: Vec<usize>,
}

impl Expression {
    /// Parses and type-checks an expression over these hyperparameters.
    pub(crate) fn compile(text: &str, hyperparameters: &[Hyperparameter]) -> Result<Self, Positioned> {
        if text.len() > LONGEST {
            return Err(Positioned::new(LONGEST, format!("the expression is longer than {LONGEST} bytes")));
        }
        let masked = quoting::masked(text)?;
        let mut checker = Checker::new(text, hyperparameters);
        let truth = syntax::parse(text, &masked).and_then(|syntax| checker.truth(&syntax));
        let truth = truth.map_err(|mistake| quoting::hinted(mistake, text, hyperparameters))?;
        let reads = checker.reads();
        if reads.is_empty() {
            let hint = "name at least one parameter, or leave the expression out";
            return Err(Positioned::new(0, "the expression is always the same: it reads no parameter").hint(hint));
        }
        Ok(Self { text: text.to_owned(), truth, reads })
    }

    /// The expression that holds for everything that a table does not list.
    pub(crate) fn of_table(table: Arc<AllowedTable>, hyperparameters: &[Hyperparameter]) -> Self {
        let (text, reads) = (table.describe(hyperparameters), table.columns().to_vec());
        Self { text, truth: Truth::Unlisted(table), reads }
    }

    /// The table of an expression that forbids what is not in it.
    pub(crate) fn table(&self) -> Option<&Arc<AllowedTable>> {
        match &self.truth {
            Truth::Unlisted(table) => Some(table),
            _ => None,
        }
    }

    /// True where the expression holds for these values, `None` for an inactive hyperparameter.
    ///
    /// A term that reads an inactive hyperparameter or divides by zero does not hold, and neither does its negation.
    pub fn holds(&self, values: &[Option<Value>]) -> bool {
        self.truth.at(values) == Some(true)
    }

    /// Indices of the hyperparameters that it reads, ascending.
    pub(crate) fn reads(&self) -> &[usize] {
        &self.reads
    }

    /// The compiled form.
    pub(crate) fn truth(&self) -> &Truth {
        &self.truth
    }

    /// The text from the file.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        self.text.fmt(out)
    }
}
