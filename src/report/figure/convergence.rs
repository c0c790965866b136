//! Figure of the cost against the budget spent and the trials ended, and of costs at small and large budgets.
use crate::analysis::Findings;
use crate::analysis::convergence::{BestCurve, Dot, Improvement};
use crate::report::draw::axis;
use crate::report::draw::axis::{Axis, Tick};
use crate::report::draw::canvas::{Anchor, At, Canvas, Frame, Text};
use crate::report::draw::font;
use crate::report::draw::theme::{
    ASH, Colour, HEADING, INK, MUTED, ORANGE, PAPER, RED, SHADE, SMALL, TEXT, THREAD, TITLE, budget_colour,
};
use crate::report::draw::words::{amount, count, number};

const WIDTH: f64 = 1180.0;
const MARGIN: f64 = 28.0;
const TOP: f64 = 138.0;
const HIGH: f64 = 270.0;
/// Dots of a panel at most: an even share of the trials, beside the lines of the best.
const DOTS: usize = 1500;
/// Configurations that are drawn from one budget to the next, at most.
const PAIRS: usize = 300;
/// Budgets that the legend names, at most.
const NAMED: usize = 8;

/// Draws the two panels, and a third if configurations have run at two budgets.
pub fn figure(findings: &Findings) -> Canvas {
    let convergence = &findings.convergence;
    let mut canvas = Canvas::new(WIDTH, TOP + HIGH + 62.0);
    let title = font::elide(
        &format!("{} · {} against budget spent", findings.experiment, findings.shown()),
        TITLE,
        true,
        WIDTH - 2.0 * MARGIN,
    );
    canvas.say((MARGIN, 44.0), title, TITLE, INK, Anchor::Start, true);
    let spent = format!("{} spent", amount(convergence.spent, &findings.unit));
    let line = format!(
        "{} ended, {spent}; a configuration that goes on to a higher budget spends only the difference",
        count(convergence.ended, "trial")
    );
    canvas.write((MARGIN, 68.0), line, TEXT, MUTED);
    legend(&mut canvas, findings);

    let costs = convergence.dots.iter().map(|dot| dot.cost);
    let best = costs.clone().fold(f64::INFINITY, f64::min);
    let worst = costs.clone().fold(f64::NEG_INFINITY, f64::max);
    // A reference that is far from every trial would flatten the curves.
    let shown = |cost: f64| cost.is_finite() && cost > 0.0 && cost <= 10.0 * worst.max(best);
    let default = |(cost, budget): (f64, f64)| (cost, format!("default at {}", number(budget)), ORANGE);
    let baseline = |cost: f64| (cost, "constant predictor".to_owned(), MUTED);
    let references = [convergence.default.map(default), convergence.baseline.map(baseline)];
    let mut references: Vec<(f64, String, Colour)> =
        references.into_iter().flatten().filter(|(cost, ..)| shown(*cost)).collect();
    references.sort_by(|a, b| b.0.total_cmp(&a.0));
    let costs = Axis::of_costs(costs.chain(references.iter().map(|reference| reference.0)));

    // Without configurations at two budgets there is no third panel.
    let panels: &[(f64, f64)] = match findings.fidelity.is_empty() {
        true => &[(62.0, 590.0), (732.0, 390.0)],
        false => &[(62.0, 470.0), (612.0, 220.0), (902.0, 220.0)],
    };
    let frame = |&(x, width): &(f64, f64)| Frame { x: MARGIN + x, y: TOP, width, height: HIGH };
    let frames: Vec<Frame> = panels.iter().map(frame).collect();
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
    let mut lowest = f64::NEG_INFINITY;
    for (cost, name, colour) in &references {
        let y = frames[0].at(0.0, costs.share(*cost)).1;
        // Above its line, or below it if the label of the next line above would be covered.
        let y = if y - 4.0 - lowest < SMALL + 2.0 { (y + SMALL + 2.0).max(lowest + SMALL + 2.0) } else { y - 4.0 };
        let text = format!("{name}: {}", number(*cost));
        let width = font::width(&text, SMALL, false) + 4.0;
        // Dots behind the label would cross it.
        let behind = Frame { x: frames[0].right() - width, y: y - SMALL, width, height: SMALL + 2.0 };
        canvas.rectangle(behind, PAPER);
        canvas.say((frames[0].right(), y), text, SMALL, *colour, Anchor::End, false);
        lowest = y;
    }
    name_axis(&mut canvas, frames[0], &format!("budget spent ({})", findings.unit));
    name_axis(&mut canvas, frames[1], "trials ended");
    if let Some(third) = frames.get(2) {
        slopes(&mut canvas, *third, findings, &costs);
        name_axis(&mut canvas, *third, &format!("budget ({})", findings.unit));
    }
    let at = (MARGIN + 10.0, TOP + HIGH / 2.0);
    let text = font::elide(&findings.measure, TEXT, false, HIGH);
    canvas.text(Text { text, at, size: TEXT, bold: false, anchor: Anchor::Middle, colour: INK, upright: true });
    let heads = ["Best so far, by budget spent", "By trials", "Can small budgets be trusted?"];
    for (frame, head) in frames.iter().zip(heads) {
        canvas.say((frame.x, frame.y - 12.0), head, HEADING, INK, Anchor::Start, true);
    }
    canvas
}

