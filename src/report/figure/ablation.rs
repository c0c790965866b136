//! Figure of the ablation: the cost after each change from the default to the recommended configuration.
use crate::analysis::Findings;
use crate::analysis::ablation::{Ablation, AblationStep, Change};
use crate::report::draw::axis;
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{Anchor, Canvas, Frame};
use crate::report::draw::font;
use crate::report::draw::room::Room;
use crate::report::draw::theme::{BLUE, INK, MUTED, ORANGE, PAPER, RED, SHADE, SMALL, TEXT};
use crate::report::draw::words::{amount, value};
use crate::report::figure::caption;
use crate::report::figure::caption::WIDTH;
use crate::space::hyperparameter::Value;
use crate::trial::direction::Direction;

/// The width of the names of changes, and their share of a narrow room.
const NAMES: f64 = 380.0;
const NARROW: f64 = 0.42;
/// The height of a step.
const ROW: f64 = 30.0;
/// Changes of one step that are named with their values, at most.
const NAMED: usize = 2;

/// Draws a row for each step; `None` without a path.
pub(crate) fn laid_out(findings: &Findings, room: Room) -> Option<Canvas> {
    let ablation = findings.ablation.as_ref()?;
    let height = ROW * ablation.steps.len() as f64;
    let mut canvas = Canvas::of_width(room.width(WIDTH));
    let start = if ablation.from_default { "default" } else { "the median configuration" };
    let subject = format!("from {start} to {}", findings.recommended());
    let line = format!(
        "each row changes what lowers the prediction most of what is left; all at {}",
        amount(ablation.budget, &findings.unit)
    );
    let line = if findings.direction == Direction::Minimize { line } else { line.replace("lowers", "raises") };
    let below = caption::head(&mut canvas, room, &findings.experiment, &subject, &line);
    let top = legend(&mut canvas, room, below);
    let names = room.asked().map_or(NAMES, |width| NARROW * width).min(NAMES);
    let x = room.margin() + names;
    let frame = Frame { x, y: top, width: canvas.width - room.margin() - x - 10.0, height };
    let wanted = if room.asked().is_some() { 4 } else { 8 };
    let ends = ablation
        .steps
        .iter()
        .flat_map(|step| [step.predicted, step.interval.0, step.interval.1].into_iter().chain(step.measured));
    let axis = Axis::of_costs(ends);
    for tick in axis.ticks(wanted) {
        canvas.line(vec![frame.at(tick.at, 0.0), frame.at(tick.at, 1.0)], SHADE, 1.0);
    }
    for index in 0..ablation.steps.len() {
        row(&mut canvas, (frame, names), ablation, index, (&axis, findings.direction));
    }
    canvas.edges(frame, MUTED);
    axis::below(&mut canvas, frame, axis.ticks(wanted), false, SMALL);
    caption::below(&mut canvas, frame, &findings.measure);
    Some(canvas.end(frame.bottom() + 56.0))
}

fn legend(canvas: &mut Canvas, room: Room, y: f64) -> f64 {
    let bar = |x: f64, y: f64| Frame { x: x - 8.0, y: y - 5.0, width: 16.0, height: 10.0 };
    let entries: Vec<(String, caption::Sign)> = vec![
        ("measured before and after".into(), Box::new(move |canvas, (x, y)| canvas.rectangle(bar(x, y), BLUE))),
        ("predicted".into(), Box::new(move |canvas, (x, y)| caption::outline(canvas, bar(x, y), BLUE, 1.2))),
        ("for the worse".into(), Box::new(move |canvas, (x, y)| caption::outline(canvas, bar(x, y), RED, 1.2))),
        ("measured".into(), Box::new(|canvas, at| canvas.disc(at, 4.0, INK))),
        (
            "predicted, with 80 % interval".into(),
            Box::new(|canvas, (x, y)| {
                canvas.line(vec![(x - 9.0, y), (x + 9.0, y)], MUTED, 1.2);
                canvas.ring((x, y), 4.0, PAPER, MUTED, 1.3);
            }),
        ),
    ];
    caption::legend(canvas, room, y, entries)
}

fn row(
    canvas: &mut Canvas,
    (frame, names): (Frame, f64),
    ablation: &Ablation,
    index: usize,
    (axis, direction): (&Axis, Direction),
) {
    let step = &ablation.steps[index];
    let middle = frame.y + ROW * (index as f64 + 0.5);
    let x = |cost: f64| frame.at(axis.share(cost).clamp(0.0, 1.0), 0.0).0;
    if let Some(before) = index.checked_sub(1).map(|before| &ablation.steps[before]) {
        let known = before.measured.zip(step.measured);
        let (from, to) = known.unwrap_or((before.predicted, step.predicted));
        let (left, right) = (x(from).min(x(to)), x(from).max(x(to)));
        let bar = Frame { x: left, y: middle - 7.0, width: right - left, height: 14.0 };
        let colour = if direction.turn(to) > direction.turn(from) { RED } else { BLUE };
        match known.is_some() {
            true => canvas.rectangle(bar, colour),
            false => caption::outline(canvas, bar, colour, 1.2),
        }
    }
    canvas.line(vec![(x(step.interval.0), middle), (x(step.interval.1), middle)], MUTED, 1.2);
    canvas.ring((x(step.predicted), middle), 4.0, PAPER, MUTED, 1.3);
    if let Some(cost) = step.measured {
        let at = (x(cost), middle);
        match (index == 0, index + 1 == ablation.steps.len()) {
            (true, _) => canvas.disc(at, 5.0, ORANGE),
            (_, true) => canvas.star(at, 6.5),
            _ => canvas.disc(at, 4.0, INK),
        }
    }
    let name = if index == 0 {
        if ablation.from_default { "default".to_owned() } else { "median configuration".to_owned() }
    } else {
        changes(step)
    };
    let name = font::elide(&name, TEXT, false, names - 12.0);
    canvas.say((frame.x - 10.0, middle + 4.0), name, TEXT, INK, Anchor::End, false);
}

/// The changes of a step in words.
pub(crate) fn changes(step: &AblationStep) -> String {
    let word = |own: &Option<Value>| own.as_ref().map_or("inactive".to_owned(), value);
    let one = |change: &Change| format!("{}: {} → {}", change.hyperparameter, word(&change.from), word(&change.to));
    match step.changes.len() {
        0 => "nothing".into(),
        n if n <= NAMED => step.changes.iter().map(one).collect::<Vec<_>>().join(", "),
        n => format!("{}, and {} more", one(&step.changes[0]), n - 1),
    }
}
