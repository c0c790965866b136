//! Legend: signs with their names, in as many rows as they need.
use crate::report::draw::canvas::{At, Canvas};
use crate::report::draw::font;
use crate::report::draw::theme::{INK, TEXT};

/// The width of a sign with the space behind it, and the space between entries.
const SIGN: f64 = 21.0;
const GAP: f64 = 18.0;
/// The height of a row.
const ROW: f64 = 17.0;

/// Entries from the left to the right, row by row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Legend {
    left: f64,
    right: f64,
    x: f64,
    y: f64,
}

impl Legend {
    /// A legend between two edges, whose first row begins at a height.
    pub(crate) fn new(left: f64, right: f64, top: f64) -> Self {
        Self { left, right, x: left, y: top + 0.5 * ROW }
    }

    /// Adds a name with its sign, which is drawn around the position that it is given.
    pub(crate) fn entry(&mut self, canvas: &mut Canvas, text: &str, sign: impl FnOnce(&mut Canvas, At)) {
        let text = font::elide(text, TEXT, false, self.right - self.left - SIGN);
        let width = SIGN + font::width(&text, TEXT, false);
        if self.x > self.left && self.x + width > self.right {
            (self.x, self.y) = (self.left, self.y + ROW);
        }
        sign(canvas, (self.x + 8.0, self.y));
        canvas.write((self.x + SIGN, self.y + 4.0), text, TEXT, INK);
        self.x += width + GAP;
    }

    /// The lower end; that of an empty legend is its upper one.
    pub(crate) fn bottom(&self) -> f64 {
        if self.x == self.left { self.y - 0.5 * ROW } else { self.y + 0.5 * ROW }
    }
}
