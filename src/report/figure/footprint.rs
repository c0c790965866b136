//! Figure of the footprint: what was tried, on a plane that keeps distances.
use crate::analysis::Findings;
use crate::analysis::footprint::{FootprintKind, FootprintPoint};
use crate::report::draw::axis;
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{Anchor, At, Canvas, Frame};
use crate::report::draw::font;
use crate::report::draw::room::Room;
use crate::report::draw::theme::{ASH, FAINT, INK, MUTED, ORANGE, PAPER, RED, SMALL, TEXT, THREAD, viridis};
use crate::report::draw::words::{amount, count, percent};
use crate::report::figure::caption;
use crate::report::figure::caption::WIDTH;
use crate::report::figure::panel::badness;

const HIGH: f64 = 470.0;
/// The empty space left and right of the scale of colours.
const BESIDE: f64 = 260.0;

/// Draws the plane; `None` if too few configurations were tried.
pub(crate) fn laid_out(findings: &Findings, room: Room) -> Option<Canvas> {
    let footprint = findings.footprint.as_ref()?;
    let points = &footprint.points;
    let at_highest = |point: &&FootprintPoint| point.at_highest && point.cost.is_some();
    let costs: Vec<f64> = points.iter().filter(at_highest).filter_map(|point| point.cost).collect();
    let colours = (!costs.is_empty()).then(|| Axis::of_costs(costs));
    let bar = if colours.is_some() { 66.0 } else { 20.0 };
    let mut canvas = Canvas::of_width(room.width(WIDTH));
    let shown = points.iter().filter(|point| point.kind != FootprintKind::Random).count();
    let mut line = format!(
        "{} on a plane that keeps {} of the squared distances",
        count(footprint.tried, "configuration"),
        percent(footprint.kept)
    );
    if shown < footprint.tried {
        line += &format!("; {shown} of them are drawn");
    }
    let below = caption::head(&mut canvas, room, &findings.experiment, "footprint of what was tried", &line);
    let top = legend(&mut canvas, room, below, findings);
    let width = canvas.width - 2.0 * room.margin();
    let frame = Frame { x: room.margin(), y: top, width, height: HIGH.min(width) };
    caption::outline(&mut canvas, frame, FAINT, 1.0);
    let place = places(points, frame);
    let kinds = [FootprintKind::Random, FootprintKind::Open, FootprintKind::Failed, FootprintKind::Finished];
    for kind in kinds {
        let mut own: Vec<&FootprintPoint> = points.iter().filter(|point| point.kind == kind).collect();
        let bad = |point: &FootprintPoint| {
            let cost = point.cost.filter(|_| point.at_highest)?;
            Some(badness(findings.direction, colours.as_ref()?.share(cost).clamp(0.0, 1.0)))
        };
        // The best are drawn last, on top of the others.
        own.sort_by(|a, b| bad(b).unwrap_or(2.0).total_cmp(&bad(a).unwrap_or(2.0)));
        for point in own {
            let at = place(point);
            match kind {
                FootprintKind::Random => canvas.ring(at, 2.6, PAPER, ASH, 0.9),
                FootprintKind::Open => canvas.ring(at, 3.0, PAPER, MUTED, 1.1),
                FootprintKind::Failed => canvas.cross(at, 3.0, RED, 1.1),
                _ => match bad(point) {
                    Some(bad) => canvas.disc(at, 4.0, viridis(bad)),
                    None => canvas.disc(at, 2.6, THREAD),
                },
            }
        }
    }
    for point in points.iter().filter(|point| point.is_default && point.kind != FootprintKind::Recommended) {
        canvas.disc(place(point), 4.6, ORANGE);
    }
    for point in points.iter().filter(|point| point.kind == FootprintKind::Recommended) {
        canvas.star(place(point), 7.5);
    }
    if let Some(colours) = &colours {
        let beside = if room.asked().is_some() { 10.0 } else { BESIDE };
        let (x, y) = (frame.x + beside, frame.bottom() + 12.0);
        scale(&mut canvas, Frame { x, y, width: frame.width - 2.0 * beside, height: 12.0 }, findings, colours);
    }
    Some(canvas.end(frame.bottom() + bar))
}