fn name_axis(canvas: &mut Canvas, frame: Frame, name: &str) {
    let name = font::elide(name, TEXT, false, frame.width + 40.0);
    canvas.say((frame.x + frame.width / 2.0, frame.bottom() + 36.0), name, TEXT, INK, Anchor::Middle, false);
}

fn colour(findings: &Findings, budget: f64) -> Colour {
    let curves = &findings.convergence.curves;
    let rank = curves.iter().position(|curve| curve.budget == budget).unwrap_or(0);
    budget_colour(rank, curves.len())
}

fn legend(canvas: &mut Canvas, findings: &Findings) {
    let mut x = MARGIN;
    let mut entry = |canvas: &mut Canvas, text: String, sign: &dyn Fn(&mut Canvas, At)| {
        sign(canvas, (x + 7.0, 92.0));
        canvas.write((x + 20.0, 96.0), text.as_str(), TEXT, INK);
        x += 20.0 + font::width(&text, TEXT, false) + 20.0;
    };
    let curves = &findings.convergence.curves;
    for (index, curve) in curves.iter().enumerate() {
        // Of many budgets, an even share is named, the highest in any case.
        if (index + 1) * NAMED / curves.len() == index * NAMED / curves.len() && curves.len() > NAMED {
            continue;
        }
        let colour = colour(findings, curve.budget);
        entry(canvas, amount(curve.budget, &findings.unit), &|canvas, (x, y)| {
            canvas.line(vec![(x - 7.0, y), (x + 7.0, y)], colour, 2.0);
            canvas.disc((x, y), 3.2, colour);
        });
    }
    if findings.convergence.dots.iter().any(|dot| dot.random) {
        entry(canvas, "drawn at random".into(), &|canvas, at| canvas.ring(at, 3.4, PAPER, MUTED, 1.2));
    }
    if findings.convergence.recommended.is_some() {
        entry(canvas, findings.recommended(), &|canvas, at| canvas.star(at, 6.0));
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
    for dot in dots.iter().step_by(dots.len().div_ceil(DOTS).max(1)) {
        let (at, colour) = (at(&step_of(dot)), colour(findings, dot.budget));
        match dot.random {
            true => canvas.ring(at, 3.0, PAPER, colour, 1.1),
            false => canvas.disc(at, 2.7, colour),
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
        canvas.say(frame.at(0.5, 0.5), "no trial has succeeded yet", TEXT, MUTED, Anchor::Middle, false);
    }
    canvas.edges(frame, MUTED);
    axis::left(canvas, frame, costs.ticks(6), SMALL, 60.0);
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
        let x = frame.at((share(fidelity.low) + share(fidelity.high)) / 2.0, 0.0).0;
        let (text, tint) = match (fidelity.rank_correlation, fidelity.enough) {
            (Some(rho), true) => (format!("ρ {rho:.2}"), INK),
            _ => ("too few".into(), RED),
        };
        canvas.say((x, frame.y + 10.0), text, TEXT, tint, Anchor::Middle, true);
        let interval = fidelity.interval.map(|(low, high)| format!("{low:.2} to {high:.2}"));
        if let Some(interval) = interval {
            canvas.say((x, frame.y + 35.0), interval, SMALL, MUTED, Anchor::Middle, false);
        }
        let n = count(fidelity.pairs.len(), "pair");
        canvas.say((x, frame.y + 23.0), n, SMALL, MUTED, Anchor::Middle, false);
    }
    canvas.edges(frame, MUTED);
    axis::left(canvas, frame, costs.ticks(6), SMALL, 60.0);
    let tick = |budget: &f64| Tick { at: share(*budget), label: number(*budget) };
    axis::below(canvas, frame, budgets.iter().map(tick).collect(), false, SMALL);
}
