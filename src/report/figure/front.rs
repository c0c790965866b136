//! Figure of several objectives: every trial at the highest budget, and the front.
use crate::analysis::Findings;
use crate::analysis::front::Front;
use crate::report::draw::axis;
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{Anchor, At, Canvas, Frame, Text};
use crate::report::draw::font;
use crate::report::draw::legend::Legend;
use crate::report::draw::room::Room;
use crate::report::draw::theme::{ASH, BLUE, HEADING, INK, MUTED, ORANGE, PAPER, SHADE, SMALL, cover};
use crate::report::draw::words::{amount, count};

const WIDTH: f64 = 1180.0;
const HIGH: f64 = 340.0;

/// The width of the labels left of a panel, and the height of those below it.
const LEFT: f64 = 70.0;
const BELOW: f64 = 62.0;

/// The greatest number of objectives that are drawn against each other; more would be too small to read.
const DRAWN: usize = 3;

/// Draws a panel for each pair of the first objectives; `None` with a single objective.
pub(crate) fn laid_out(findings: &Findings, room: Room) -> Option<Canvas> {
    let front = findings.front.as_ref()?;
    let mut canvas = Canvas::of_width(room.width(WIDTH));
    let title = format!("{} · objectives", findings.experiment);
    let top = room.head(&mut canvas, &title, &[sentence(findings, front)]);
    let mut legend = Legend::new(room.margin(), canvas.width - room.margin(), top);
    signs(&mut canvas, &mut legend, front);
    let top = legend.bottom() + 18.0;
    let drawn = front.objectives.len().min(DRAWN);
    let pairs: Vec<(usize, usize)> = (0..drawn).flat_map(|a| (a + 1..drawn).map(move |b| (a, b))).collect();
    let columns = room.columns(240.0, pairs.len());
    let each = (canvas.width - 2.0 * room.margin()) / columns as f64;
    let height = if room.asked().is_some() { (0.7 * (each - LEFT)).clamp(140.0, HIGH) } else { HIGH };
    for (place, &(across, up)) in pairs.iter().enumerate() {
        let x = room.margin() + LEFT + (place % columns) as f64 * each;
        let y = top + (place / columns) as f64 * (height + BELOW);
        panel(&mut canvas, Frame { x, y, width: each - LEFT - 14.0, height }, front, (across, up));
    }
    let rows = pairs.len().div_ceil(columns) as f64;
    Some(canvas.end(top + rows * (height + BELOW) - 12.0))
}

fn sentence(findings: &Findings, front: &Front) -> String {
    let mut text = format!(
        "{} of {} at {} are on the front: no other dominates them",
        front.members.len(),
        count(front.points.len(), "configuration"),
        amount(front.budget, &findings.unit)
    );
    if let Some(share) = front.dominated {
        text += &format!("; they dominate {:.0} % of the range", 100.0 * share);
    }
    if front.objectives.len() > DRAWN {
        text += &format!("; the first {DRAWN} of {} objectives are drawn", front.objectives.len());
    }
    text
}

fn signs(canvas: &mut Canvas, legend: &mut Legend, front: &Front) {
    legend.entry(canvas, "on the front", |canvas, (x, y)| {
        canvas.line(vec![(x - 7.0, y), (x + 7.0, y)], BLUE, 2.0);
        canvas.disc((x, y), 4.0, BLUE);
    });
    legend.entry(canvas, "dominated", |canvas, at| canvas.disc(at, 2.7, ASH));
    if front.points.iter().any(|point| point.random) {
        legend.entry(canvas, "drawn at random", |canvas, at| canvas.ring(at, 3.2, PAPER, MUTED, 1.1));
    }
    if front.points.iter().any(|point| point.default) {
        legend.entry(canvas, "default", |canvas, at| canvas.disc(at, 4.0, ORANGE));
    }
}

fn panel(canvas: &mut Canvas, frame: Frame, front: &Front, (across, up): (usize, usize)) {
    let axis = |objective: usize| Axis::of_costs(front.points.iter().map(|point| point.costs[objective]));
    let (horizontal, vertical) = (axis(across), axis(up));
    for tick in vertical.ticks(6) {
        canvas.line(vec![frame.at(0.0, tick.at), frame.at(1.0, tick.at)], SHADE, 1.0);
    }
    let at = |costs: &[f64]| frame.at(horizontal.share(costs[across]), vertical.share(costs[up]));
    let is_member = |trial: u32| front.members.contains(&trial);
    let hidden = cover(front.points.len());
    for point in front.points.iter().filter(|point| !is_member(point.trial)) {
        match (point.default, point.random) {
            (true, _) => canvas.disc(at(&point.costs), 4.0, ORANGE),
            (_, true) if hidden == 1.0 => canvas.ring(at(&point.costs), 3.0, PAPER, MUTED, 1.1),
            (_, true) => canvas.veil(at(&point.costs), 1.6, MUTED, hidden),
            _ => canvas.veil(at(&point.costs), 2.7, ASH, hidden),
        }
    }
    let members: Vec<_> = front.members.iter().filter_map(|&trial| front.point(trial)).collect();
    if front.objectives.len() == 2 {
        // The staircase bounds the dominated area: no trial is below it.
        let mut stairs: Vec<At> = Vec::new();
        for member in &members {
            let (x, y) = at(&member.costs);
            stairs.extend(stairs.last().map(|before| (x, before.1)));
            stairs.push((x, y));
        }
        canvas.line(stairs, BLUE, 2.0);
    }
    for member in &members {
        canvas.disc(at(&member.costs), 4.0, if member.default { ORANGE } else { BLUE });
    }
    canvas.edges(frame, MUTED);
    axis::left(canvas, frame, vertical.ticks(6), SMALL, LEFT - 22.0);
    axis::below(canvas, frame, horizontal.ticks(6), false, SMALL);
    let name = |objective: usize, room: f64| font::elide(&front.objectives[objective], HEADING, true, room);
    let below = (frame.x + frame.width / 2.0, frame.bottom() + 38.0);
    canvas.say(below, name(across, frame.width), HEADING, INK, Anchor::Middle, true);
    let beside = (frame.x - LEFT + 14.0, frame.y + frame.height / 2.0);
    let text = name(up, frame.height);
    canvas.text(Text {
        text,
        at: beside,
        size: HEADING,
        bold: true,
        anchor: Anchor::Middle,
        colour: INK,
        upright: true,
    });
}
