//! Figure of curves of several models: a panel for each quantity, a colour for each model.
use crate::report::draw::axis;
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{Anchor, At, Canvas, Frame};
use crate::report::draw::font;
use crate::report::draw::theme::{BLUE, Colour, FAINT, HEADING, INK, MUTED, ORANGE, RED, SMALL, TEXT, TITLE};

const WIDTH: f64 = 1080.0;
const MARGIN: f64 = 28.0;
const LEFT: f64 = 54.0;
const BETWEEN: f64 = 30.0;
const COLUMNS: usize = 3;
const HIGH: f64 = 168.0;
const DOWN: f64 = 76.0;
/// The height of a line of the legend.
const LINE: f64 = 17.0;

/// Several quantities of several models.
#[derive(Clone, Debug)]
pub(crate) struct Curves {
    pub title: String,
    pub subtitle: String,
    /// The name of the horizontal axis, such as `steps`.
    pub across: String,
    /// The names of the models, in the order of each panel's lines.
    pub names: Vec<String>,
    /// The number of references: the last of the names, with which the models are compared.
    pub references: usize,
    pub panels: Vec<CurvesPanel>,
}

/// One quantity, on a logarithmic axis.
#[derive(Clone, Debug)]
pub(crate) struct CurvesPanel {
    pub name: String,
    pub unit: String,
    /// The points of each model; values that are not positive are left out.
    pub lines: Vec<Vec<(f64, f64)>>,
}

/// Draws the curves.
pub(crate) fn figure(curves: &Curves) -> Canvas {
    let legend = legend(curves);
    let top = 92.0 + LINE * legend.iter().map(|(_, row, _)| row + 1).max().unwrap_or(0) as f64 + 24.0;
    let rows = curves.panels.len().div_ceil(COLUMNS);
    let mut canvas = Canvas::new(WIDTH, top + rows as f64 * (HIGH + DOWN) - DOWN + 62.0);
    let title = font::elide(&curves.title, TITLE, true, WIDTH - 2.0 * MARGIN);
    canvas.say((MARGIN, 44.0), title, TITLE, INK, Anchor::Start, true);
    for (index, line) in font::wrap(&curves.subtitle, TEXT, WIDTH - 2.0 * MARGIN).into_iter().take(2).enumerate() {
        canvas.write((MARGIN, 64.0 + 15.0 * index as f64), line, TEXT, MUTED);
    }
    for (index, (x, row, name)) in legend.into_iter().enumerate() {
        let y = 104.0 + LINE * row as f64;
        stroke(&mut canvas, vec![(x, y - 4.0), (x + 18.0, y - 4.0)], curves, index, 2.0);
        canvas.write((x + 24.0, y), name, TEXT, INK);
    }
    let each = (WIDTH - 2.0 * MARGIN + BETWEEN) / COLUMNS as f64 - BETWEEN;
    for (index, panel) in curves.panels.iter().enumerate() {
        let (column, row) = (index % COLUMNS, index / COLUMNS);
        let frame = Frame {
            x: MARGIN + column as f64 * (each + BETWEEN) + LEFT,
            y: top + row as f64 * (HIGH + DOWN),
            width: each - LEFT,
            height: HIGH,
        };
        draw(&mut canvas, frame, curves, panel);
    }
    canvas
}

/// The legend: for each model the horizontal position, the line, and the name, shortened to fit.
fn legend(curves: &Curves) -> Vec<(f64, usize, String)> {
    let (mut x, mut row) = (MARGIN, 0);
    let place = |name: &String| {
        let name = font::elide(name, TEXT, false, WIDTH / 2.0);
        let width = 24.0 + font::width(&name, TEXT, false) + 22.0;
        if x > MARGIN && x + width > WIDTH - MARGIN {
            (x, row) = (MARGIN, row + 1);
        }
        x += width;
        (x - width, row, name)
    };
    curves.names.iter().map(place).collect()
}

