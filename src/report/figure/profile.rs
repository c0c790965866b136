//! Figure of a simulated series: the whole of it, and a part of it enlarged.
use crate::report::draw::axis;
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{Anchor, At, Canvas, Frame};
use crate::report::draw::font;
use crate::report::draw::theme::{BLUE, Colour, FAINT, HAZE, HEADING, INK, MUTED, ORANGE, SHADE, SMALL, TEXT, TITLE};
use crate::report::draw::thinning::extremes;

const WIDTH: f64 = 1160.0;
const MARGIN: f64 = 28.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 122.0;
const HIGH: f64 = 128.0;
const DOWN: f64 = 42.0;
/// Widths of the columns for the whole series and for its part.
const WIDTHS: [f64; 2] = [620.0, 386.0];
const BETWEEN: f64 = 52.0;

/// A series over time.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub title: String,
    pub subtitle: String,
    /// Seconds from row to row.
    pub interval_s: f64,
    /// The rows that are enlarged: from the first up to, but not including, the second.
    pub part: (usize, usize),
    pub panels: Vec<ProfilePanel>,
}

/// One quantity, or several of one unit.
#[derive(Clone, Debug)]
pub(crate) struct ProfilePanel {
    pub name: String,
    pub unit: String,
    pub lines: Vec<ProfileLine>,
    /// The value of a horizontal line, such as zero current.
    pub level: Option<f64>,
}

/// One line of a panel.
#[derive(Clone, Debug)]
pub(crate) struct ProfileLine {
    pub name: String,
    pub values: Vec<f32>,
}

/// Draws a series.
pub(crate) fn figure(profile: &Profile) -> Canvas {
    let rows = profile.panels.len();
    let mut canvas = Canvas::new(WIDTH, TOP + rows as f64 * (HIGH + DOWN) + 30.0);
    let title = font::elide(&profile.title, TITLE, true, WIDTH - 2.0 * MARGIN);
    canvas.say((MARGIN, 44.0), title, TITLE, INK, Anchor::Start, true);
    canvas.write((MARGIN, 66.0), profile.subtitle.as_str(), TEXT, MUTED);
    let left = MARGIN + LEFT;
    let starts = [left, left + WIDTHS[0] + BETWEEN];
    let frame = |row: usize, column: usize| Frame {
        x: starts[column],
        y: TOP + row as f64 * (HIGH + DOWN),
        width: WIDTHS[column],
        height: HIGH,
    };
    let length = profile.panels.iter().flat_map(|panel| &panel.lines).map(|line| line.values.len()).max().unwrap_or(0);
    let hours = |row: usize| row as f64 * profile.interval_s / 3600.0;
    let whole = Axis::between(0.0, hours(length.saturating_sub(1)).max(1e-9), false);
    let (from, to) = (hours(profile.part.0), hours(profile.part.1.saturating_sub(1)));
    let part = Axis::between(from, to.max(from + 1e-9), false);
    zoom(&mut canvas, &whole, (from, to), frame);
    for (row, panel) in profile.panels.iter().enumerate() {
        let last = row + 1 == rows;
        let all = panel.lines.iter().flat_map(|line| &line.values).map(|value| f64::from(*value));
        let all = Axis::around(all.chain(panel.level), false);
        let cut = |line: &ProfileLine| {
            let end = profile.part.1.min(line.values.len());
            line.values[profile.part.0.min(end)..end].to_vec()
        };
        let seen: Vec<f64> = panel.lines.iter().flat_map(cut).map(f64::from).collect();
        let seen = Axis::around(seen, false);
        for (column, (time, values)) in [(&whole, &all), (&part, &seen)].into_iter().enumerate() {
            let frame = frame(row, column);
            let ticks = values.ticks(4);
            for tick in &ticks {
                let (x, y) = frame.at(0.0, tick.at);
                canvas.line(vec![(x, y), (frame.right(), y)], if column == 0 { FAINT } else { SHADE }, 0.7);
            }
            if let Some(level) = panel.level.filter(|level| (0.0..=1.0).contains(&values.share(*level))) {
                let y = frame.at(0.0, values.share(level)).1;
                canvas.line(vec![(frame.x, y), (frame.right(), y)], MUTED, 0.8);
            }
            // The first line is drawn last, so that it lies above the others.
            for (index, line) in panel.lines.iter().enumerate().rev() {
                let first = if column == 0 { 0 } else { profile.part.0 };
                let series = if column == 0 { &line.values } else { &cut(line) };
                let place = |(row, value): (usize, f32)| -> At {
                    frame.at(time.share(hours(row + first)), values.share(f64::from(value)))
                };
                let points = thinned(series, (1.5 * frame.width) as usize).into_iter().map(place).collect();
                let width = if column == 0 { 0.8 } else { 1.3 };
                canvas.line(points, colour(index), width);
            }
            canvas.edges(frame, MUTED);
            axis::left(&mut canvas, frame, ticks, SMALL, LEFT - 4.0);
            let ticks = time.ticks(if column == 0 { 10 } else { 6 });
            if last {
                axis::below(&mut canvas, frame, ticks, false, SMALL);
                let at = (frame.x + frame.width / 2.0, frame.bottom() + 34.0);
                canvas.say(at, "time (h)", TEXT, INK, Anchor::Middle, false);
            } else {
                for tick in ticks {
                    let (x, y) = frame.at(tick.at, 0.0);
                    canvas.line(vec![(x, y), (x, y + 2.5)], MUTED, 1.0);
                }
            }
        }
        heading(&mut canvas, frame(row, 0), panel);
    }
    canvas
}

