//! Figure of the outlook: promising regions, how surely the best are told apart, and ranges that may be too narrow.
use crate::analysis::Findings;
use crate::analysis::outlook::{Outlook, WiderRange};
use crate::analysis::shortlist::{Candidacy, Shortlist};
use crate::report::draw::axis;
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{Anchor, Canvas, Frame};
use crate::report::draw::font;
use crate::report::draw::room::Room;
use crate::report::draw::theme::{ASH, BLUE, FAINT, HAZE, INK, MUTED, ORANGE, PAPER, RED, SHADE, SMALL, TEXT};
use crate::report::draw::words::{amount, number};
use crate::report::figure::caption;
use crate::report::figure::caption::WIDTH;

const HIGH: f64 = 280.0;
/// The height from one row of panels to the next.
const DOWN: f64 = HIGH + 78.0;
const LEFT: f64 = 84.0;
/// Ranges that are drawn at most.
const RANGES: usize = 6;

/// Draws the panels that have something to show; `None` before the first success.
pub(crate) fn laid_out(findings: &Findings, room: Room) -> Option<Canvas> {
    let (outlook, shortlist) = findings.outlook.as_ref().zip(findings.shortlist.as_ref())?;
    if outlook.drawn.is_empty() && outlook.wider.is_empty() && shortlist.candidates.len() < 2 {
        return None;
    }
    let mut canvas = Canvas::of_width(room.width(WIDTH));
    let line = format!("predictions and expectations at {}", amount(outlook.budget, &findings.unit));
    let top = caption::head(&mut canvas, room, &findings.experiment, "what to try next", &line) + 20.0;
    let regions = !outlook.drawn.is_empty();
    let seeds = shortlist.candidates.len() > 1;
    let ranges = !outlook.wider.is_empty();
    let count = [regions, seeds, ranges].into_iter().filter(|shown| *shown).count().max(2);
    let columns = room.columns(280.0, count);
    let each = (canvas.width - 2.0 * room.margin()) / columns as f64;
    let mut place = 0;
    let mut next = || {
        let (column, row) = ((place % columns) as f64, (place / columns) as f64);
        place += 1;
        let (x, y) = (room.margin() + LEFT + each * column, top + DOWN * row);
        Frame { x, y, width: each - LEFT - 24.0, height: HIGH }
    };
    if regions {
        promising(&mut canvas, next(), findings, outlook);
    }
    if seeds {
        told_apart(&mut canvas, next(), findings, shortlist);
    }
    if ranges {
        wider(&mut canvas, next(), &outlook.wider);
    }
    let rows = place.div_ceil(columns).max(1) as f64;
    Some(canvas.end(top + DOWN * (rows - 1.0) + HIGH + 58.0))
}

/// Draws the predicted cost of untried configurations against their distance from what was tried.
fn promising(canvas: &mut Canvas, frame: Frame, findings: &Findings, outlook: &Outlook) {
    caption::above(canvas, frame, "Untried: predicted, by distance");
    let ends = outlook.proposals.iter().flat_map(|each| [each.predicted, each.interval.0, each.interval.1]);
    let costs = outlook.drawn.iter().map(|(_, cost)| *cost).chain(ends).chain([outlook.best]);
    let up = Axis::of_costs(costs);
    let far = outlook.drawn.iter().map(|(distance, _)| *distance).fold(0.1, f64::max);
    let far = outlook.proposals.iter().map(|each| each.distance).fold(far, f64::max);
    let across = Axis::between(0.0, 1.06 * far, false);
    for tick in up.ticks(6) {
        canvas.line(vec![frame.at(0.0, tick.at), frame.at(1.0, tick.at)], SHADE, 1.0);
    }
    let at = |distance: f64, cost: f64| frame.at(across.share(distance), up.share(cost).clamp(0.0, 1.0));
    for (distance, cost) in &outlook.drawn {
        canvas.disc(at(*distance, *cost), 2.0, ASH);
    }
    let best = up.share(outlook.best);
    canvas.dashed(frame.at(0.0, best), frame.at(1.0, best), RED, 1.2, (5.0, 3.0));
    canvas.star(frame.at(0.0, best), 6.0);
    for each in &outlook.proposals {
        canvas.line(vec![at(each.distance, each.interval.0), at(each.distance, each.interval.1)], BLUE, 1.4);
    }
    for (index, each) in outlook.proposals.iter().enumerate() {
        let (x, y) = at(each.distance, each.predicted);
        canvas.disc((x, y), 7.0, BLUE);
        canvas.say((x, y + 3.6), (index + 1).to_string(), SMALL, PAPER, Anchor::Middle, true);
    }
    canvas.edges(frame, MUTED);
    axis::left(canvas, frame, up.ticks(6), SMALL, 52.0);
    axis::below(canvas, frame, across.ticks(5), false, SMALL);
    caption::below(canvas, frame, "distance to the nearest tried (1: typical)");
    caption::beside(canvas, frame, LEFT - 18.0, &format!("predicted {}", findings.measure));
}

