//! Figure of parallel coordinates: a line for each trial through its values, in the colour of its cost.
use crate::analysis::Findings;
use crate::analysis::dependence::Dimension;
use crate::analysis::spot::{Spot, SpotKind};
use crate::report::draw::axis;
use crate::report::draw::axis::{Axis, Tick};
use crate::report::draw::canvas::{Anchor, At, Canvas, Frame};
use crate::report::draw::font;
use crate::report::draw::room::Room;
use crate::report::draw::theme::{ASH, HEADING, INK, MUTED, PAPER, RED, SMALL, viridis};
use crate::report::draw::words::amount;
use crate::report::figure::caption;
use crate::report::figure::caption::{MARGIN, WIDTH};
use crate::report::figure::panel::{badness, ticks};

const TOP: f64 = 142.0;
const HIGH: f64 = 340.0;
/// The distance below an axis at which lines of trials pass where it is inactive.
const BELOW: f64 = 26.0;
/// Lines of successes and of failures at most: more hide each other.
const LINES: usize = 300;

/// Draws an axis for each of the most important hyperparameters, and one for the cost; `None` without a success or with no
/// hyperparameter that varies.
pub(crate) fn figure(findings: &Findings) -> Option<Canvas> {
    let dimensions = &findings.matrix.dimensions;
    let cost = |spot: &Spot| findings.trials.get((spot.trial as usize).checked_sub(1)?)?.cost;
    let is_shown = |spot: &&Spot| matches!(spot.kind, SpotKind::Finished | SpotKind::Incumbent);
    let mut drawn: Vec<(&Spot, f64)> =
        (findings.matrix.spots.iter().filter(is_shown)).filter_map(|spot| Some((spot, cost(spot)?))).collect();
    if dimensions.is_empty() || drawn.is_empty() {
        return None;
    }
    let costs = Axis::of_costs(drawn.iter().map(|(_, cost)| *cost));
    let bad = |cost: f64| badness(findings.direction, costs.share(cost).clamp(0.0, 1.0));
    // The best are drawn last, on top of the others.
    drawn.sort_by(|a, b| bad(b.1).total_cmp(&bad(a.1)));
    let step = drawn.len().div_ceil(LINES).max(1);
    let last = drawn.len() - 1;
    let drawn: Vec<(&Spot, f64)> = drawn
        .iter()
        .enumerate()
        .filter(|(index, _)| (last - index).is_multiple_of(step))
        .map(|(_, each)| *each)
        .collect();
    let failed: Vec<&Spot> =
        findings.matrix.spots.iter().filter(|spot| matches!(spot.kind, SpotKind::Failed(_))).collect();
    let failed: Vec<&Spot> = failed.iter().copied().step_by(failed.len().div_ceil(LINES).max(1)).collect();

    let mut canvas = Canvas::new(WIDTH, TOP + HIGH + 64.0);
    let budget = findings.matrix.sample.budget.unwrap_or(1.0);
    let mut line = format!("a line for each trial at {}; bright is good", amount(budget, &findings.unit));
    if !findings.matrix.others.is_empty() {
        line += &format!(
            "; the {} most important of {} hyperparameters",
            dimensions.len(),
            dimensions.len() + findings.matrix.others.len()
        );
    }
    caption::head(&mut canvas, Room::PAGE, &findings.experiment, "parallel coordinates", &line);
    let mut entries: Vec<(String, caption::Sign)> = vec![
        ("good".into(), Box::new(|canvas, (x, y)| canvas.line(vec![(x - 8.0, y), (x + 8.0, y)], viridis(0.05), 2.0))),
        ("bad".into(), Box::new(|canvas, (x, y)| canvas.line(vec![(x - 8.0, y), (x + 8.0, y)], viridis(0.95), 2.0))),
        (
            findings.recommended(),
            Box::new(|canvas, (x, y)| {
                canvas.line(vec![(x - 8.0, y), (x + 8.0, y)], RED, 2.4);
                canvas.star((x, y), 5.0);
            }),
        ),
    ];
    if !failed.is_empty() {
        let sign = |canvas: &mut Canvas, (x, y): At| canvas.dashed((x - 8.0, y), (x + 8.0, y), ASH, 1.0, (4.0, 3.0));
        entries.push(("failed".into(), Box::new(sign)));
    }
    caption::legend(&mut canvas, Room::PAGE, 96.0, entries);

    let gap = (WIDTH - 2.0 * MARGIN - 120.0) / dimensions.len() as f64;
    let x = |index: usize| MARGIN + 70.0 + gap * index as f64;
    let frame = |index: usize| Frame { x: x(index), y: TOP, width: gap, height: HIGH };
    let place = |index: usize, at: &Option<f64>| match at {
        Some(at) => frame(index).at(0.0, *at),
        None => (x(index), TOP + HIGH + BELOW),
    };
    let path = |spot: &Spot| spot.at.iter().enumerate().map(|(index, at)| place(index, at)).collect::<Vec<At>>();
    for spot in &failed {
        for pair in path(spot).windows(2) {
            canvas.dashed(pair[0], pair[1], ASH, 0.7, (4.0, 3.0));
        }
    }
    for (spot, cost) in &drawn {
        let mut points = path(spot);
        points.push(frame(dimensions.len()).at(0.0, costs.share(*cost)));
        let is_best = spot.kind == SpotKind::Incumbent;
        canvas.line(points.clone(), if is_best { RED } else { viridis(bad(*cost)) }, if is_best { 2.4 } else { 1.0 });
        if is_best {
            points.into_iter().for_each(|at| canvas.star(at, 5.0));
        }
    }
    let has_gap = |index: usize| {
        drawn.iter().map(|(spot, _)| *spot).chain(failed.iter().copied()).any(|spot| spot.at[index].is_none())
    };
    for (index, dimension) in dimensions.iter().enumerate() {
        name(&mut canvas, frame(index), index, &dimension.label(), gap);
        bar(&mut canvas, frame(index), labels(dimension), gap);
        if has_gap(index) {
            let at = (x(index), TOP + HIGH + BELOW);
            canvas.disc(at, 2.4, MUTED);
            let text = "inactive";
            let behind = Frame { x: at.0 - 24.0, y: at.1 + 6.0, width: 48.0, height: 13.0 };
            canvas.rectangle(behind, PAPER);
            canvas.say((at.0, at.1 + 16.0), text, SMALL, MUTED, Anchor::Middle, false);
        }
    }
    name(&mut canvas, frame(dimensions.len()), dimensions.len(), findings.shown(), gap);
    bar(&mut canvas, frame(dimensions.len()), costs.ticks(6), gap);
    Some(canvas)
}

