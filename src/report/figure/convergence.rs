//! Figure of the cost against the budget spent and the trials ended, and of costs at small and large budgets.
use crate::analysis::Findings;
use crate::analysis::convergence::{BestCurve, Dot, Improvement};
use crate::report::draw::axis;
use crate::report::draw::axis::{Axis, Tick};
use crate::report::draw::canvas::{Anchor, At, Canvas, Frame, Text};
use crate::report::draw::font;
use crate::report::draw::legend::Legend;
use crate::report::draw::room::Room;
use crate::report::draw::theme::{
    ASH, Colour, HEADING, INK, MUTED, ORANGE, PAPER, RED, SHADE, SMALL, TEXT, THREAD, budget_colour, cover,
};
use crate::report::draw::words::{amount, apart, count, number};
use crate::report::figure::hypervolume;

const WIDTH: f64 = 1180.0;
const HIGH: f64 = 270.0;
/// The width of the labels left of a panel, and the height of those below it with the heading of the next row.
const LEFT: f64 = 62.0;
const BELOW: f64 = 74.0;
/// The height of the correlations above the panel that compares budgets.
const ABOVE: f64 = 40.0;
/// Dots of a panel at most: an even share of the trials, beside the lines of the best.
const DOTS: usize = 4000;
/// Configurations that are drawn from one budget to the next, at most.
const PAIRS: usize = 300;
/// Budgets that the legend names, at most.
const NAMED: usize = 8;
/// The distance of two budgets at which the interval of their correlation has room.
const INTERVAL: f64 = 66.0;

/// Draws the two panels, and a third if configurations have run at two budgets.
pub fn figure(findings: &Findings) -> Canvas {
    laid_out(findings, Room::PAGE)
}

/// Draws the panels side by side, or below each other where the room is narrow; of several objectives, the hypervolume.
pub(crate) fn laid_out(findings: &Findings, room: Room) -> Canvas {
    if let Some(front) = findings.front.as_ref().filter(|front| !front.progress.is_empty()) {
        return hypervolume::laid_out(findings, front, room);
    }
    let convergence = &findings.convergence;
    let mut canvas = Canvas::of_width(room.width(WIDTH));
    let title = format!("{} · {} against budget spent", findings.experiment, findings.shown());
    let fact = format!(
        "{} ended, {} spent; a configuration that goes on to a higher budget spends only the difference",
        count(convergence.ended, "trial"),
        amount(convergence.spent, &findings.unit)
    );
    let top = room.head(&mut canvas, &title, &[fact]);

    let costs = convergence.dots.iter().map(|dot| dot.cost);
    let best = costs.clone().fold(f64::INFINITY, f64::min);
    let worst = costs.clone().fold(f64::NEG_INFINITY, f64::max);
    // A reference that is far from every trial would flatten the curves.
    let shown = |cost: f64| cost.is_finite() && cost > 0.0 && cost <= 10.0 * worst.max(best);
    let default = |(cost, budget): (f64, f64)| (cost, format!("default at {}", number(budget)), ORANGE);
    let baseline = |cost: f64| (cost, "constant predictor".to_owned(), MUTED);
    let references = [convergence.default.map(default), convergence.baseline.map(baseline)];
    let references: Vec<(f64, String, Colour)> =
        references.into_iter().flatten().filter(|(cost, ..)| shown(*cost)).collect();
    let costs = Axis::of_costs(costs.chain(references.iter().map(|reference| reference.0)));

    let mut legend = Legend::new(room.margin(), canvas.width - room.margin(), top);
    signs(&mut canvas, &mut legend, findings);
    let written = apart(&references.iter().map(|(cost, ..)| *cost).collect::<Vec<_>>());
    for ((_, name, colour), cost) in references.iter().zip(written) {
        legend.entry(&mut canvas, &format!("{name}: {cost}"), |canvas, (x, y)| {
            canvas.dashed((x - 8.0, y), (x + 8.0, y), *colour, 1.2, (5.0, 3.0));
        });
    }
    // Without configurations at two budgets there is no third panel.
    let frames = frames(room, if findings.fidelity.is_empty() { 2 } else { 3 }, legend.bottom() + 30.0);
    let longest = |amount: f64| if amount > 0.0 { 1.04 * amount } else { 1.0 };
    let whole = convergence.dots.iter().all(|dot| dot.budget.fract() == 0.0 && dot.spent.fract() == 0.0);
    let spent = Axis::between(0.0, longest(convergence.spent), false);
    let spent = if whole { spent.whole() } else { spent };
    panel(&mut canvas, frames[0], findings, (&spent, &costs), &|step| step.spent, convergence.spent);
    let ended = Axis::between(0.0, longest(convergence.ended as f64).max(4.0), false).whole();
    panel(&mut canvas, frames[1], findings, (&ended, &costs), &|step| step.ended as f64, convergence.ended as f64);
    for (cost, _, colour) in &references {
        for frame in &frames[..2] {
            let y = frame.at(0.0, costs.share(*cost)).1;
            canvas.dashed((frame.x, y), (frame.right(), y), *colour, 1.2, (5.0, 3.0));
        }
    }
    name_axis(&mut canvas, frames[0], &format!("budget spent ({})", findings.unit));
    name_axis(&mut canvas, frames[1], "trials ended");
    if let Some(third) = frames.get(2) {
        slopes(&mut canvas, *third, findings, &costs);
        name_axis(&mut canvas, *third, &format!("budget ({})", findings.unit));
    }
    for frame in frames.iter().filter(|frame| frame.x == frames[0].x) {
        let at = (frame.x - LEFT + 10.0, frame.y + frame.height / 2.0);
        let text = font::elide(&findings.measure, TEXT, false, frame.height);
        canvas.text(Text { text, at, size: TEXT, bold: false, anchor: Anchor::Middle, colour: INK, upright: true });
    }
    let heads = ["Best so far, by budget spent", "By trials", "Can small budgets be trusted?"];
    for ((index, frame), head) in frames.iter().enumerate().zip(heads) {
        let y = frame.y - 12.0 - if index == 2 { ABOVE } else { 0.0 };
        let head = font::elide(head, HEADING, true, frame.width + 10.0);
        canvas.say((frame.x, y), head, HEADING, INK, Anchor::Start, true);
    }
    let bottom = frames.iter().map(Frame::bottom).fold(0.0, f64::max);
    canvas.end(bottom + if room.asked().is_some() { 44.0 } else { 62.0 })
}

