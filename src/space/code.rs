//! The code of a value: the number that stands for it in an encoded row, and back.
//!
//! A number or ordinal has its place in `[0, 1]`, a categorical value its index, and what is inactive NaN.
use crate::space::domain::Domain;
use crate::space::hyperparameter::Hyperparameter;
use crate::space::prior::ScaleRange;
use crate::space::value::Value;

impl Hyperparameter {
    /// The code of a value of the domain.
    pub(crate) fn code(&self, value: &Value) -> f64 {
        match (&self.domain, value.number()) {
            (Domain::Float { min, max, log }, Some(number)) => {
                ScaleRange { min: *min, max: *max, log: *log }.place(number)
            }
            (domain, _) => self.code_of_index(domain.index(value).expect("a value of the domain")),
        }
    }

    /// The code of the value with this index among finitely many.
    pub(crate) fn code_of_index(&self, index: u64) -> f64 {
        match &self.domain {
            Domain::Float { .. } => unreachable!("real numbers are never counted"),
            Domain::Categorical { .. } => index as f64,
            Domain::Integer { min, max, log: true } => {
                let range = ScaleRange { min: *min as f64, max: *max as f64, log: true };
                range.place((min + index as i64) as f64)
            }
            _ => index as f64 / self.last(),
        }
    }

    /// The code of the value below which lies this share of the prior.
    pub(crate) fn code_below(&self, share: f64) -> f64 {
        match &self.domain {
            Domain::Float { min, max, log } => {
                self.prior.quantile(share, &ScaleRange { min: *min, max: *max, log: *log }).clamp(0.0, 1.0)
            }
            _ => self.code(&self.quantile(share)),
        }
    }

    /// The value with this code; `None` where it is inactive.
    pub(crate) fn decode(&self, code: f64) -> Option<Value> {
        (!code.is_nan()).then(|| match &self.domain {
            domain @ Domain::Float { .. } => domain.at(code),
            Domain::Integer { min, max, .. } => Value::Integer((self.integer(code) as i64).clamp(*min, *max)),
            domain => domain.nth((code * self.scale()).round() as u64),
        })
    }

    /// The factor that turns a code into an index.
    fn scale(&self) -> f64 {
        if self.is_categorical() { 1.0 } else { self.last() }
    }

    /// The index of the last value, at least 1.
    fn last(&self) -> f64 {
        (self.size().expect("real numbers are never counted").max(2) - 1) as f64
    }

    /// The whole number with a code.
    fn integer(&self, code: f64) -> f64 {
        match &self.domain {
            Domain::Integer { min, max, log } => {
                ScaleRange { min: *min as f64, max: *max as f64, log: *log }.value(code).round()
            }
            _ => unreachable!("no whole number has another domain"),
        }
    }

    /// Codes as numbers of expressions: NaN for words and for what is inactive.
    pub(crate) fn numbers(&self, codes: &[f64]) -> Vec<f64> {
        let each =
            |of: &dyn Fn(f64) -> f64| codes.iter().map(|&code| if code.is_nan() { code } else { of(code) }).collect();
        match &self.domain {
            Domain::Float { min, max, log: false } => {
                let range = ScaleRange { min: *min, max: *max, log: false };
                each(&|code| range.value(code))
            }
            Domain::Integer { .. } => each(&|code| self.integer(code)),
            domain if !domain.values().is_empty() => {
                self.listed(codes, f64::NAN, |value| value.number().unwrap_or(f64::NAN))
            }
            _ => each(&|code| self.decode(code).and_then(|value| value.number()).unwrap_or(f64::NAN)),
        }
    }

    /// Codes of listed values as something else, or this where they are inactive.
    pub(crate) fn listed<T: Copy>(&self, codes: &[f64], inactive: T, of: impl Fn(&Value) -> T) -> Vec<T> {
        let table: Vec<T> = self.domain.values().iter().map(of).collect();
        let scale = self.scale();
        // Half a value more is cut off again, which rounds.
        let of = |&code: &f64| if code.is_nan() { inactive } else { table[(code * scale + 0.5) as i64 as usize] };
        codes.iter().map(of).collect()
    }
}
