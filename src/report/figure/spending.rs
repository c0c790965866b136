//! Figure of the spending: seconds by budget and configuration, other rules, and the best by the clock.
use crate::analysis::Findings;
use crate::analysis::bin::Scale;
use crate::analysis::chain::Rule;
use crate::analysis::spending::{PaceRelation, Spending};
use crate::report::draw::axis;
use crate::report::draw::axis::{Axis, Tick};
use crate::report::draw::canvas::{Anchor, At, Canvas, Frame};
use crate::report::draw::font;
use crate::report::draw::room::Room;
use crate::report::draw::theme::{ASH, BLUE, Colour, HAZE, INK, MUTED, PAPER, SHADE, SMALL, TEXT, budget_colour};
use crate::report::draw::words::{amount, duration, number};
use crate::report::figure::caption;
use crate::report::figure::caption::WIDTH;
use crate::report::figure::timetable::unit;

const HIGH: f64 = 220.0;
/// The height from one row of panels to the next.
const DOWN: f64 = 300.0;
/// The width of the labels left of a panel, and of its space.
const LEFT: f64 = 84.0;
/// Budgets that have a bar of their own, at most.
const BARS: usize = 9;
/// Dots of a panel at most.
const DOTS: usize = 1000;

/// Draws the panels; `None` if no time is known.
pub(crate) fn laid_out(findings: &Findings, room: Room) -> Option<Canvas> {
    let spending = findings.spending.as_ref()?;
    let dots = dots(spending);
    let mut canvas = Canvas::of_width(room.width(WIDTH));
    let mut line = format!("{} of all attempts together", duration(spending.seconds));
    if let Some((money, price)) = spending.money.zip(spending.price_per_hour) {
        line += &format!(", {} at {} an hour of a worker", number(money), number(price));
    }
    let top = caption::head(&mut canvas, room, &findings.experiment, "time and money", &line) + 20.0;
    let columns = room.columns(280.0, 3);
    let each = (canvas.width - 2.0 * room.margin()) / columns as f64;
    let frame = |place: usize| Frame {
        x: room.margin() + LEFT + each * (place % columns) as f64,
        y: top + DOWN * (place / columns) as f64,
        width: each - LEFT - 22.0,
        height: HIGH,
    };
    by_budget(&mut canvas, frame(0), spending, &findings.unit);
    otherwise(&mut canvas, frame(1), spending);
    clock(&mut canvas, frame(2), findings, spending);
    let mut place = 3;
    if dots.len() > 2 {
        configurations(&mut canvas, frame(place), findings, &dots);
        place += 1;
    }
    for relation in &spending.paces {
        pace(&mut canvas, frame(place), findings, relation);
        place += 1;
    }
    Some(canvas.end(frame(place - 1).bottom() + 58.0))
}

/// Draws horizontal bars with their names at the left and a text at their ends.
fn bars(canvas: &mut Canvas, frame: Frame, all: &[(String, f64, Colour, String)]) {
    let most = all.iter().map(|(_, seconds, ..)| *seconds).fold(0.0, f64::max);
    let step = (frame.height / all.len().max(1) as f64).min(46.0);
    let texts = all.iter().map(|(.., text)| font::width(text, SMALL, false)).fold(0.0, f64::max);
    let room = (frame.width + 18.0 - texts - 10.0).max(40.0);
    for (index, (name, seconds, colour, text)) in all.iter().enumerate() {
        let y = frame.y + step * index as f64;
        let width = if most > 0.0 { room * seconds / most } else { 0.0 };
        canvas.rectangle(Frame { x: frame.x, y: y + 3.0, width: width.max(1.0), height: step - 6.0 }, *colour);
        let name = font::elide(name, SMALL, false, LEFT - 12.0);
        canvas.say((frame.x - 7.0, y + step / 2.0 + 3.6), name, SMALL, INK, Anchor::End, false);
        let text = font::elide(text, SMALL, false, frame.width + 18.0 - width - 6.0);
        canvas.write((frame.x + width + 6.0, y + step / 2.0 + 3.6), text, SMALL, INK);
    }
    canvas.line(vec![(frame.x, frame.y), (frame.x, frame.y + step * all.len() as f64)], MUTED, 1.0);
}

fn by_budget(canvas: &mut Canvas, frame: Frame, spending: &Spending, unit: &str) {
    caption::above(canvas, frame, "Time by budget");
    let all = &spending.by_budget;
    let n = all.len();
    let shown = |index: &usize| n <= BARS || (index + 1) * BARS / n != index * BARS / n;
    let bar = |index: usize| {
        let own = &all[index];
        let text = format!("{} · {}×", duration(own.seconds), own.trials);
        (amount(own.budget, unit), own.seconds, budget_colour(index, n), text)
    };
    bars(canvas, frame, &(0..n).filter(shown).map(bar).collect::<Vec<_>>());
}

/// The name of a rule on the figure.
fn name(rule: Rule) -> &'static str {
    match rule {
        Rule::Actual => "as it was",
        Rule::WithoutStopping => "no stopping",
        Rule::WithoutContinuing => "no continuing",
        Rule::WithContinuing => "continuing",
    }
}

fn otherwise(canvas: &mut Canvas, frame: Frame, spending: &Spending) {
    caption::above(canvas, frame, "The same configurations otherwise");
    let bar = |each: &crate::analysis::spending::Otherwise| {
        let colour = if each.rule == Rule::Actual { BLUE } else { HAZE };
        let money = each.money.map(|money| format!(" · {}", number(money))).unwrap_or_default();
        (name(each.rule).to_owned(), each.seconds, colour, duration(each.seconds) + &money)
    };
    bars(canvas, frame, &spending.otherwise.iter().map(bar).collect::<Vec<_>>());
}