/// The frames of so many panels, the first of them at this height.
fn frames(room: Room, parts: usize, top: f64) -> Vec<Frame> {
    let Some(width) = room.asked() else {
        let page: &[(f64, f64)] = match parts {
            2 => &[(62.0, 590.0), (732.0, 390.0)],
            _ => &[(62.0, 470.0), (612.0, 220.0), (902.0, 220.0)],
        };
        let frame = |(index, &(x, width)): (usize, &(f64, f64))| {
            let above = if index == 2 { ABOVE } else { 0.0 };
            Frame { x: room.margin() + x, y: top + above, width, height: HIGH - above }
        };
        return page.iter().enumerate().map(frame).collect();
    };
    let columns = room.columns(215.0, parts);
    let each = (width - 2.0 * room.margin()) / columns as f64;
    let high = (0.66 * (each - LEFT)).clamp(120.0, HIGH);
    let frame = |index: usize| {
        let above = if index == 2 { ABOVE } else { 0.0 };
        let y = top + (index / columns) as f64 * (high + BELOW) + above;
        let x = room.margin() + LEFT + (index % columns) as f64 * each;
        // A panel that is alone in its row needs no more than its part of the height.
        let height = if columns > 1 && index < columns { high - above } else { high };
        Frame { x, y, width: each - LEFT - 10.0, height }
    };
    (0..parts).map(frame).collect()
}

fn name_axis(canvas: &mut Canvas, frame: Frame, name: &str) {
    let name = font::elide(name, TEXT, false, frame.width + 12.0);
    canvas.say((frame.x + frame.width / 2.0, frame.bottom() + 36.0), name, TEXT, INK, Anchor::Middle, false);
}

fn colour(findings: &Findings, budget: f64) -> Colour {
    let curves = &findings.convergence.curves;
    let rank = curves.iter().position(|curve| curve.budget == budget).unwrap_or(0);
    budget_colour(rank, curves.len())
}

/// Names the budgets and the signs of trials.
fn signs(canvas: &mut Canvas, legend: &mut Legend, findings: &Findings) {
    let curves = &findings.convergence.curves;
    for (index, curve) in curves.iter().enumerate() {
        // Of many budgets, an even share is named, the highest in any case.
        if (index + 1) * NAMED / curves.len() == index * NAMED / curves.len() && curves.len() > NAMED {
            continue;
        }
        let colour = colour(findings, curve.budget);
        legend.entry(canvas, &amount(curve.budget, &findings.unit), |canvas, (x, y)| {
            canvas.line(vec![(x - 7.0, y), (x + 7.0, y)], colour, 2.0);
            canvas.disc((x, y), 3.2, colour);
        });
    }
    if findings.convergence.dots.iter().any(|dot| dot.random) {
        legend.entry(canvas, "drawn at random", |canvas, at| canvas.ring(at, 3.4, PAPER, MUTED, 1.2));
    }
    if findings.convergence.recommended.is_some() {
        legend.entry(canvas, &findings.recommended(), |canvas, at| canvas.star(at, 6.0));
    }
}

