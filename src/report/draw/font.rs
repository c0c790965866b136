//! The typeface of the figures: Inter, embedded, so that a picture is the same on every machine.
use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, Point, PxScale};

/// The name under which figures and page refer to it.
pub(crate) const FAMILY: &str = "Inter, Helvetica, Arial, sans-serif";
pub(crate) const REGULAR: &[u8] = include_bytes!("fonts/Inter-Regular.otf");
pub(crate) const BOLD: &[u8] = include_bytes!("fonts/Inter-SemiBold.otf");

static FACES: LazyLock<[FontRef<'static>; 2]> =
    LazyLock::new(|| [REGULAR, BOLD].map(|bytes| FontRef::try_from_slice(bytes).expect("an embedded font is whole")));

fn face(bold: bool) -> &'static FontRef<'static> {
    &FACES[usize::from(bold)]
}

/// The width of a line of text, in the unit of `size`.
pub(crate) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let face = face(bold);
    let units = f64::from(face.units_per_em().expect("an embedded font has a scale"));
    text.chars().map(|sign| f64::from(face.h_advance_unscaled(face.glyph_id(sign)))).sum::<f64>() * size / units
}

/// Calls `paint` with each pixel that a line of text covers: right of the start, below the baseline, covered share.
pub(crate) fn cover(text: &str, size: f64, bold: bool, mut paint: impl FnMut(i32, i32, f64)) {
    let face = face(bold);
    let units = face.units_per_em().expect("an embedded font has a scale");
    let scale = PxScale::from(size as f32 * face.height_unscaled() / units);
    let mut x = 0.0;
    for sign in text.chars() {
        let glyph = face.glyph_id(sign);
        let placed = glyph.with_scale_and_position(scale, Point { x: x as f32, y: 0.0 });
        if let Some(outline) = face.outline_glyph(placed) {
            let bounds = outline.px_bounds();
            let (left, top) = (bounds.min.x as i32, bounds.min.y as i32);
            outline.draw(|u, v, share| paint(left + u as i32, top + v as i32, f64::from(share)));
        }
        x += width(&sign.to_string(), size, bold);
    }
}

/// The text, with `…` in its middle if it is wider than `room`, because names often differ at their end.
pub(crate) fn elide(text: &str, size: f64, bold: bool, room: f64) -> String {
    if width(text, size, bold) <= room {
        return text.to_owned();
    }
    let signs: Vec<char> = text.chars().collect();
    for kept in (1..signs.len()).rev() {
        let tail = if kept < 8 { 0 } else { kept / 2 };
        let head = kept - tail;
        let shorter: String = signs[..head].iter().chain(&['…']).chain(&signs[signs.len() - tail..]).collect();
        if width(&shorter, size, bold) <= room {
            return shorter;
        }
    }
    "…".to_owned()
}

/// The text in lines of at most `room`, broken at spaces.
pub(crate) fn wrap(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is a line");
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if line.is_empty() || width(&longer, size, false) <= room {
            *line = longer;
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_of_the_figures_is_there() {
        for bold in [false, true] {
            for sign in "aZ09⁰¹²³⁴⁵⁶⁷⁸⁹⁻·×±°–−ρσγε²≥≤→…".chars() {
                assert_ne!(face(bold).glyph_id(sign).0, 0, "{sign}");
            }
        }
    }

    #[test]
    fn what_is_cut_fits() {
        for room in [10.0, 30.0, 60.0, 500.0] {
            assert!(width(&elide("positional_encoding", 10.0, false, room), 10.0, false) <= room);
        }
        assert!(wrap("the quick brown fox jumps over", 10.0, 60.0).iter().all(|line| width(line, 10.0, false) <= 60.0));
    }
}
