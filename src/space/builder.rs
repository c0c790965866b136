//! The builder of a search space in code.
use crate::document::diagnostic::Diagnostic;
use crate::numeric::stream::Stream;
use crate::space::declaration::Declaration;
use crate::space::validation::{SpaceError, SpacePart};
use crate::space::value::Value;
use crate::space::{AllowedRow, Space};

/// A builder of a space from hyperparameters, conditions and forbidden combinations.
///
/// ```
/// use galvani::{Categorical, Float, Ordinal, Space};
///
/// let space = Space::builder("net")
///     .add("rate", Float::log(1e-5, 1e-1))
///     .add("width", Ordinal::new([32, 64, 128, 256]))
///     .add("optimizer", Categorical::new(["sgd", "adam"]))
///     .add_if("momentum", Float::new(0.0, 0.99), "optimizer == 'sgd'")
///     .forbid("width == 256 and rate > 0.05")
///     .build()?;
/// assert_eq!(space.hyperparameters().len(), 4);
/// # Ok::<(), galvani::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SpaceBuilder {
    name: String,
    declarations: Vec<(String, Declaration)>,
    /// Pairs of a hyperparameter's name and the expression under which it is active.
    conditions: Vec<(String, String)>,
    forbidden: Vec<String>,
    /// Tables of allowed combinations.
    allowed: Vec<Vec<AllowedRow>>,
}

impl Space {
    /// Begins a space in code; the name is for reports. [`Space::read`] reads one from a RON file.
    pub fn builder(name: impl Into<String>) -> SpaceBuilder {
        SpaceBuilder {
            name: name.into(),
            declarations: Vec::new(),
            conditions: Vec::new(),
            forbidden: Vec::new(),
            allowed: Vec::new(),
        }
    }
}

impl SpaceBuilder {
    /// Adds a hyperparameter that is always active. Its name is any text without control characters; expressions have one
    /// that is not a plain word in backticks.
    #[must_use]
    pub fn add(mut self, name: impl Into<String>, declaration: impl Into<Declaration>) -> Self {
        self.declarations.push((name.into(), declaration.into()));
        self
    }

    /// Adds a hyperparameter that is active where a condition over others holds, such as `optimizer == 'sgd'` or
    /// `layers > 2 and not tied`.
    #[must_use]
    pub fn add_if(
        mut self,
        name: impl Into<String>,
        declaration: impl Into<Declaration>,
        condition: impl Into<String>,
    ) -> Self {
        let name = name.into();
        self.conditions.push((name.clone(), condition.into()));
        self.add(name, declaration)
    }

    /// Forbids every configuration where an expression over the hyperparameters holds, such as
    /// `width == 256 and rate > 0.05`.
    #[must_use]
    pub fn forbid(mut self, expression: impl Into<String>) -> Self {
        self.forbidden.push(expression.into());
        self
    }

    /// Allows only the configurations that agree with one of these combinations: every active hyperparameter that a
    /// combination names must have its value there. Called again, both must allow it.
    ///
    /// ```
    /// use galvani::{Integer, Ordinal, Space, Value};
    /// let row = |layers: i64, width: i64| [("layers", Value::from(layers)), ("width", Value::from(width))];
    /// let space = Space::builder("s")
    ///     .add("layers", Integer::new(1, 8))
    ///     .add("width", Ordinal::new([32, 64, 128]))
    ///     .allow([row(1, 128), row(2, 64), row(4, 32)])
    ///     .build()?;
    /// assert_eq!(space.count(), Some(3));
    /// # Ok::<(), galvani::Error>(())
    /// ```
    #[must_use]
    pub fn allow<N: Into<String>, R: IntoIterator<Item = (N, Value)>>(
        mut self,
        combinations: impl IntoIterator<Item = R>,
    ) -> Self {
        let row = |row: R| row.into_iter().map(|(name, value)| (name.into(), value)).collect();
        self.allowed.push(combinations.into_iter().map(row).collect());
        self
    }

    /// The space.
    ///
    /// # Errors
    /// A range, name, default or expression is wrong, or no configuration is legal; the first mistake counts. `?` makes a [`galvani::Error`](crate::Error) of it.
    pub fn build(self) -> Result<Space, Diagnostic> {
        let Self { name, declarations, conditions, forbidden, allowed } = self;
        let hyperparameters = declarations
            .into_iter()
            .map(|(name, declaration)| declaration.hyperparameter(name))
            .collect::<Result<Vec<_>, _>>()?;
        let space = Space::new(name, hyperparameters, conditions.clone(), forbidden.clone())
            .and_then(|space| space.allowing(&allowed))
            .map_err(|error| explained(error, &conditions, &forbidden))?;
        space.check_tables()?;
        match space.sample(&mut Stream::of(0, "possible", 0)) {
            Ok(_) => Ok(space),
            Err(impossible) => Err(Diagnostic::new(impossible.to_string())
                .hint("loosen what forbids them, or allow more values")
                .field("forbidden")),
        }
    }
}

/// The error with the text of its expression, because there is no file to point into.
fn explained(error: SpaceError, conditions: &[(String, String)], forbidden: &[String]) -> Diagnostic {
    let SpaceError { part, diagnostic } = error;
    let message = &diagnostic.message;
    let message = match part {
        SpacePart::Condition { index, .. } => {
            let (name, condition) = &conditions[index];
            format!("in the condition `{condition}` of `{name}`: {message}")
        }
        SpacePart::Forbidden { index, .. } => format!("in the forbidden combination `{}`: {message}", forbidden[index]),
        SpacePart::Allowed { row: Some(row), .. } => format!("in allowed combination {}: {message}", row + 1),
        SpacePart::Parameters | SpacePart::Parameter { .. } | SpacePart::Allowed { row: None, .. } => {
            return diagnostic;
        }
    };
    Diagnostic { message, ..diagnostic }
}