/// Draws the expected cost of the best configurations with their intervals.
fn told_apart(canvas: &mut Canvas, frame: Frame, findings: &Findings, shortlist: &Shortlist) {
    caption::above(canvas, frame, "The best: expected, with 90 % interval");
    let ends = shortlist
        .candidates
        .iter()
        .flat_map(|each| [each.expected].into_iter().chain(each.interval.iter().flat_map(|(low, high)| [*low, *high])));
    let axis = Axis::of_costs(ends);
    for tick in axis.ticks(4) {
        canvas.line(vec![frame.at(tick.at, 0.0), frame.at(tick.at, 1.0)], SHADE, 1.0);
    }
    let step = (frame.height / shortlist.candidates.len() as f64).min(32.0);
    let row = |canvas: &mut Canvas, (index, each): (usize, &Candidacy)| {
        let y = frame.y + step * (index as f64 + 0.5);
        let x = |cost: f64| frame.at(axis.share(cost).clamp(0.0, 1.0), 0.0).0;
        if let Some((low, high)) = each.interval {
            canvas.line(vec![(x(low), y), (x(high), y)], if each.is_tied { ORANGE } else { MUTED }, 1.6);
        }
        match index {
            0 => canvas.star((x(each.expected), y), 6.0),
            _ if each.is_tied => canvas.disc((x(each.expected), y), 3.6, ORANGE),
            _ if each.reached < shortlist.budget => canvas.ring((x(each.expected), y), 3.4, PAPER, MUTED, 1.2),
            _ => canvas.disc((x(each.expected), y), 3.2, BLUE),
        }
        let text = format!("{} ({}×)", each.configuration_id, each.results);
        canvas.say((frame.x - 8.0, y + 3.6), text, SMALL, INK, Anchor::End, false);
    };
    shortlist.candidates.iter().enumerate().for_each(|each| row(canvas, each));
    canvas.edges(frame, MUTED);
    axis::below(canvas, frame, axis.ticks(4), false, SMALL);
    let name = match shortlist.candidates.iter().any(|each| each.reached < shortlist.budget) {
        true => format!("{}; hollow: not at this budget yet", findings.measure),
        false => format!("{}; orange: not told from the best", findings.measure),
    };
    caption::below(canvas, frame, &name);
    caption::beside(canvas, frame, LEFT - 14.0, "configuration (results)");
}

/// Draws a strip for each range with the places of the best configurations.
fn wider(canvas: &mut Canvas, frame: Frame, ranges: &[WiderRange]) {
    caption::above(canvas, frame, "The best at an end of the range");
    let step = (frame.height / ranges.len().min(RANGES) as f64).min(64.0);
    for (index, range) in ranges.iter().take(RANGES).enumerate() {
        let y = frame.y + step * (index as f64 + 0.5);
        let x = |place: f64| frame.x + 40.0 + (frame.width - 80.0) * place;
        let beyond = if range.upper { (1.0, 1.25) } else { (-0.25, 0.0) };
        let strip = |(from, to): (f64, f64)| Frame { x: x(from), y: y - 5.0, width: x(to) - x(from), height: 10.0 };
        canvas.rectangle(strip((0.0, 1.0)), FAINT);
        canvas.rectangle(strip(beyond), HAZE);
        for place in &range.places {
            canvas.disc((x(*place), y), 3.2, BLUE);
        }
        if let Some(best) = range.places.first() {
            canvas.star((x(*best), y), 5.5);
        }
        let ends = (number(range.end), number(range.wider));
        let text = format!("{}: {} → {}", range.hyperparameter, ends.0, ends.1);
        let text = font::elide(&text, TEXT, false, frame.width);
        canvas.write((frame.x, y - 12.0), text, TEXT, INK);
    }
    if ranges.len() > RANGES {
        let text = format!("and {} more", ranges.len() - RANGES);
        canvas.write((frame.x, frame.bottom() + 16.0), text, TEXT, MUTED);
    }
}
