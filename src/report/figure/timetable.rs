//! Figure of the timetable: a bar for each attempt, on the line of its slot.
use crate::analysis::Findings;
use crate::analysis::timetable::{Bar, REPEATED, Timetable};
use crate::report::draw::axis;
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{Anchor, Canvas, Frame};
use crate::report::draw::font;
use crate::report::draw::room::Room;
use crate::report::draw::theme::{ASH, BLUE, Colour, FAINT, INK, MUTED, PAPER, RED, SHADE, SMALL, budget_colour};
use crate::report::draw::words::{amount, count, percent};
use crate::report::figure::caption;
use crate::report::figure::caption::WIDTH;
use crate::trial::outcome::OutcomeKind;

/// The width of the names of slots, and that in a narrow room.
const LEFT: f64 = 110.0;
const NARROW: f64 = 56.0;
/// Lines at most.
const LINES: usize = 32;
/// Bars at most, roughly: shorter ones join.
const BARS: f64 = 3000.0;
/// Budgets that the legend names, at most.
const NAMED: usize = 5;

/// The unit of the axis of time: its name and its seconds.
pub(crate) fn unit(length_s: f64) -> (&'static str, f64) {
    match length_s {
        x if x < 0.5 => ("milliseconds", 1e-3),
        x if x < 180.0 => ("seconds", 1.0),
        x if x < 3.0 * 3600.0 => ("minutes", 60.0),
        x if x < 72.0 * 3600.0 => ("hours", 3600.0),
        _ => ("days", 86_400.0),
    }
}

/// Draws the timetable; `None` if no attempt has ended.
pub(crate) fn laid_out(findings: &Findings, room: Room) -> Option<Canvas> {
    let table = findings.timetable.as_ref()?;
    let lines = table.slots.len().min(LINES);
    let row = (340.0 / lines as f64).clamp(12.0, 34.0);
    let height = row * lines as f64;
    let mut canvas = Canvas::of_width(room.width(WIDTH));
    let names = if room.asked().is_some() { NARROW } else { LEFT };
    let mut line = format!(
        "{} on {}, busy {} of the time",
        count(table.bars.len(), "attempt"),
        count(table.workers, "worker"),
        percent(table.utilisation)
    );
    if !table.breaks_s.is_empty() {
        line += &format!("; {}, the time between them is left out", count(table.breaks_s.len() + 1, "session"));
    }
    if lines < table.slots.len() {
        line += &format!("; the first {LINES} of {} lines", table.slots.len());
    }
    let below = caption::head(&mut canvas, room, &findings.experiment, "timetable", &line);
    let budgets = budgets(table);
    let top = legend(&mut canvas, (room, below), findings, table, &budgets);
    let x = room.margin() + names;
    let frame = Frame { x, y: top, width: canvas.width - room.margin() - x - 10.0, height };
    let (name, seconds) = unit(table.length_s);
    let axis = Axis::between(0.0, (table.length_s / seconds).max(1e-9), false);
    let x = |at: f64| frame.at(axis.share(at / seconds).clamp(0.0, 1.0), 0.0).0;
    for index in 0..lines {
        let y = frame.y + row * index as f64;
        canvas.rectangle(Frame { x: frame.x, y: y + 0.5, width: frame.width, height: row - 1.0 }, SHADE);
        let text = table.slots[index].name.as_str();
        let text = font::elide(if text.is_empty() { "worker" } else { text }, SMALL, false, names - 14.0);
        canvas.say((frame.x - 8.0, y + row / 2.0 + 3.6), text, SMALL, INK, Anchor::End, false);
    }
    let least = (lines as f64 * frame.width / BARS).max(0.4);
    let mut drawn_to = vec![f64::NEG_INFINITY; lines];
    for bar in table.bars.iter().filter(|bar| bar.slot < lines) {
        let (from, to) = (x(bar.from_s), x(bar.to_s));
        if to < drawn_to[bar.slot] + least {
            continue;
        }
        let from = from.max(drawn_to[bar.slot]);
        let gap = if to - from > 2.5 { 0.7 } else { 0.0 };
        let y = frame.y + row * bar.slot as f64 + 2.0;
        let width = (to - from - gap).max(least);
        let place = Frame { x: from, y, width, height: row - 4.0 };
        canvas.rectangle(place, colour(bar, &budgets));
        if bar.outcome == REPEATED {
            canvas.hatch(place, MUTED);
        }
        let number = bar.trial.to_string();
        if bar.outcome != REPEATED && width > font::width(&number, SMALL, false) + 8.0 && row >= 16.0 {
            let at = (from + width / 2.0, y + row / 2.0 + 1.6);
            canvas.say(at, number, SMALL, on(colour(bar, &budgets)), Anchor::Middle, false);
        }
        drawn_to[bar.slot] = from + width + gap;
    }
    for at in &table.breaks_s {
        canvas.dashed((x(*at), frame.y), (x(*at), frame.bottom()), INK, 1.2, (4.0, 3.0));
    }
    canvas.edges(frame, MUTED);
    axis::below(&mut canvas, frame, axis.ticks(if room.asked().is_some() { 4 } else { 9 }), false, SMALL);
    caption::below(&mut canvas, frame, &format!("{name} of the run"));
    Some(canvas.end(frame.bottom() + 58.0))
}