fn labels(dimension: &Dimension) -> Vec<Tick> {
    axis::thin(ticks(dimension, 6), HIGH, |_| SMALL)
}

/// Writes the name of an axis above it, alternately on two lines so that long names have room.
fn name(canvas: &mut Canvas, frame: Frame, index: usize, text: &str, gap: f64) {
    let room = (1.85 * gap).min(2.0 * (frame.x - 8.0)).min(2.0 * (WIDTH - frame.x - 8.0));
    let y = frame.y - if index.is_multiple_of(2) { 10.0 } else { 25.0 };
    let text = font::elide(text, HEADING, true, room);
    canvas.say((frame.x, y), text, HEADING, INK, Anchor::Middle, true);
}

/// Draws an axis with its ticks, whose labels stand left of it on a light ground.
fn bar(canvas: &mut Canvas, frame: Frame, ticks: Vec<Tick>, gap: f64) {
    canvas.line(vec![frame.at(0.0, 0.0), frame.at(0.0, 1.0)], INK, 1.2);
    for tick in ticks.into_iter().filter(|tick| (-0.001..=1.001).contains(&tick.at)) {
        let (x, y) = frame.at(0.0, tick.at);
        canvas.line(vec![(x - 3.0, y), (x, y)], INK, 1.0);
        if tick.label.is_empty() {
            continue;
        }
        let room = (0.6 * gap).min(x - 10.0);
        let text = font::elide(&tick.label, SMALL, false, room);
        let width = font::width(&text, SMALL, false);
        let behind = Frame { x: x - 8.0 - width, y: y - 6.0, width: width + 4.0, height: 12.0 };
        canvas.rectangle(behind, PAPER);
        canvas.say((x - 6.0, y + 0.36 * SMALL), text, SMALL, INK, Anchor::End, false);
    }
}
