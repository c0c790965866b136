//! Words: numbers, durations, units and counts as text.
use crate::space::hyperparameter::Value;

/// A number with three significant digits, such as `0.00392`, `12.3`, `1620` or `4.71e-4`.
pub(crate) fn number(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return format!("{x}");
    }
    let exponent = x.abs().log10().floor() as i32;
    if !(-3..=5).contains(&exponent) {
        let scientific = format!("{x:.2e}");
        let (digits, power) = scientific.split_once('e').expect("the format writes an exponent");
        return format!("{}e{power}", trim(digits));
    }
    trim(&format!("{x:.*}", (2 - exponent).max(0) as usize)).to_owned()
}

fn trim(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

/// A value; real numbers with three significant digits.
pub(crate) fn value(value: &Value) -> String {
    if let Value::Float(float) = value { number(*float) } else { value.to_string() }
}

/// Values as texts; all digits are written where three would make two of them alike.
pub(crate) fn values<'a>(all: impl Iterator<Item = &'a Value>) -> Vec<String> {
    let all: Vec<&Value> = all.collect();
    let short: Vec<String> = all.iter().map(|each| value(each)).collect();
    let mut sorted: Vec<&String> = short.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        true => all.iter().map(ToString::to_string).collect(),
        false => short,
    }
}

/// Numbers as texts, with three significant digits, or with as many as tell different ones apart, at most twelve.
pub(crate) fn apart(numbers: &[f64]) -> Vec<String> {
    let short: Vec<String> = numbers.iter().map(|each| number(*each)).collect();
    let alike = |texts: &[String]| {
        let mut sorted: Vec<(&str, f64)> = texts.iter().map(String::as_str).zip(numbers.iter().copied()).collect();
        sorted.sort_by(|a, b| a.0.cmp(b.0).then(a.1.total_cmp(&b.1)));
        sorted.windows(2).any(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1)
    };
    if !alike(&short) {
        return short;
    }
    let written = |digits: usize| numbers.iter().map(|each| significant(*each, digits)).collect::<Vec<_>>();
    (4..=12).map(written).find(|texts| !alike(texts)).unwrap_or_else(|| written(12))
}

/// Numbers of one column as texts: with three significant digits, or with more where most of them would be written alike.
pub(crate) fn column(numbers: &[f64]) -> Vec<String> {
    let mut sorted: Vec<f64> = numbers.iter().copied().filter(|x| x.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted.get((share * sorted.len().saturating_sub(1) as f64).round() as usize).copied();
    let span = |low: f64, high: f64| at(low).zip(at(high)).map_or(0.0, |(low, high)| high - low);
    // The middle counts: one value that is far away does not make its neighbours equal.
    let spread = if span(0.1, 0.9) > 0.0 { span(0.1, 0.9) } else { span(0.0, 1.0) };
    let most = at(0.5).map_or(0.0, f64::abs);
    let digits = if spread > 0.0 && most > 0.0 { (most / spread).log10().ceil().max(0.0) as usize + 2 } else { 3 };
    let text = |x: &f64| if digits > 3 { significant(*x, digits.min(12)) } else { number(*x) };
    numbers.iter().map(text).collect()
}

/// A number with so many significant digits; those before the point are all written where it is not enormous.
fn significant(x: f64, digits: usize) -> String {
    if x == 0.0 || !x.is_finite() {
        return format!("{x}");
    }
    let exponent = x.abs().log10().floor() as i32;
    if !(-4..=12).contains(&exponent) {
        let scientific = format!("{x:.*e}", digits - 1);
        let (mantissa, power) = scientific.split_once('e').expect("the format writes an exponent");
        return format!("{}e{power}", trim(mantissa));
    }
    trim(&format!("{x:.*}", (digits as i32 - 1 - exponent).max(0) as usize)).to_owned()
}

/// An amount with its unit, given in the plural: `1 epoch`, `2.5 epochs`.
pub(crate) fn amount(value: f64, unit: &str) -> String {
    format!("{} {}", number(value), if value == 1.0 { singular(unit) } else { unit.to_owned() })
}

/// The singular of a unit: `epoch` of `epochs`, `batch` of `batches`, `retry` of `retries`; other words stay as they are.
fn singular(unit: &str) -> String {
    const SAME: [&str; 3] = ["series", "species", "gas"];
    let has = |ending: &str| unit.strip_suffix(ending).filter(|stem| stem.chars().count() > 1);
    if SAME.contains(&unit) || unit.ends_with("ss") {
        return unit.to_owned();
    }
    if let Some(stem) = has("ies") {
        return format!("{stem}y");
    }
    for ending in ["ches", "shes", "xes", "sses", "zzes"] {
        if has(ending).is_some() {
            return unit[..unit.len() - 2].to_owned();
        }
    }
    has("s").unwrap_or(unit).to_owned()
}

/// A number with two decimals, such as a coefficient of determination.
pub(crate) fn coefficient(x: f64) -> String {
    format!("{:.2}", if x > -0.005 { x.max(0.0) } else { x })
}

/// A number with one decimal, without a sign where it rounds to zero.
pub(crate) fn decimal(x: f64) -> String {
    format!("{:.1}", if x.abs() < 0.05 { 0.0 } else { x })
}

/// A share as a percentage, such as `41 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.0} %", if share.abs() < 0.005 { 0.0 } else { 100.0 * share })
}