/// The place of a point: both axes have one scale, and the plane is centred.
fn places(points: &[FootprintPoint], frame: Frame) -> impl Fn(&FootprintPoint) -> At {
    let ends = |pick: fn(&FootprintPoint) -> f64| {
        let all = points.iter().map(pick);
        (all.clone().fold(f64::INFINITY, f64::min), all.fold(f64::NEG_INFINITY, f64::max))
    };
    let ((left, right), (low, high)) = (ends(|point| point.x), ends(|point| point.y));
    let across = (frame.width - 40.0) / (right - left).max(1e-9);
    let up = (frame.height - 40.0) / (high - low).max(1e-9);
    let scale = across.min(up);
    let middle = ((left + right) / 2.0, (low + high) / 2.0);
    move |point| {
        let (x, y) = (frame.x + frame.width / 2.0, frame.y + frame.height / 2.0);
        (x + scale * (point.x - middle.0), y - scale * (point.y - middle.1))
    }
}

fn legend(canvas: &mut Canvas, room: Room, y: f64, findings: &Findings) -> f64 {
    let Some(footprint) = &findings.footprint else { return y };
    let any = |is: &dyn Fn(&FootprintPoint) -> bool| footprint.points.iter().any(is);
    let mut entries: Vec<(String, caption::Sign)> = Vec::new();
    let mut add = |is_there: bool, text: String, sign: caption::Sign<'static>| {
        if is_there {
            entries.push((text, sign));
        }
    };
    let highest = findings.matrix.sample.budget.and_then(|_| findings.fidelity.last()).map(|last| last.high);
    let name = highest.map_or("by cost".to_owned(), |budget| format!("by cost at {}", amount(budget, &findings.unit)));
    add(
        any(&|point| point.at_highest),
        name,
        Box::new(|canvas, (x, y)| {
            canvas.disc((x - 4.0, y), 4.0, viridis(0.1));
            canvas.disc((x + 5.0, y), 4.0, viridis(0.8));
        }),
    );
    let is_smaller = |point: &FootprintPoint| point.kind == FootprintKind::Finished && !point.at_highest;
    add(any(&is_smaller), "at smaller budgets only".into(), Box::new(|canvas, at| canvas.disc(at, 2.6, THREAD)));
    let kind = |kind: FootprintKind| move |point: &FootprintPoint| point.kind == kind;
    add(any(&kind(FootprintKind::Failed)), "failed".into(), Box::new(|canvas, at| canvas.cross(at, 3.0, RED, 1.1)));
    add(
        any(&kind(FootprintKind::Open)),
        "without a result".into(),
        Box::new(|canvas, at| canvas.ring(at, 3.0, PAPER, MUTED, 1.1)),
    );
    let random = "random, not tried".to_owned();
    add(any(&kind(FootprintKind::Random)), random, Box::new(|canvas, at| canvas.ring(at, 2.6, PAPER, ASH, 0.9)));
    add(any(&|point| point.is_default), "default".into(), Box::new(|canvas, at| canvas.disc(at, 4.6, ORANGE)));
    add(any(&kind(FootprintKind::Recommended)), findings.recommended(), Box::new(|canvas, at| canvas.star(at, 6.0)));
    caption::legend(canvas, room, y, entries)
}

/// Draws the scale of the colours.
fn scale(canvas: &mut Canvas, bar: Frame, findings: &Findings, colours: &Axis) {
    const STEPS: usize = 96;
    for step in 0..STEPS {
        let x = bar.x + bar.width * step as f64 / STEPS as f64;
        let frame = Frame { x, y: bar.y, width: 0.6 + bar.width / STEPS as f64, height: bar.height };
        canvas.rectangle(frame, viridis(badness(findings.direction, (step as f64 + 0.5) / STEPS as f64)));
    }
    axis::below(canvas, bar, colours.ticks((bar.width / 86.0).clamp(3.0, 7.0) as usize), false, SMALL);
    let text = font::elide(&format!("{} (bright is good)", findings.measure), TEXT, false, bar.width);
    canvas.say((bar.x + bar.width / 2.0, bar.bottom() + 33.0), text, TEXT, INK, Anchor::Middle, false);
}
