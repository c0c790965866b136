//! Units of measurement as users write them: `A.h`, `mol/m3`, `W.m-2.K-1`.

/// A unit of measurement: its factor to SI units and its dimension.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Unit {
    /// The SI value of one unit.
    pub factor: f64,
    /// Powers of kg, m, s, A, K, mol.
    dimension: [i32; 6],
}

const SYMBOLS: [(&str, f64, [i32; 6]); 22] = [
    ("1", 1.0, [0; 6]),
    ("-", 1.0, [0; 6]),
    ("%", 1e-2, [0; 6]),
    ("kg", 1.0, [1, 0, 0, 0, 0, 0]),
    ("g", 1e-3, [1, 0, 0, 0, 0, 0]),
    ("m", 1.0, [0, 1, 0, 0, 0, 0]),
    ("L", 1e-3, [0, 3, 0, 0, 0, 0]),
    ("s", 1.0, [0, 0, 1, 0, 0, 0]),
    ("min", 60.0, [0, 0, 1, 0, 0, 0]),
    ("h", 3600.0, [0, 0, 1, 0, 0, 0]),
    ("A", 1.0, [0, 0, 0, 1, 0, 0]),
    ("C", 1.0, [0, 0, 1, 1, 0, 0]),
    ("K", 1.0, [0, 0, 0, 0, 1, 0]),
    ("mol", 1.0, [0, 0, 0, 0, 0, 1]),
    ("J", 1.0, [1, 2, -2, 0, 0, 0]),
    ("W", 1.0, [1, 2, -3, 0, 0, 0]),
    ("V", 1.0, [1, 2, -3, -1, 0, 0]),
    ("eV", 1.602176634e-19, [1, 2, -2, 0, 0, 0]),
    ("ohm", 1.0, [1, 2, -3, -2, 0, 0]),
    ("Ohm", 1.0, [1, 2, -3, -2, 0, 0]),
    ("Ω", 1.0, [1, 2, -3, -2, 0, 0]),
    ("S", 1.0, [-1, -2, 3, 2, 0, 0]),
];

const PREFIXES: [(&str, f64); 9] =
    [("n", 1e-9), ("u", 1e-6), ("µ", 1e-6), ("μ", 1e-6), ("m", 1e-3), ("c", 1e-2), ("d", 1e-1), ("k", 1e3), ("M", 1e6)];

impl Unit {
    /// Parses symbols with or without a power, joined by `.`, `*` or `/`; a slash applies to the next symbol only.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut unit = Self { factor: 1.0, dimension: [0; 6] };
        let mut rest = text.trim();
        let mut sign = 1;
        loop {
            let end = rest.find(['.', '*', '·', '/']).unwrap_or(rest.len());
            let (factor, dimension, power) = symbol_with_power(rest[..end].trim())?;
            unit.factor *= f64::powi(factor, sign * power);
            for (all, own) in unit.dimension.iter_mut().zip(dimension) {
                *all += sign * power * own;
            }
            let Some(joint) = rest[end..].chars().next() else { return Some(unit) };
            sign = if joint == '/' { -1 } else { 1 };
            rest = &rest[end + joint.len_utf8()..];
        }
    }

    /// True where both units have the same dimension.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.dimension == other.dimension
    }
}

fn symbol_with_power(text: &str) -> Option<(f64, [i32; 6], i32)> {
    if let Some((factor, dimension)) = symbol(text) {
        return Some((factor, dimension, 1));
    }
    let end = text.find(|letter: char| letter.is_ascii_digit() || "^-+".contains(letter))?;
    let (factor, dimension) = symbol(&text[..end])?;
    let power = text[end..].trim_start_matches('^').parse().ok()?;
    Some((factor, dimension, power))
}

fn symbol(text: &str) -> Option<(f64, [i32; 6])> {
    let plain = |text: &str| SYMBOLS.iter().find(|(name, ..)| *name == text);
    if let Some((_, factor, dimension)) = plain(text) {
        return Some((*factor, *dimension));
    }
    PREFIXES.iter().find_map(|(prefix, scale)| {
        let (_, factor, dimension) = plain(text.strip_prefix(prefix)?)?;
        (*dimension != [0; 6]).then_some((scale * factor, *dimension))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_in_every_spelling() {
        let unit = |text: &str| Unit::parse(text).unwrap_or_else(|| panic!("{text}"));
        for (text, factor, si) in [
            ("A.h", 3600.0, "C"),
            ("mA.h", 3.6, "A.s"),
            ("um", 1e-6, "m"),
            ("cm2/s", 1e-4, "m2.s-1"),
            ("mol/L", 1e3, "mol.m^-3"),
            ("W.m-2.K-1", 1.0, "W/m2/K"),
            ("mS/cm", 0.1, "S/m"),
            ("kJ/mol", 1e3, "V.C/mol"),
            ("mV/K", 1e-3, "V/K"),
            ("mohm", 1e-3, "V/A"),
            ("%", 0.01, "1"),
        ] {
            assert!((unit(text).factor / factor - 1.0).abs() < 1e-12, "{text}");
            assert!(unit(text).is_like(&unit(si)), "{text}");
        }
        assert!(!unit("m").is_like(&unit("m2")));
        for wrong in ["", "x", "m//s", "furlong", "m2.", "m1.5"] {
            assert_eq!(Unit::parse(wrong), None, "{wrong}");
        }
    }
}