fn clock(canvas: &mut Canvas, frame: Frame, findings: &Findings, spending: &Spending) {
    let length = findings.timetable.as_ref().map_or(0.0, |table| table.length_s);
    let (name, seconds) = unit(length);
    let budget = spending.clock_budget.map(|budget| format!(" at {}", amount(budget, &findings.unit)));
    caption::above(canvas, frame, &format!("Best by the clock{}", budget.unwrap_or_default()));
    let across = Axis::between(0.0, (length / seconds).max(1e-9), false);
    let up = Axis::of_costs(spending.clock.iter().map(|step| step.cost));
    for tick in up.ticks(5) {
        canvas.line(vec![frame.at(0.0, tick.at), frame.at(1.0, tick.at)], SHADE, 1.0);
    }
    let mut points: Vec<At> = Vec::new();
    for step in &spending.clock {
        let (x, y) = frame.at(across.share(step.at_s / seconds).clamp(0.0, 1.0), up.share(step.cost));
        points.extend(points.last().map(|before| (x, before.1)));
        points.push((x, y));
    }
    points.extend(points.last().map(|last| (frame.right(), last.1)));
    canvas.line(points, BLUE, 2.0);
    for step in &spending.clock {
        canvas.disc(frame.at(across.share(step.at_s / seconds).clamp(0.0, 1.0), up.share(step.cost)), 2.7, BLUE);
    }
    if spending.clock.is_empty() {
        canvas.say(frame.at(0.5, 0.5), "no trial has succeeded yet", TEXT, MUTED, Anchor::Middle, false);
    }
    canvas.edges(frame, MUTED);
    if !spending.clock.is_empty() {
        axis::left(canvas, frame, up.ticks(5), SMALL, 52.0);
    }
    axis::below(canvas, frame, across.ticks(5), false, SMALL);
    caption::below(canvas, frame, &format!("{name} of the run"));
    caption::beside(canvas, frame, LEFT - 18.0, &findings.measure);
}

/// The seconds and the cost of each configuration at the highest budget with a success.
fn dots(spending: &Spending) -> Vec<(f64, f64)> {
    let highest = spending.configurations.iter().filter_map(|each| each.reached).map(|(budget, _)| budget);
    let highest = highest.fold(0.0, f64::max);
    let known = spending.configurations.iter().filter_map(|each| Some((each.seconds, each.reached?)));
    known.filter(|(_, (budget, _))| *budget == highest).map(|(seconds, (_, cost))| (seconds, cost)).collect()
}

fn configurations(canvas: &mut Canvas, frame: Frame, findings: &Findings, dots: &[(f64, f64)]) {
    caption::above(canvas, frame, "Time of a configuration, and its result");
    let across = Axis::of_costs(dots.iter().map(|(seconds, _)| *seconds));
    let up = Axis::of_costs(dots.iter().map(|(_, cost)| *cost));
    for tick in up.ticks(5) {
        canvas.line(vec![frame.at(0.0, tick.at), frame.at(1.0, tick.at)], SHADE, 1.0);
    }
    for (seconds, cost) in dots.iter().step_by(dots.len().div_ceil(DOTS).max(1)) {
        canvas.disc(frame.at(across.share(*seconds), up.share(*cost)), 2.7, ASH);
    }
    let best = findings.headline.best.as_ref().map(|best| best.configuration_id);
    let own = findings.spending.iter().flat_map(|spending| &spending.configurations);
    let own =
        own.filter(|each| Some(each.configuration_id) == best).find_map(|each| Some((each.seconds, each.reached?)));
    if let Some((seconds, (_, cost))) = own.filter(|(seconds, (_, cost))| dots.contains(&(*seconds, *cost))) {
        canvas.star(frame.at(across.share(seconds), up.share(cost)), 6.0);
    }
    canvas.edges(frame, MUTED);
    axis::left(canvas, frame, up.ticks(5), SMALL, 52.0);
    axis::below(canvas, frame, across.ticks(5), false, SMALL);
    caption::below(canvas, frame, "seconds, over all budgets");
    caption::beside(canvas, frame, LEFT - 18.0, &findings.measure);
}

fn pace(canvas: &mut Canvas, frame: Frame, findings: &Findings, relation: &PaceRelation) {
    caption::above(canvas, frame, &format!("Time and {} (ρ = {:.2})", relation.hyperparameter, relation.correlation));
    let up = Axis::of_costs(relation.points.iter().map(|(_, pace)| *pace));
    for tick in up.ticks(5) {
        canvas.line(vec![frame.at(0.0, tick.at), frame.at(1.0, tick.at)], SHADE, 1.0);
    }
    for (place, pace) in &relation.points {
        canvas.ring(frame.at(*place, up.share(*pace)), 2.7, PAPER, BLUE, 1.1);
    }
    canvas.edges(frame, MUTED);
    axis::left(canvas, frame, up.ticks(5), SMALL, 52.0);
    let dimension = findings.matrix.dimensions.iter().find(|each| each.index == relation.index);
    let (ticks, label) = match dimension {
        Some(own) => (crate::report::figure::panel::ticks(own, 4), own.label()),
        // The axis of a hyperparameter that is not drawn elsewhere.
        None => (["lowest", "highest"].iter().zip([0.0, 1.0]).map(tick).collect(), relation.hyperparameter.clone()),
    };
    let is_named = dimension.is_some_and(|own| own.scale == Scale::Ordinal);
    axis::below(canvas, frame, ticks, is_named, SMALL);
    caption::below(canvas, frame, &label);
    caption::beside(canvas, frame, LEFT - 18.0, "time (1: mean at its budget)");
}

fn tick((label, at): (&&str, f64)) -> Tick {
    Tick { at, label: (*label).to_owned() }
}
