//! Captions of figures: title, line below it, legend, and the names of axes.
use crate::report::draw::canvas::{Anchor, At, Canvas, Frame, Text};
use crate::report::draw::font;
use crate::report::draw::room::Room;
use crate::report::draw::theme::{HEADING, INK, MUTED, TEXT, TITLE};

/// The width of a figure, and the margin left and right.
pub(crate) const WIDTH: f64 = 1180.0;
pub(crate) const MARGIN: f64 = 28.0;

/// A sign of a legend, drawn around a position.
pub(crate) type Sign<'a> = Box<dyn Fn(&mut Canvas, At) + 'a>;

/// Writes the title of a figure and the line below it, where there is room for them; returns the height of a legend below.
pub(crate) fn head(canvas: &mut Canvas, room: Room, experiment: &str, subject: &str, line: &str) -> f64 {
    if room.asked().is_some() {
        return 18.0;
    }
    let room = WIDTH - 2.0 * MARGIN;
    let title = font::elide(&format!("{experiment} · {subject}"), TITLE, true, room);
    canvas.say((MARGIN, 44.0), title, TITLE, INK, Anchor::Start, true);
    canvas.write((MARGIN, 68.0), font::elide(line, TEXT, false, room), TEXT, MUTED);
    96.0
}

/// Draws a legend from left to right, in several lines where the room is narrow; on a page, entries beyond the right edge are left
/// out. Returns the height of a heading of panels below.
pub(crate) fn legend(canvas: &mut Canvas, room: Room, y: f64, entries: Vec<(String, Sign)>) -> f64 {
    let (left, right) = (room.margin(), canvas.width - room.margin());
    let (mut x, mut y) = (left, y);
    for (text, sign) in entries {
        let text = font::elide(&text, TEXT, false, right - left - 20.0);
        let width = 20.0 + font::width(&text, TEXT, false);
        if x + width > right {
            if room.asked().is_none() {
                break;
            }
            (x, y) = (left, y + 18.0);
        }
        sign(canvas, (x + 7.0, y - 4.0));
        canvas.write((x + 20.0, y), text, TEXT, INK);
        x += width + 20.0;
    }
    y + 26.0
}

/// Writes the heading of a panel above it.
pub(crate) fn above(canvas: &mut Canvas, frame: Frame, text: &str) {
    let text = font::elide(text, HEADING, true, frame.width + 20.0);
    canvas.say((frame.x, frame.y - 12.0), text, HEADING, INK, Anchor::Start, true);
}

/// Writes the name of the horizontal axis of a panel.
pub(crate) fn below(canvas: &mut Canvas, frame: Frame, text: &str) {
    let text = font::elide(text, TEXT, false, frame.width + 40.0);
    canvas.say((frame.x + frame.width / 2.0, frame.bottom() + 36.0), text, TEXT, INK, Anchor::Middle, false);
}

/// Writes the name of the vertical axis of a panel, so far left of it.
pub(crate) fn beside(canvas: &mut Canvas, frame: Frame, left: f64, text: &str) {
    let text = font::elide(text, TEXT, false, frame.height);
    let at = (frame.x - left, frame.y + frame.height / 2.0);
    canvas.text(Text { text, at, size: TEXT, bold: false, anchor: Anchor::Middle, colour: INK, upright: true });
}

/// Draws the edges of a frame.
pub(crate) fn outline(canvas: &mut Canvas, frame: Frame, colour: crate::report::draw::theme::Colour, width: f64) {
    let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)];
    canvas.line(corners.iter().map(|(x, y)| frame.at(*x, *y)).collect(), colour, width);
}
