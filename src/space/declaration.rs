//! Declarations of hyperparameters in code: the kinds that [`Space::builder`](crate::space::Space::builder) takes.
use crate::document::diagnostic::Diagnostic;
use crate::space::file::literal::Literal;
use crate::space::file::parameter::Parameter;
use crate::space::hyperparameter::Hyperparameter;
use crate::space::prior::Prior;
use crate::space::value::Value;

/// A hyperparameter without its name, of any kind: [`Float`], [`Integer`], [`Ordinal`], [`Categorical`], [`Boolean`] and
/// [`Constant`] convert into it. It is validated when the space is built.
#[derive(Clone, Debug)]
pub struct Declaration {
    parameter: Parameter,
    notes: Notes,
}

/// The parts that every kind may have.
#[derive(Clone, Debug, Default)]
struct Notes {
    prior: Prior,
    default: Option<Value>,
    description: Option<String>,
    unit: Option<String>,
}

/// Real numbers of a range, both ends included.
///
/// ```
/// use galvani::Float;
/// let dropout = Float::new(0.0, 0.5).step(0.05).default(0.1);
/// let rate = Float::log(1e-5, 1e-1).description("of the optimizer");
/// ```
#[derive(Clone, Debug)]
pub struct Float {
    min: f64,
    max: f64,
    log: bool,
    step: Option<f64>,
    notes: Notes,
}

/// Whole numbers of a range, both ends included.
///
/// ```
/// use galvani::Integer;
/// let layers = Integer::new(1, 8);
/// let width = Integer::log(16, 1024).default(128);
/// ```
#[derive(Clone, Debug)]
pub struct Integer {
    min: i64,
    max: i64,
    log: bool,
    step: Option<i64>,
    notes: Notes,
}

/// Listed values in an order that means something, numbers or words, the smallest first.
///
/// ```
/// use galvani::Ordinal;
/// let batch = Ordinal::new([32, 64, 128, 256]).default(64);
/// let effort = Ordinal::new(["low", "medium", "high"]);
/// ```
#[derive(Clone, Debug)]
pub struct Ordinal {
    values: Vec<Value>,
    notes: Notes,
}

/// Listed values in no order: words, numbers or truths.
///
/// ```
/// use galvani::Categorical;
/// let optimizer = Categorical::new(["sgd", "adam"]).weights([1.0, 3.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Categorical {
    choices: Vec<Value>,
    notes: Notes,
}

/// `true` or `false`; the default is `false` unless it is given.
///
/// ```
/// use galvani::Boolean;
/// let is_normalized = Boolean::new().default(true);
/// ```
#[derive(Clone, Debug)]
pub struct Boolean {
    notes: Notes,
}

/// A hyperparameter with a single value, which is part of every configuration.
///
/// ```
/// use galvani::Constant;
/// let epochs = Constant::new(30);
/// ```
#[derive(Clone, Debug)]
pub struct Constant {
    value: Value,
    notes: Notes,
}

impl Float {
    /// Numbers from `min` to `max`, equally likely.
    pub fn new(min: f64, max: f64) -> Self {
        Self { min, max, log: false, step: None, notes: Notes::default() }
    }

    /// Numbers from `min`, which must be above 0, to `max`, whose logarithms are equally likely.
    pub fn log(min: f64, max: f64) -> Self {
        Self { log: true, ..Self::new(min, max) }
    }

    /// Restricts the range to steps from `min`; the last one must end at `max`.
    #[must_use]
    pub fn step(mut self, step: f64) -> Self {
        self.step = Some(step);
        self
    }

    /// Sets the law of random draws and of the first configurations, in place of the uniform one.
    #[must_use]
    pub fn prior(mut self, prior: Prior) -> Self {
        self.notes.prior = prior;
        self
    }
}

impl Integer {
    /// Whole numbers from `min` to `max`, equally likely.
    pub fn new(min: i64, max: i64) -> Self {
        Self { min, max, log: false, step: None, notes: Notes::default() }
    }

    /// Whole numbers from `min`, which must be above 0, to `max`, whose logarithms are equally likely.
    pub fn log(min: i64, max: i64) -> Self {
        Self { log: true, ..Self::new(min, max) }
    }

    /// Restricts the range to steps from `min`; the last one must end at `max`.
    #[must_use]
    pub fn step(mut self, step: i64) -> Self {
        self.step = Some(step);
        self
    }

    /// Sets the law of random draws and of the first configurations, in place of the uniform one.
    #[must_use]
    pub fn prior(mut self, prior: Prior) -> Self {
        self.notes.prior = prior;
        self
    }
}

impl Ordinal {
    /// A hyperparameter with these values in this order.
    pub fn new<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> Self {
        Self { values: values.into_iter().map(Into::into).collect(), notes: Notes::default() }
    }
}

impl Categorical {
    /// A hyperparameter with these choices, equally likely.
    pub fn new<V: Into<Value>>(choices: impl IntoIterator<Item = V>) -> Self {
        Self { choices: choices.into_iter().map(Into::into).collect(), notes: Notes::default() }
    }