/// The colour of text on bars whose colour is the same on light and dark pages.
const BLACK: Colour = [0x14, 0x18, 0x1c];

/// The colour of text on a bar.
fn on(colour: Colour) -> Colour {
    match colour {
        BLUE | RED => PAPER,
        ASH => INK,
        _ => BLACK,
    }
}

/// The budgets of the bars, ascending.
fn budgets(table: &Timetable) -> Vec<f64> {
    let mut budgets: Vec<f64> = table.bars.iter().map(|bar| bar.budget).collect();
    budgets.sort_by(f64::total_cmp);
    budgets.dedup();
    budgets
}

fn colour(bar: &Bar, budgets: &[f64]) -> Colour {
    match bar.outcome.parse::<OutcomeKind>() {
        Ok(OutcomeKind::Finished) => {
            let rank = budgets.iter().position(|budget| *budget == bar.budget).unwrap_or(0);
            budget_colour(rank, budgets.len())
        }
        Ok(OutcomeKind::Pruned | OutcomeKind::Forgotten) => ASH,
        Ok(_) => RED,
        Err(_) => FAINT,
    }
}

fn legend(canvas: &mut Canvas, (room, y): (Room, f64), findings: &Findings, table: &Timetable, budgets: &[f64]) -> f64 {
    let sign = |colour: Colour, hatched: bool| -> caption::Sign {
        Box::new(move |canvas: &mut Canvas, (x, y)| {
            let place = Frame { x: x - 7.0, y: y - 5.0, width: 14.0, height: 10.0 };
            canvas.rectangle(place, colour);
            if hatched {
                canvas.hatch(place, MUTED);
            }
        })
    };
    let mut entries: Vec<(String, caption::Sign)> = Vec::new();
    for (rank, budget) in budgets.iter().enumerate() {
        let n = budgets.len();
        if n <= NAMED || (rank + 1) * NAMED / n != rank * NAMED / n {
            entries.push((amount(*budget, &findings.unit), sign(budget_colour(rank, n), false)));
        }
    }
    let kind = |bar: &Bar| bar.outcome.parse::<OutcomeKind>().ok();
    let is_failure = |bar: &Bar| {
        kind(bar)
            .is_some_and(|kind| !matches!(kind, OutcomeKind::Finished | OutcomeKind::Pruned | OutcomeKind::Forgotten))
    };
    if table.bars.iter().any(|bar| matches!(kind(bar), Some(OutcomeKind::Pruned | OutcomeKind::Forgotten))) {
        entries.push(("pruned or forgotten".into(), sign(ASH, false)));
    }
    if table.bars.iter().any(is_failure) {
        entries.push(("failed".into(), sign(RED, false)));
    }
    if table.bars.iter().any(|bar| bar.outcome == REPEATED) {
        entries.push(("attempted again".into(), sign(FAINT, true)));
    }
    caption::legend(canvas, room, y, entries)
}