fn colour(index: usize) -> Colour {
    [BLUE, ORANGE, MUTED][index % 3]
}

/// Writes the quantity of a row of panels, and the names of its lines if there are several.
fn heading(canvas: &mut Canvas, frame: Frame, panel: &ProfilePanel) {
    let unit = if panel.unit.is_empty() { String::new() } else { format!(" ({})", panel.unit) };
    let head = format!("{}{unit}", panel.name);
    let mut x = frame.x + font::width(&head, HEADING, true) + 16.0;
    canvas.say((frame.x, frame.y - 8.0), head, HEADING, INK, Anchor::Start, true);
    if panel.lines.len() < 2 {
        return;
    }
    for (index, line) in panel.lines.iter().enumerate() {
        canvas.line(vec![(x, frame.y - 11.5), (x + 16.0, frame.y - 11.5)], colour(index), 2.0);
        canvas.write((x + 21.0, frame.y - 8.0), line.name.as_str(), TEXT, INK);
        x += 21.0 + font::width(&line.name, TEXT, false) + 16.0;
    }
}

/// Marks the enlarged part: a band through all rows, and lines from it to the enlarged column.
fn zoom(canvas: &mut Canvas, whole: &Axis, (from, to): (f64, f64), frame: impl Fn(usize, usize) -> Frame) {
    let rows = ((canvas.height - TOP) / (HIGH + DOWN)) as usize;
    let (first, last) = (frame(0, 0), frame(rows - 1, 0));
    let (left, right) = (first.at(whole.share(from), 0.0).0, first.at(whole.share(to), 0.0).0);
    // Wide enough to be seen in a long series.
    let (left, right) = if right - left < 2.0 { (left - 1.0, left + 1.0) } else { (left, right) };
    let band = Frame { x: left, y: first.y - 4.0, width: right - left, height: last.bottom() - first.y + 4.0 };
    canvas.rectangle(band, HAZE);
    let part = frame(0, 1);
    let (y, top) = (first.y - 22.0, part.y - 6.0);
    // From the band, along above the panels, to the corners of the enlarged part.
    canvas.line(vec![(left, band.y), (left, y - 6.0), (part.right(), y - 6.0), (part.right(), top)], HAZE, 1.6);
    canvas.line(vec![(right, band.y), (right, y), (part.x, y), (part.x, top)], HAZE, 1.6);
}

/// A series by row, thinned to about `most` points if it is longer.
fn thinned(series: &[f32], most: usize) -> Vec<(usize, f32)> {
    let rows: Vec<(usize, f32)> = series.iter().copied().enumerate().collect();
    if rows.len() <= most { rows } else { extremes(&rows, (2 * series.len()).div_ceil(most)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_inside_and_apart() {
        let line = |name: &str| ProfileLine {
            name: name.into(),
            values: (0..36_000).map(|k| (k as f32 * 1e-3).sin()).collect(),
        };
        let panel = |name: &str, unit: &str, lines: &[&str]| ProfilePanel {
            name: name.into(),
            unit: unit.into(),
            lines: lines.iter().map(|name| line(name)).collect(),
            level: Some(0.0),
        };
        let profile = Profile {
            title: "a series".into(),
            subtitle: "of a cell".into(),
            interval_s: 1.0,
            part: (12_000, 13_000),
            panels: vec![
                panel("state of charge", "", &["soc"]),
                panel("temperature", "°C", &["surface", "core"]),
                panel("voltage", "V", &["terminal", "open circuit"]),
                panel("current", "A", &["current"]),
            ],
        };
        assert_eq!(figure(&profile).text_faults(), [""; 0]);
    }
}
