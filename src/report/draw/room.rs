//! Room: the width that a figure is laid out for, on a wide page, on a narrow one, or in a paper.
use crate::report::draw::canvas::{Anchor, Canvas};
use crate::report::draw::font;
use crate::report::draw::theme::{INK, MUTED, TEXT, TITLE};

/// The height of a line of text under a title.
const LINE: f64 = 16.5;

/// The space for a figure. Text has the same size in all of them, so that it can be read at the width that was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    width: Option<f64>,
}

impl Room {
    /// The wide page of a report: a figure has the width that suits it, a title, and the facts behind it.
    pub const PAGE: Self = Self { width: None };
    /// The least width of a figure that can be read.
    pub const LEAST: f64 = 230.0;
    /// The greatest width of a figure that is asked for.
    pub const MOST: f64 = 4000.0;

    /// A width in units of the canvas, of which an inch has 96. Title and facts are left to a caption.
    pub fn of(width: f64) -> Self {
        Self { width: Some(width.clamp(Self::LEAST, Self::MOST)) }
    }

    /// The width that was asked for; `None` on a wide page.
    pub(crate) fn asked(self) -> Option<f64> {
        self.width
    }

    /// The width, where a wide page has this one.
    pub(crate) fn width(self, page: f64) -> f64 {
        self.width.unwrap_or(page)
    }

    /// The empty space at the edges.
    pub(crate) fn margin(self) -> f64 {
        if self.width.is_some() { 5.0 } else { 28.0 }
    }

    /// The number of panels side by side that are at least so wide, up to a number.
    pub(crate) fn columns(self, least: f64, most: usize) -> usize {
        let columns = |width: f64| ((width - 2.0 * self.margin()) / least) as usize;
        self.width.map_or(most, columns).clamp(1, most.max(1))
    }

    /// Writes a title and lines of facts on a wide page; returns the upper end of what follows.
    pub(crate) fn head(self, canvas: &mut Canvas, title: &str, facts: &[String]) -> f64 {
        if self.width.is_some() {
            return 4.0;
        }
        let room = canvas.width - 2.0 * self.margin();
        let title = font::elide(title, TITLE, true, room);
        canvas.say((self.margin(), 44.0), title, TITLE, INK, Anchor::Start, true);
        let mut y = 68.0;
        for line in facts.iter().flat_map(|fact| font::wrap(fact, TEXT, room)) {
            canvas.write((self.margin(), y), line, TEXT, MUTED);
            y += LINE;
        }
        y - 6.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_room_has_fewer_columns() {
        assert_eq!([340.0, 680.0, 2000.0].map(|width| Room::of(width).columns(220.0, 3)), [1, 3, 3]);
        assert_eq!((Room::PAGE.columns(220.0, 3), Room::of(1.0).asked()), (3, Some(Room::LEAST)));
    }
}