/// A range of shares as percentages, such as `4 to 25 %`, or `41 %` if both ends are written the same. Small shares have one
/// decimal.
pub(crate) fn percent_range((low, high): (f64, f64)) -> String {
    let digits = usize::from(high < 0.02);
    let [low, high] = [low, high].map(|share| format!("{:.digits$}", 100.0 * share.max(0.0) + 0.0));
    if low == high { format!("{low} %") } else { format!("{low} to {high} %") }
}

/// A duration in words, such as `48 s`, `6 min 10 s`, `1 h 12 min` or `2 d 4 h`.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = seconds.round().max(0.0) as u64;
    match whole {
        0..60 => format!("{} s", if seconds < 10.0 { number(seconds) } else { whole.to_string() }),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        3600..86_400 => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
        _ => format!("{} d {} h", whole / 86_400, whole % 86_400 / 3600),
    }
}

/// A feature's name in words.
pub(crate) fn feature(name: &str) -> String {
    match name {
        "soc" => "state of charge".into(),
        "ocv" => "open-circuit voltage".into(),
        name => name.replace('_', " "),
    }
}

/// A unit as it is printed; that of a share is empty.
pub(crate) fn unit(unit: &str) -> &str {
    match unit {
        "1" => "",
        "degC" => "°C",
        unit => unit,
    }
}

/// A count with its noun, such as `1 trial` or `3 trials`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// A power of ten with a raised exponent, such as `10⁻³`.
pub(crate) fn power_of_ten(exponent: i32) -> String {
    let raised = |digit: char| match digit {
        '-' => '⁻',
        digit => ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][digit as usize - '0' as usize],
    };
    std::iter::once('1').chain(std::iter::once('0')).chain(exponent.to_string().chars().map(raised)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        let cases = [
            (0.0, "0"),
            (0.000471, "4.71e-4"),
            (0.00392, "0.00392"),
            (0.5, "0.5"),
            (12.345, "12.3"),
            (1620.0, "1620"),
            (-3.0, "-3"),
            (2.0e6, "2e6"),
            (0.1 + 0.2, "0.3"),
        ];
        for (x, expected) in cases {
            assert_eq!(number(x), expected);
        }
        assert_eq!([(0.036, 0.25), (0.404, 0.411)].map(percent_range), ["4 to 25 %", "40 to 41 %"]);
        assert_eq!([(0.1, 0.1), (-0.0, 0.001)].map(percent_range), ["10 %", "0.0 to 0.1 %"]);
        assert_eq!(
            [(1.0, "evaluations"), (2.0, "epochs"), (1.0, "s")].map(|(n, of)| amount(n, of)),
            ["1 evaluation", "2 epochs", "1 s"]
        );
        let ones = ["batches", "boxes", "passes", "retries", "series", "GPU hours", "mass", "sizes"];
        assert_eq!(ones.map(singular), ["batch", "box", "pass", "retry", "series", "GPU hour", "mass", "size"]);
        assert_eq!(apart(&[1_234_567.0, 1_234_568.0, 2.0]), ["1234567", "1234568", "2"]);
        assert_eq!(apart(&[0.1234, 0.12341]), ["0.1234", "0.12341"]);
        assert_eq!(column(&[1_234_567.0, 1_234_568.0, 1_234_569.0]), ["1234567", "1234568", "1234569"]);
        assert_eq!(column(&[0.1, 0.25, 12.34, 7e8]), ["0.1", "0.25", "12.3", "7e8"]);
        assert_eq!(apart(&[0.5, 0.5, 12.34]), ["0.5", "0.5", "12.3"]);
        assert_eq!(apart(&[1.000_000_1e-9, 1.0e-9]), ["1.0000001e-9", "1e-9"]);
        assert_eq!(values([Value::Float(0.1234), Value::Float(0.1235)].iter()), ["0.1234", "0.1235"]);
        assert_eq!(values([Value::Float(0.12), Value::Float(1.0 / 3.0)].iter()), ["0.12", "0.333"]);
        assert_eq!([-0.04, 0.04, -0.06].map(decimal), ["0.0", "0.0", "-0.1"]);
        assert_eq!([-0.001, 0.004, -0.02].map(percent), ["0 %", "0 %", "-2 %"]);
        assert_eq!(power_of_ten(-12), "10⁻¹²");
        let durations = [9.5, 48.4, 324.0, 4330.0, 187_200.0].map(duration);
        assert_eq!(durations, ["9.5 s", "48 s", "5 min 24 s", "1 h 12 min", "2 d 4 h"]);
        assert_eq!(
            (feature("soc"), feature("core_temperature")),
            ("state of charge".into(), "core temperature".into())
        );
        assert_eq!((unit("degC"), unit("1"), unit("V")), ("°C", "", "V"));
        assert_eq!((count(1, "trial"), count(0, "trial")), ("1 trial".into(), "0 trials".into()));
    }
}