    /// Sets the probabilities of the choices in random draws: a weight of 0 or above for each, in their order.
    #[must_use]
    pub fn weights(mut self, weights: impl IntoIterator<Item = f64>) -> Self {
        self.notes.prior = Prior::Weights(weights.into_iter().collect());
        self
    }
}

impl Boolean {
    /// The values `true` and `false`, equally likely.
    pub fn new() -> Self {
        Self { notes: Notes::default() }
    }
}

impl Default for Boolean {
    fn default() -> Self {
        Self::new()
    }
}

impl Constant {
    /// A hyperparameter with this value.
    pub fn new(value: impl Into<Value>) -> Self {
        Self { value: value.into(), notes: Notes::default() }
    }
}

/// The methods that kinds of hyperparameters have in common.
macro_rules! annotated {
    ($($kind:ident),*) => {$(
        impl $kind {
            /// Sets the value of the default configuration, which is the first to be tried. Absent: the middle of a range
            /// on its scale, the first of a list.
            #[must_use]
            pub fn default(mut self, value: impl Into<Value>) -> Self {
                self.notes.default = Some(value.into());
                self
            }
        }
    )*};
}

/// The methods for reports.
macro_rules! described {
    ($($kind:ident),*) => {$(
        impl $kind {
            /// Describes it in a few words, for reports.
            #[must_use]
            pub fn description(mut self, text: impl Into<String>) -> Self {
                self.notes.description = Some(text.into());
                self
            }

            /// Names the unit of its values, for reports.
            #[must_use]
            pub fn unit(mut self, text: impl Into<String>) -> Self {
                self.notes.unit = Some(text.into());
                self
            }
        }
    )*};
}

annotated!(Float, Integer, Ordinal, Categorical);
described!(Float, Integer, Ordinal, Categorical, Constant);

impl Boolean {
    /// Sets the truth of the default configuration.
    #[must_use]
    pub fn default(mut self, truth: bool) -> Self {
        self.notes.default = Some(Value::Boolean(truth));
        self
    }

    /// Describes it in a few words, for reports.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.notes.description = Some(text.into());
        self
    }
}

impl From<Float> for Declaration {
    fn from(Float { min, max, log, step, notes }: Float) -> Self {
        let number = |number| Literal::from(Value::Float(number));
        let parameter = Parameter::Float {
            min: number(min),
            max: number(max),
            log,
            step: step.map(number).unwrap_or_default(),
            prior: Default::default(),
            default: Literal::default(),
            description: String::new(),
            unit: String::new(),
        };
        Self { parameter, notes }
    }
}

impl From<Integer> for Declaration {
    fn from(Integer { min, max, log, step, notes }: Integer) -> Self {
        let number = |number| Literal::from(Value::Integer(number));
        let parameter = Parameter::Integer {
            min: number(min),
            max: number(max),
            log,
            step: step.map(number).unwrap_or_default(),
            prior: Default::default(),
            default: Literal::default(),
            description: String::new(),
            unit: String::new(),
        };
        Self { parameter, notes }
    }
}

impl From<Ordinal> for Declaration {
    fn from(Ordinal { values, notes }: Ordinal) -> Self {
        let parameter = Parameter::Ordinal {
            values: values.into_iter().map(Literal::from).collect(),
            default: Literal::default(),
            description: String::new(),
            unit: String::new(),
        };
        Self { parameter, notes }
    }
}

impl From<Categorical> for Declaration {
    fn from(Categorical { choices, notes }: Categorical) -> Self {
        let parameter = Parameter::Categorical {
            choices: choices.into_iter().map(Literal::from).collect(),
            weights: None,
            default: Literal::default(),
            description: String::new(),
            unit: String::new(),
        };
        Self { parameter, notes }
    }
}

impl From<Boolean> for Declaration {
    fn from(Boolean { notes }: Boolean) -> Self {
        Self { parameter: Parameter::Boolean { default: Literal::default(), description: String::new() }, notes }
    }
}

impl From<Constant> for Declaration {
    fn from(Constant { value, notes }: Constant) -> Self {
        let parameter =
            Parameter::Constant { value: Literal::from(value), description: String::new(), unit: String::new() };
        Self { parameter, notes }
    }
}

impl Declaration {
    /// The hyperparameter of this name, whose domain is not validated yet.
    pub(crate) fn hyperparameter(self, name: String) -> Result<Hyperparameter, Diagnostic> {
        let Self { parameter, notes: Notes { prior, default, description, unit } } = self;
        let mut hyperparameter = parameter.hyperparameter(name)?;
        hyperparameter.prior = prior;
        hyperparameter.description = description;
        hyperparameter.unit = unit;
        match default {
            Some(default) => hyperparameter.default = default,
            None if hyperparameter.prior_mistake().is_none() => {
                hyperparameter.default = hyperparameter.natural_default();
            }
            None => {}
        }
        Ok(hyperparameter)
    }
}
