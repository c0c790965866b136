//! Figure of metrics: each number that trials reported beside their cost, against the cost.
use crate::analysis::Findings;
use crate::analysis::metric::MetricSummary;
use crate::report::draw::axis;
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{Anchor, Canvas, Frame};
use crate::report::draw::font;
use crate::report::draw::room::Room;
use crate::report::draw::theme::{ASH, BLUE, HEADING, INK, MUTED, SHADE, SMALL, cover};
use crate::report::draw::words::count;

const WIDTH: f64 = 1180.0;
const HIGH: f64 = 230.0;
/// The width of the labels left of a panel, and the height of those below it.
const LEFT: f64 = 70.0;
const BELOW: f64 = 62.0;

/// The panels in a row, and the greatest number of metrics that are drawn.
const ACROSS: usize = 3;
const DRAWN: usize = 6;
/// The greatest number of trials that a panel draws: beyond it, dots hide each other.
const DOTS: usize = 1000;

/// Draws a panel for each of the first metrics; `None` where no trial reported one beside a cost.
pub(crate) fn laid_out(findings: &Findings, room: Room) -> Option<Canvas> {
    let drawn: Vec<&MetricSummary> = findings.metrics.iter().filter(|metric| metric.points.len() > 1).collect();
    if drawn.is_empty() {
        return None;
    }
    let shown = &drawn[..drawn.len().min(DRAWN)];
    let mut canvas = Canvas::of_width(room.width(WIDTH));
    let mut text = format!("upward: the {} at the highest budget; blue: {}", findings.shown(), findings.recommended());
    if drawn.len() > shown.len() {
        text += &format!("; the first {DRAWN} of {} are drawn", count(drawn.len(), "metric"));
    }
    let top = room.head(&mut canvas, &format!("{} · metrics", findings.experiment), &[text]) + 12.0;
    let columns = room.columns(200.0, ACROSS);
    let each = (canvas.width - 2.0 * room.margin()) / columns as f64;
    let height = if room.asked().is_some() { (0.7 * (each - LEFT)).clamp(110.0, HIGH) } else { HIGH };
    for (place, metric) in shown.iter().enumerate() {
        let (column, row) = (place % columns, place / columns);
        let (x, y) = (room.margin() + LEFT + column as f64 * each, top + row as f64 * (height + BELOW));
        panel(&mut canvas, Frame { x, y, width: each - LEFT - 14.0, height }, metric);
    }
    let rows = shown.len().div_ceil(columns) as f64;
    Some(canvas.end(top + rows * (height + BELOW) - 12.0))
}

fn panel(canvas: &mut Canvas, frame: Frame, metric: &MetricSummary) {
    let step = metric.points.len().div_ceil(DOTS);
    let horizontal = Axis::around(metric.points.iter().map(|point| point.value), false);
    let vertical = Axis::of_costs(metric.points.iter().map(|point| point.cost));
    for tick in vertical.ticks(5) {
        canvas.line(vec![frame.at(0.0, tick.at), frame.at(1.0, tick.at)], SHADE, 1.0);
    }
    for point in metric.points.iter().step_by(step) {
        let at = frame.at(horizontal.share(point.value), vertical.share(point.cost));
        canvas.veil(at, 2.7, ASH, cover(metric.points.len() / step));
    }
    if let Some(best) = metric.points.iter().find(|point| Some(point.trial) == metric.best) {
        canvas.disc(frame.at(horizontal.share(best.value), vertical.share(best.cost)), 4.5, BLUE);
    }
    canvas.edges(frame, MUTED);
    axis::left(canvas, frame, vertical.ticks(5), SMALL, LEFT - 22.0);
    axis::below(canvas, frame, horizontal.ticks(5), false, SMALL);
    let name = font::elide(&metric.name, HEADING, true, frame.width);
    canvas.say((frame.x + frame.width / 2.0, frame.bottom() + 38.0), name, HEADING, INK, Anchor::Middle, true);
}
