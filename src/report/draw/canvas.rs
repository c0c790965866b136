//! The canvas: a drawing as a list of marks, independent of its file format.
use crate::report::draw::font;
use crate::report::draw::theme::{Colour, PAPER, RED};

/// A position: the distances from the left edge and from the upper edge.
pub(crate) type At = (f64, f64);

/// The part of a text that is at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Frame {
    pub(crate) fn right(&self) -> f64 {
        self.x + self.width
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// The position at shares of width and height, the second measured from the lower edge.
    pub(crate) fn at(&self, right: f64, up: f64) -> At {
        (self.x + right * self.width, self.bottom() - up * self.height)
    }
}

/// One mark of a drawing.
#[derive(Clone, Debug)]
pub(crate) enum Mark {
    Rectangle {
        frame: Frame,
        colour: Colour,
    },
    Polygon {
        points: Vec<At>,
        colour: Colour,
    },
    Line {
        points: Vec<At>,
        colour: Colour,
        width: f64,
    },
    /// `cover` is the share of what lies behind it that it hides.
    Disc {
        at: At,
        radius: f64,
        colour: Colour,
        cover: f64,
    },
    Text(Text),
}

/// A line of text, its baseline at `at`.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub text: String,
    pub at: At,
    pub size: f64,
    pub bold: bool,
    pub anchor: Anchor,
    pub colour: Colour,
    /// True if it runs upwards.
    pub upright: bool,
}

/// A drawing; its size is in units of which a screen shows about 96 an inch.
#[derive(Clone, Debug)]
pub struct Canvas {
    pub width: f64,
    pub height: f64,
    marks: Vec<Mark>,
}

impl Canvas {
    pub(crate) fn new(width: f64, height: f64) -> Self {
        let frame = Frame { x: 0.0, y: 0.0, width, height };
        Self { width, height, marks: vec![Mark::Rectangle { frame, colour: PAPER }] }
    }

    /// A canvas of a width whose height follows from what is drawn: [`end`](Self::end) sets it.
    pub(crate) fn of_width(width: f64) -> Self {
        Self::new(width, 0.0)
    }

    /// The same canvas with this height.
    #[must_use]
    pub(crate) fn end(mut self, height: f64) -> Self {
        self.height = height;
        let frame = Frame { x: 0.0, y: 0.0, width: self.width, height };
        self.marks[0] = Mark::Rectangle { frame, colour: PAPER };
        self
    }

    pub(crate) fn rectangle(&mut self, frame: Frame, colour: Colour) {
        self.marks.push(Mark::Rectangle { frame, colour });
    }

    pub(crate) fn polygon(&mut self, points: Vec<At>, colour: Colour) {
        self.marks.push(Mark::Polygon { points, colour });
    }

    pub(crate) fn line(&mut self, points: Vec<At>, colour: Colour, width: f64) {
        self.marks.push(Mark::Line { points, colour, width });
    }

