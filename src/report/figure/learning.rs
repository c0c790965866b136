//! Figure of the learning curves: the costs that trials reported on their way.
use crate::analysis::Findings;
use crate::analysis::learning::{CurveKind, LearningCurve};
use crate::report::draw::axis;
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{At, Canvas, Frame};
use crate::report::draw::room::Room;
use crate::report::draw::theme::{ASH, BLUE, Colour, HAZE, MUTED, RED, SHADE, SMALL, THREAD};
use crate::report::draw::words::count;
use crate::report::figure::caption;
use crate::report::figure::caption::WIDTH;

const HIGH: f64 = 380.0;
const LEFT: f64 = 74.0;
/// The ratio of the greatest budget to the smallest from which on the axis is logarithmic.
const WIDE: f64 = 30.0;

/// Draws the curves; `None` if no trial reported any.
pub(crate) fn laid_out(findings: &Findings, room: Room) -> Option<Canvas> {
    let learning = findings.learning.as_ref()?;
    let mut canvas = Canvas::of_width(room.width(WIDTH));
    let mut line = count(learning.all, "learning curve");
    if learning.curves.len() < learning.all {
        line += &format!("; an even share is drawn, {} of them", learning.curves.len());
    }
    line += "; a configuration that goes on to a higher budget goes on in its curve";
    let below = caption::head(&mut canvas, room, &findings.experiment, "learning curves", &line);
    let kinds = [CurveKind::Recommended, CurveKind::Full, CurveKind::Stopped, CurveKind::Failed, CurveKind::Running];
    let drawn = kinds.into_iter().filter(|kind| learning.curves.iter().any(|curve| curve.kind == *kind));
    let entry = |kind: CurveKind| -> (String, caption::Sign) {
        let sign = move |canvas: &mut Canvas, (x, y): At| stroke(canvas, vec![(x - 8.0, y), (x + 8.0, y)], kind);
        (word(kind, findings), Box::new(sign))
    };
    let top = caption::legend(&mut canvas, room, below, drawn.map(entry).collect());
    let width = canvas.width - 2.0 * room.margin() - LEFT - 8.0;
    let frame = Frame { x: room.margin() + LEFT, y: top, width, height: (0.8 * width).min(HIGH) };
    let points = || learning.curves.iter().flat_map(|curve| &curve.points);
    let (low, high) = points().fold((f64::INFINITY, 0.0_f64), |(low, high), (x, _)| (low.min(*x), high.max(*x)));
    let is_wide = high > WIDE * low;
    let across = if is_wide { Axis::between(low, high, true) } else { Axis::between(0.0, high, false) };
    let up = Axis::of_costs(points().map(|(_, cost)| *cost));
    for tick in up.ticks(6) {
        canvas.line(vec![frame.at(0.0, tick.at), frame.at(1.0, tick.at)], SHADE, 1.0);
    }
    let at = |&(budget, cost): &(f64, f64)| frame.at(across.share(budget), up.share(cost));
    for kind in kinds.into_iter().rev() {
        for curve in learning.curves.iter().filter(|curve| curve.kind == kind) {
            draw(&mut canvas, curve, &at);
        }
    }
    canvas.edges(frame, MUTED);
    axis::left(&mut canvas, frame, up.ticks(6), SMALL, 60.0);
    axis::below(&mut canvas, frame, across.ticks(if room.asked().is_some() { 4 } else { 9 }), false, SMALL);
    caption::beside(&mut canvas, frame, LEFT - 12.0, &findings.measure);
    caption::below(&mut canvas, frame, &format!("budget ({})", findings.unit));
    Some(canvas.end(frame.bottom() + 58.0))
}

fn draw(canvas: &mut Canvas, curve: &LearningCurve, at: &dyn Fn(&(f64, f64)) -> At) {
    let places: Vec<At> = curve.points.iter().map(at).collect();
    let Some(&last) = places.last() else { return };
    stroke(canvas, places, curve.kind);
    match curve.kind {
        CurveKind::Recommended => canvas.star(last, 6.5),
        CurveKind::Failed => canvas.cross(last, 3.2, RED, 1.2),
        CurveKind::Stopped => canvas.disc(last, 2.0, ASH),
        CurveKind::Full => canvas.disc(last, 2.4, BLUE),
        CurveKind::Running => {}
    }
}

fn stroke(canvas: &mut Canvas, points: Vec<At>, kind: CurveKind) {
    let (colour, width): (Colour, f64) = match kind {
        CurveKind::Recommended => (BLUE, 2.6),
        CurveKind::Full => (HAZE, 1.4),
        CurveKind::Stopped => (THREAD, 1.0),
        CurveKind::Failed => (RED, 0.8),
        CurveKind::Running => (MUTED, 1.0),
    };
    canvas.line(points, colour, width);
}

fn word(kind: CurveKind, findings: &Findings) -> String {
    match kind {
        CurveKind::Recommended => findings.recommended(),
        CurveKind::Full => "at the highest budget".into(),
        CurveKind::Stopped => "stopped before".into(),
        CurveKind::Failed => "failed".into(),
        CurveKind::Running => "without a result".into(),
    }
}
