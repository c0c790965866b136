//! Numbers at equal distances, exact in decimals: 0, 0.05, 0.1 and so on.
use crate::space::value::Value;

/// Whole numbers up to this are exact as floating point numbers.
const EXACT: f64 = (1_u64 << 53) as f64;

/// Powers of ten up to this are exact as floating point numbers.
const DECIMALS: usize = 22;

/// The numbers `min`, `min + step`, and so on up to `max`.
///
/// Kept as whole numbers over a power of ten, so that the third step of 0.1 is 0.3 and not 0.30000000000000004.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steps {
    first: i64,
    stride: i64,
    count: u64,
    scale: f64,
    whole: bool,
}

/// A reason why numbers do not make steps.
#[derive(Clone, Debug, PartialEq)]
pub enum Unstepped {
    /// The step is not above 0.
    Backward,
    /// The numbers have too many digits to be exact.
    Digits,
    /// The range is not a whole number of steps; the last one ends here.
    Remainder { last: f64 },
    /// One step is wider than the range.
    Wide,
}

impl Steps {
    /// Steps from `min` to `max`, both included; `whole` makes them integers.
    pub fn new(min: f64, max: f64, step: f64, whole: bool) -> Result<Self, Unstepped> {
        if step.is_nan() || step <= 0.0 {
            return Err(Unstepped::Backward);
        }
        let decimals = [min, max, step].map(decimals).into_iter().max().expect("there are three");
        if decimals > DECIMALS {
            return Err(Unstepped::Digits);
        }
        let scale = 10_f64.powi(decimals as i32);
        let exact = |number: f64| {
            let scaled = (number * scale).round();
            (scaled.abs() <= EXACT && scaled / scale == number).then_some(scaled as i64).ok_or(Unstepped::Digits)
        };
        let (first, last, stride) = (exact(min)?, exact(max)?, exact(step)?);
        if last - first < stride {
            return Err(Unstepped::Wide);
        }
        let rest = (last - first) % stride;
        if rest != 0 {
            return Err(Unstepped::Remainder { last: (last - rest) as f64 / scale });
        }
        Ok(Self { first, stride, count: ((last - first) / stride + 1) as u64, scale, whole })
    }

    /// The count of numbers, at least two.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// True where the numbers are integers.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// The first number.
    pub(crate) fn min(&self) -> f64 {
        self.number(0)
    }

    /// The last number.
    pub(crate) fn max(&self) -> f64 {
        self.number(self.count - 1)
    }

    /// The distance from one to the next.
    pub(crate) fn step(&self) -> f64 {
        self.stride as f64 / self.scale
    }

    /// The number with this index.
    pub(crate) fn value(&self, index: u64) -> Value {
        let number = self.number(index);
        if self.whole { Value::Integer(number as i64) } else { Value::Float(number) }
    }

    /// The index of a number; `None` where it is none of them.
    pub(crate) fn index(&self, number: f64) -> Option<u64> {
        let index = ((number * self.scale - self.first as f64) / self.stride as f64).round();
        let index = (0.0 <= index && index < self.count as f64).then_some(index as u64)?;
        (self.number(index) == number).then_some(index)
    }

    /// The number nearest to another one.
    pub(crate) fn nearest(&self, number: f64) -> Value {
        let index = ((number * self.scale - self.first as f64) / self.stride as f64).round();
        self.value((index.max(0.0) as u64).min(self.count - 1))
    }

    fn number(&self, index: u64) -> f64 {
        (self.first + index as i64 * self.stride) as f64 / self.scale
    }
}

/// Digits behind the point of the shortest text that means this number.
fn decimals(number: f64) -> usize {
    number.to_string().split_once('.').map_or(0, |(_, behind)| behind.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_the_decimals_that_they_look_like() {
        let steps = Steps::new(-0.2, 0.7, 0.1, false).unwrap();
        let all: Vec<String> = (0..steps.count()).map(|index| steps.value(index).to_string()).collect();
        assert_eq!(all, ["-0.2", "-0.1", "0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7"]);
        assert_eq!((steps.index(0.3), steps.index(0.35), steps.index(0.8)), (Some(5), None, None));
        let widths = Steps::new(16.0, 256.0, 16.0, true).unwrap();
        assert_eq!((widths.count(), widths.value(15), widths.index(32.0)), (16, Value::Integer(256), Some(1)));
    }

    #[test]
    fn what_is_no_whole_number_of_steps_is_refused() {
        for (min, max, step, wrong) in [
            (0.0, 1.0, 0.3, Unstepped::Remainder { last: 0.9 }),
            (0.0, 1.0, 0.0, Unstepped::Backward),
            (0.0, 1.0, -0.5, Unstepped::Backward),
            (0.0, 1.0, 2.0, Unstepped::Wide),
            (0.0, 1.0, 1.0 / 3.0, Unstepped::Digits),
            (1e-30, 1.0, 0.1, Unstepped::Digits),
        ] {
            assert_eq!(Steps::new(min, max, step, false), Err(wrong), "{min} {max} {step}");
        }
    }
}