    pub(crate) fn dashed(&mut self, from: At, to: At, colour: Colour, width: f64, (dash, gap): (f64, f64)) {
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let along = |distance: f64| {
            let share = (distance / length).min(1.0);
            (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1))
        };
        let mut start = 0.0;
        while start < length {
            self.line(vec![along(start), along(start + dash)], colour, width);
            start += dash + gap;
        }
    }

    pub(crate) fn disc(&mut self, at: At, radius: f64, colour: Colour) {
        self.veil(at, radius, colour, 1.0);
    }

    /// Draws a disc that hides only a share of what lies behind it, so that many of them show where they are dense.
    pub(crate) fn veil(&mut self, at: At, radius: f64, colour: Colour, cover: f64) {
        self.marks.push(Mark::Disc { at, radius, colour, cover });
    }

    pub(crate) fn ring(&mut self, at: At, radius: f64, inside: Colour, edge: Colour, width: f64) {
        self.disc(at, radius, edge);
        self.disc(at, radius - width, inside);
    }

    pub(crate) fn cross(&mut self, (x, y): At, radius: f64, colour: Colour, width: f64) {
        for side in [-radius, radius] {
            self.line(vec![(x - radius, y - side), (x + radius, y + side)], colour, width);
        }
    }

    /// Draws the sign of the incumbent: a star with a light edge, so that it stands out on any tile.
    pub(crate) fn star(&mut self, at: At, radius: f64) {
        for (radius, colour) in [(radius + 1.8, PAPER), (radius, RED)] {
            let corner = |corner: usize| {
                let angle = std::f64::consts::PI * (corner as f64 / 5.0 - 0.5);
                let reach = if corner.is_multiple_of(2) { radius } else { 0.45 * radius };
                (at.0 + reach * angle.cos(), at.1 + reach * angle.sin())
            };
            self.polygon((0..10).map(corner).collect(), colour);
        }
    }

    /// Fills a frame with slanted lines on a common grid, so that neighbouring frames join.
    pub(crate) fn hatch(&mut self, frame: Frame, colour: Colour) {
        const STEP: f64 = 5.0;
        let (low, high) = (frame.x + frame.y, frame.right() + frame.bottom());
        let mut sum = (low / STEP).ceil() * STEP;
        while sum < high {
            // The points of the frame at which x + y is `sum`.
            let (left, right) = ((sum - frame.bottom()).max(frame.x), (sum - frame.y).min(frame.right()));
            if left < right {
                self.line(vec![(left, sum - left), (right, sum - right)], colour, 0.7);
            }
            sum += STEP;
        }
    }

    /// Fills a frame with dots on a common grid.
    pub(crate) fn stipple(&mut self, frame: Frame, colour: Colour) {
        const STEP: f64 = 5.0;
        let from = |start: f64| (start / STEP).ceil() as i64;
        for row in from(frame.y + 1.0)..from(frame.bottom() - 1.0) {
            for column in from(frame.x + 1.0)..from(frame.right() - 1.0) {
                self.disc((column as f64 * STEP, row as f64 * STEP), 0.7, colour);
            }
        }
    }

    pub(crate) fn text(&mut self, text: Text) {
        self.marks.push(Mark::Text(text));
    }

    /// Draws a line of text that begins at its position.
    pub fn write(&mut self, at: At, text: impl Into<String>, size: f64, colour: Colour) {
        self.say(at, text, size, colour, Anchor::Start, false);
    }

    pub(crate) fn say(
        &mut self,
        at: At,
        text: impl Into<String>,
        size: f64,
        colour: Colour,
        anchor: Anchor,
        bold: bool,
    ) {
        self.text(Text { text: text.into(), at, size, bold, anchor, colour, upright: false });
    }

    /// Draws the lower and the left edge of a frame.
    pub(crate) fn edges(&mut self, frame: Frame, colour: Colour) {
        self.line(vec![frame.at(0.0, 1.0), frame.at(0.0, 0.0)], colour, 1.0);
        self.line(vec![frame.at(0.0, 0.0), frame.at(1.0, 0.0)], colour, 1.0);
    }

    /// The texts with the frames that they fill; empty texts are left out.
    fn text_frames(&self) -> Vec<(&str, Frame)> {
        let texts = self.marks.iter().filter_map(|mark| if let Mark::Text(text) = mark { Some(text) } else { None });
        let frame = |text: &Text| {
            let width = font::width(&text.text, text.size, text.bold);
            let before = match text.anchor {
                Anchor::Start => 0.0,
                Anchor::Middle => width / 2.0,
                Anchor::End => width,
            };
            let (x, y, height) = (text.at.0, text.at.1, 0.73 * text.size);
            match text.upright {
                true => Frame { x: x - height, y: y + before - width, width: height, height: width },
                false => Frame { x: x - before, y: y - height, width, height },
            }
        };
        texts.filter(|text| !text.text.is_empty()).map(|text| (text.text.as_str(), frame(text))).collect()
    }

    /// The faults of the texts: each that leaves the canvas, and each pair that overlaps; empty if there are none.
    pub fn text_faults(&self) -> Vec<String> {
        let frames = self.text_frames();
        let mut faults = Vec::new();
        for (index, (text, frame)) in frames.iter().enumerate() {
            if frame.x < 0.0 || frame.y < 0.0 || frame.right() > self.width || frame.bottom() > self.height {
                faults.push(format!("`{text}` leaves the canvas"));
            }
            for (other, there) in &frames[index + 1..] {
                let is_beside = frame.right() <= there.x || there.right() <= frame.x;
                let is_above = frame.bottom() <= there.y || there.bottom() <= frame.y;
                if !is_beside && !is_above {
                    faults.push(format!("`{text}` overlaps `{other}`"));
                }
            }
        }
        faults
    }

    /// The marks, from the back to the front.
    pub(crate) fn marks(&self) -> &[Mark] {
        &self.marks
    }
}