fn panel(
    canvas: &mut Canvas,
    frame: Frame,
    findings: &Findings,
    (across, costs): (&Axis, &Axis),
    place: &dyn Fn(&Improvement) -> f64,
    end: f64,
) {
    for tick in costs.ticks(6) {
        canvas.line(vec![frame.at(0.0, tick.at), frame.at(1.0, tick.at)], SHADE, 1.0);
    }
    let at = |step: &Improvement| frame.at(across.share(place(step)), costs.share(step.cost));
    let step_of = |dot: &Dot| Improvement { trial: dot.trial, ended: dot.ended, spent: dot.spent, cost: dot.cost };
    let dots = &findings.convergence.dots;
    let every = dots.len().div_ceil(DOTS).max(1);
    let hidden = cover(dots.len() / every);
    for dot in dots.iter().step_by(every) {
        let (at, colour) = (at(&step_of(dot)), colour(findings, dot.budget));
        match dot.random {
            true if hidden == 1.0 => canvas.ring(at, 3.0, PAPER, colour, 1.1),
            // Where dots are dense, the insides of rings would hide them.
            true => canvas.veil(at, 1.6, colour, hidden),
            false => canvas.veil(at, 2.7, colour, hidden),
        }
    }
    for BestCurve { budget, steps } in &findings.convergence.curves {
        let mut points: Vec<At> = Vec::new();
        for step in steps {
            let (x, y) = at(step);
            points.extend(points.last().map(|before| (x, before.1)));
            points.push((x, y));
        }
        points.extend(points.last().map(|last| (frame.at(across.share(end), 0.0).0, last.1)));
        canvas.line(points, colour(findings, *budget), 2.0);
    }
    if let Some(best) = &findings.convergence.recommended {
        canvas.star(at(best), 6.5);
    }
    if findings.convergence.dots.is_empty() {
        let text = font::elide("no trial has succeeded yet", TEXT, false, frame.width);
        canvas.say(frame.at(0.5, 0.5), text, TEXT, MUTED, Anchor::Middle, false);
    }
    canvas.edges(frame, MUTED);
    axis::left(canvas, frame, costs.ticks(6), SMALL, LEFT - 14.0);
    axis::below(canvas, frame, across.ticks(6), false, SMALL);
}

/// Draws each configuration's cost from budget to budget: crossing lines are changing ranks.
fn slopes(canvas: &mut Canvas, frame: Frame, findings: &Findings, costs: &Axis) {
    let budgets: Vec<f64> = findings.convergence.curves.iter().map(|curve| curve.budget).collect();
    let share = |budget: f64| {
        let rank = budgets.iter().position(|each| *each == budget).unwrap_or(0);
        (rank as f64 + 0.5) / budgets.len().max(1) as f64
    };
    for tick in costs.ticks(6) {
        canvas.line(vec![frame.at(0.0, tick.at), frame.at(1.0, tick.at)], SHADE, 1.0);
    }
    for fidelity in &findings.fidelity {
        for pair in fidelity.pairs.iter().step_by(fidelity.pairs.len().div_ceil(PAIRS).max(1)) {
            let ends = [(fidelity.low, pair.low), (fidelity.high, pair.high)];
            let ends = ends.map(|(budget, cost)| frame.at(share(budget), costs.share(cost)));
            canvas.line(ends.to_vec(), if fidelity.enough { ASH } else { THREAD }, 1.2);
            for (end, budget) in ends.iter().zip([fidelity.low, fidelity.high]) {
                canvas.disc(*end, 2.4, colour(findings, budget));
            }
        }
        // Above the panel, where no line runs through them.
        let x = frame.at((share(fidelity.low) + share(fidelity.high)) / 2.0, 0.0).0;
        let room = (share(fidelity.high) - share(fidelity.low)) * frame.width - 4.0;
        let (text, tint) = match (fidelity.rank_correlation, fidelity.enough) {
            (Some(rho), true) => (format!("ρ {rho:.2}"), INK),
            _ => ("too few".into(), RED),
        };
        let mut say = |up: f64, text: String, size: f64, tint: Colour, bold: bool| {
            let text = font::elide(&text, size, bold, room);
            canvas.say((x, frame.y - up), text, size, tint, Anchor::Middle, bold);
        };
        say(32.0, text, SMALL, tint, true);
        say(19.0, count(fidelity.pairs.len(), "pair"), SMALL, MUTED, false);
        if let Some((low, high)) = fidelity.interval.filter(|_| room + 4.0 > INTERVAL) {
            say(6.0, format!("{low:.2} to {high:.2}"), SMALL, MUTED, false);
        }
    }
    canvas.edges(frame, MUTED);
    axis::left(canvas, frame, costs.ticks(6), SMALL, LEFT - 14.0);
    let tick = |budget: &f64| Tick { at: share(*budget), label: number(*budget) };
    axis::below(canvas, frame, budgets.iter().map(tick).collect(), false, SMALL);
}
