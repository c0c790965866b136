//! Drive cycles: pieces of standard ones between changes of sign.
const CYCLES: &str = include_str!("drive_cycles.txt");

/// Pieces of one sign each, as magnitudes in A, 1 s apart.
pub(crate) struct Pieces {
    discharge: Vec<Vec<f64>>,
    charge: Vec<Vec<f64>>,
}

/// Each cycle's name and its currents, as text.
fn cycles() -> impl Iterator<Item = (&'static str, &'static str)> {
    CYCLES.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '))
}

/// Names of the drive cycles.
pub(crate) fn names() -> Vec<&'static str> {
    cycles().map(|(name, _)| name).collect()
}

/// The currents of a drive cycle, A, 1 s apart, discharge positive.
pub(crate) fn currents(name: &str) -> Option<Vec<f64>> {
    let (_, currents) = cycles().find(|(known, _)| *known == name)?;
    Some(currents.split(' ').map(milliampere).collect())
}

/// A current of the table, mA, in A.
fn milliampere(number: &str) -> f64 {
    1e-3 * number.parse::<f64>().expect("a drive cycle is a line of numbers")
}

impl Pieces {
    /// The pieces of the cycles with these names; their order does not matter.
    pub(crate) fn of(names: &[String]) -> Self {
        let mut pieces = Self { discharge: Vec::new(), charge: Vec::new() };
        for (_, currents) in cycles().filter(|(name, _)| names.iter().any(|wanted| wanted == name)) {
            let currents: Vec<f64> = currents.split(' ').map(milliampere).collect();
            for piece in currents.chunk_by(|a, b| (*a < 0.0) == (*b < 0.0)) {
                let side = if piece[0] < 0.0 { &mut pieces.charge } else { &mut pieces.discharge };
                side.push(piece.iter().map(|current| current.abs()).collect());
            }
        }
        assert!(!pieces.discharge.is_empty() && !pieces.charge.is_empty(), "every cycle drives and brakes");
        pieces
    }

    /// `seconds` of pieces one after the other, scaled to a mean of 1; `draw` chooses below its argument.
    pub(crate) fn string(&self, charging: bool, seconds: usize, mut draw: impl FnMut(usize) -> usize) -> Vec<f64> {
        let side = if charging { &self.charge } else { &self.discharge };
        let mut string = Vec::with_capacity(seconds);
        while string.len() < seconds {
            let piece = &side[draw(side.len())];
            string.extend(piece.iter().take(seconds - string.len()));
        }
        let mean = string.iter().sum::<f64>() / seconds as f64;
        // A piece may begin with a standstill that is all there is of it.
        if mean > 0.0 {
            string.iter_mut().for_each(|current| *current /= mean)
        } else {
            string.fill(1.0)
        }
        string
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(names: &[&str]) -> Pieces {
        Pieces::of(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn pieces_hold_every_second_of_the_cycles() {
        assert_eq!(names(), ["udds", "us06", "wltc_3b", "hwfet"]);
        let seconds = |side: &[Vec<f64>]| side.iter().map(Vec::len).sum::<usize>();
        for (names, length) in
            [(&["udds", "us06", "wltc_3b"][..], 1370 + 601 + 1801), (&["hwfet"], 766), (&["us06"], 601)]
        {
            let pieces = pieces(names);
            assert_eq!(seconds(&pieces.discharge) + seconds(&pieces.charge), length);
            assert!(pieces.charge.iter().flatten().all(|&current| current > 0.0));
        }
    }

    #[test]
    fn a_string_has_its_length_and_mean() {
        let pieces = pieces(&["udds", "us06", "wltc_3b"]);
        for (charging, seconds) in [(true, 1), (false, 1), (true, 77), (false, 1000)] {
            let mut next = 0;
            let string = pieces.string(charging, seconds, |n| {
                next = (next + 17) % n;
                next
            });
            assert_eq!(string.len(), seconds);
            assert!((string.iter().sum::<f64>() / seconds as f64 - 1.0).abs() < 1e-12);
        }
    }
}