fn draw(canvas: &mut Canvas, frame: Frame, curves: &Curves, panel: &CurvesPanel) {
    let points = || panel.lines.iter().flatten().filter(|(_, y)| *y > 0.0 && y.is_finite());
    let last = points().map(|(x, _)| *x).fold(0.0, f64::max);
    let across = Axis::between(0.0, if last > 0.0 { last } else { 1.0 }, false);
    let up = Axis::around(points().map(|(_, y)| *y), true);
    let ticks = up.ticks(6);
    for tick in &ticks {
        let (x, y) = frame.at(0.0, tick.at);
        canvas.line(vec![(x, y), (frame.right(), y)], FAINT, 0.6);
    }
    // References are drawn first, below the models.
    for (index, line) in panel.lines.iter().enumerate().rev() {
        for run in line.split(|(_, y)| !(*y > 0.0 && y.is_finite())).filter(|run| !run.is_empty()) {
            let place = |&(x, y): &(f64, f64)| frame.at(across.share(x), up.share(y));
            stroke(canvas, run.iter().map(place).collect(), curves, index, 1.5);
        }
    }
    canvas.edges(frame, MUTED);
    let unit = if panel.unit.is_empty() { String::new() } else { format!(" ({})", panel.unit) };
    canvas.say((frame.x, frame.y - 9.0), format!("{}{unit}", panel.name), HEADING, INK, Anchor::Start, true);
    axis::left(canvas, frame, ticks, SMALL, LEFT - 4.0);
    axis::below(canvas, frame, across.ticks(5), false, SMALL);
    let at = (frame.x + frame.width / 2.0, frame.bottom() + 33.0);
    canvas.say(at, curves.across.as_str(), TEXT, INK, Anchor::Middle, false);
}

/// Draws a line: in colour for a model, thinner and grey for a reference.
fn stroke(canvas: &mut Canvas, points: Vec<At>, curves: &Curves, index: usize, width: f64) {
    const COLOURS: [Colour; 6] = [BLUE, ORANGE, RED, [0x2f, 0x7d, 0x5b], [0x7a, 0x4f, 0x9a], [0x1f, 0x8a, 0xa0]];
    let models = curves.names.len() - curves.references;
    if index < models {
        canvas.line(points, COLOURS[index % COLOURS.len()], width);
        return;
    }
    let (dash, gap) = [(1.0, 0.0), (5.0, 3.0), (1.6, 2.6)][(index - models) % 3];
    if gap == 0.0 {
        canvas.line(points, MUTED, 0.7 * width);
        return;
    }
    // A dash that reaches a corner continues behind it.
    let mut along = 0.0;
    for pair in points.windows(2) {
        let [(x, y), (right, down)] = [pair[0], pair[1]];
        let length = (right - x).hypot(down - y);
        let at = |distance: f64| {
            let share = (distance / length).clamp(0.0, 1.0);
            (x + share * (right - x), y + share * (down - y))
        };
        let mut start = -(along % (dash + gap));
        while start < length {
            if start + dash > 0.0 && length > 0.0 {
                canvas.line(vec![at(start), at(start + dash)], MUTED, 0.8 * width);
            }
            start += dash + gap;
        }
        along += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_inside_and_apart() {
        let names: Vec<String> = (0..7).map(|each| format!("a model with a rather long name {each}")).collect();
        let line = |each: usize| (1..200).map(|x| (f64::from(x), (each + 1) as f64 / f64::from(x).powi(3))).collect();
        let panel = |unit: &str| CurvesPanel {
            name: "surface temperature".into(),
            unit: unit.into(),
            lines: (0..names.len()).map(line).collect(),
        };
        let mut curves = Curves {
            title: "error over time".into(),
            subtitle: "free-running ".repeat(30),
            across: "hours after the context".into(),
            panels: vec![panel("°C"), panel("V"), panel(""), panel("V"), panel("°C")],
            names: names.clone(),
            references: 2,
        };
        assert_eq!(figure(&curves).text_faults(), [""; 0]);
        curves.panels[0].lines = vec![vec![(1.0, f64::NAN), (2.0, 0.0)]; 7];
        curves.panels.truncate(1);
        assert_eq!(figure(&curves).text_faults(), [""; 0]);
    }
}
