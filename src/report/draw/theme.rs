//! Theme: the colours and text sizes of the figures.

/// A colour: red, green, blue.
pub(crate) type Colour = [u8; 3];

pub(crate) const PAPER: Colour = [0xff, 0xff, 0xff];
pub(crate) const INK: Colour = [0x1b, 0x20, 0x26];
pub(crate) const MUTED: Colour = [0x5c, 0x66, 0x72];
pub(crate) const FAINT: Colour = [0xd8, 0xdd, 0xe3];
/// The colour of individual curves.
pub(crate) const THREAD: Colour = [0xcd, 0xd2, 0xd8];
/// The colour of inactive tiles and of less important marks.
pub(crate) const ASH: Colour = [0xb4, 0xbb, 0xc4];
pub(crate) const BLUE: Colour = [0x23, 0x57, 0x8c];
/// The colour of bands around blue lines.
pub(crate) const HAZE: Colour = [0xc3, 0xd4, 0xe6];
pub(crate) const RED: Colour = [0xc2, 0x2f, 0x2a];
/// The colour of the default configuration.
pub(crate) const ORANGE: Colour = [0xc6, 0x73, 0x11];
pub(crate) const SHADE: Colour = [0xf0, 0xf2, 0xf5];

/// The colours that a page with a dark background replaces, with the names of its variables.
pub(crate) const REPLACED: [(Colour, &str); 10] = [
    (PAPER, "paper"),
    (INK, "ink"),
    (MUTED, "muted"),
    (FAINT, "faint"),
    (THREAD, "thread"),
    (ASH, "ash"),
    (BLUE, "blue"),
    (HAZE, "haze"),
    (RED, "red"),
    (SHADE, "shade"),
];

pub(crate) const TITLE: f64 = 19.0;
pub(crate) const HEADING: f64 = 12.5;
pub(crate) const TEXT: f64 = 11.5;
pub(crate) const SMALL: f64 = 10.0;

/// The colour of a share from 0 (good, bright) to 1 (bad, dark): viridis reversed, readable without colour vision.
pub(crate) fn viridis(share: f64) -> Colour {
    const STOPS: [Colour; 11] = [
        [0xfd, 0xe7, 0x25],
        [0xbd, 0xdf, 0x26],
        [0x7a, 0xd1, 0x51],
        [0x44, 0xbf, 0x70],
        [0x22, 0xa8, 0x84],
        [0x21, 0x91, 0x8c],
        [0x2a, 0x78, 0x8e],
        [0x35, 0x5f, 0x8d],
        [0x41, 0x44, 0x87],
        [0x48, 0x24, 0x75],
        [0x44, 0x01, 0x54],
    ];
    let at = share.clamp(0.0, 1.0) * (STOPS.len() - 1) as f64;
    let below = (at as usize).min(STOPS.len() - 2);
    mix(STOPS[below], STOPS[below + 1], at - below as f64)
}

/// The colour at a share of the way from one to another.
pub(crate) fn mix(from: Colour, to: Colour, share: f64) -> Colour {
    let channel = |index: usize| {
        let (from, to) = (f64::from(from[index]), f64::from(to[index]));
        (from + share * (to - from)).round().clamp(0.0, 255.0) as u8
    };
    [channel(0), channel(1), channel(2)]
}

/// The share of what lies behind it that each of so many dots hides.
pub(crate) fn cover(dots: usize) -> f64 {
    (400.0 / dots.max(1) as f64).sqrt().clamp(0.3, 1.0)
}

/// The colour as `#RRGGBB`.
pub(crate) fn hex([red, green, blue]: Colour) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

/// The colour of the budget with this rank, counted from the smallest.
pub(crate) fn budget_colour(rank: usize, count: usize) -> Colour {
    if rank + 1 == count {
        BLUE
    } else {
        mix([0xe0, 0xa0, 0x55], [0x5f, 0xa8, 0xa0], rank as f64 / (count.max(3) - 2) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brightness_falls_from_good_to_bad() {
        let luminance = |c: Colour| 0.2126 * f64::from(c[0]) + 0.7152 * f64::from(c[1]) + 0.0722 * f64::from(c[2]);
        let steps: Vec<f64> = (0..=20).map(|step| luminance(viridis(f64::from(step) / 20.0))).collect();
        assert!(steps.windows(2).all(|pair| pair[0] > pair[1]), "{steps:?}");
    }

    #[test]
    fn a_replaced_colour_has_one_name() {
        for (index, (colour, _)) in REPLACED.iter().enumerate() {
            assert!(REPLACED[..index].iter().all(|(other, _)| other != colour));
        }
    }
}
