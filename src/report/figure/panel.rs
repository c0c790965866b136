//! Panels of the interaction matrix: one hyperparameter, or two.
use crate::analysis::bin::Scale;
use crate::analysis::dependence::{Dimension, Level};
use crate::analysis::interaction::{PairInteraction, Tile};
use crate::analysis::matrix::Matrix;
use crate::analysis::spot::SpotKind;
use crate::report::draw::axis;
use crate::report::draw::axis::{Axis, Tick};
use crate::report::draw::canvas::{Anchor, At, Canvas, Frame, Text};
use crate::report::draw::font;
use crate::report::draw::theme::{
    ASH, BLUE, Colour, FAINT, HAZE, HEADING, INK, MUTED, PAPER, RED, SHADE, SMALL, TEXT, THREAD, mix, viridis,
};
use crate::report::draw::words::{percent, percent_range, values};
use crate::space::hyperparameter::Value;
use crate::trial::direction::Direction;
use crate::trial::outcome::OutcomeKind;

/// Trials up to which signs have their usual size, and failures up to which theirs have it.
const CROWD: f64 = 100.0;
const FAILED_CROWD: f64 = 40.0;

/// The space between the labels of two panels.
const APART: f64 = 4.0;

/// The cost axis that all diagonal panels share; `None` without a model.
pub(crate) fn cost_axis(matrix: &Matrix) -> Option<Axis> {
    let levels = matrix.dimensions.iter().flat_map(|dimension| &dimension.levels);
    let bands = levels.filter_map(|level| level.band.or(level.cost.map(|cost| (cost, cost))));
    let curves = matrix.dimensions.iter().flat_map(|dimension| dimension.curves.iter().flatten().flatten());
    let mut threads: Vec<f64> = curves.copied().collect();
    threads.sort_by(f64::total_cmp);
    // The outermost individual curves may leave the panel, so that the mean keeps its shape.
    let cut = threads.len() / 50;
    let inner = threads.get(cut..threads.len() - cut).unwrap_or_default();
    let ends: Vec<f64> = bands.flat_map(|(low, high)| [low, high]).chain(inner.iter().copied()).collect();
    (!ends.is_empty()).then(|| Axis::around(ends, matrix.sample.logarithmic))
}

/// The ticks of a hyperparameter: its levels if it is discrete, else round numbers.
pub(crate) fn ticks(dimension: &Dimension, wanted: usize) -> Vec<Tick> {
    let is_whole = dimension.levels.iter().all(|level| !matches!(level.bin.value, Value::Float(_)));
    let is_discrete = matches!(dimension.scale, Scale::Ordinal | Scale::Categorical)
        || is_whole && dimension.bounds.is_some_and(|(low, high)| high - low < dimension.levels.len() as f64);
    match dimension.bounds {
        Some((low, high)) if !is_discrete => {
            let axis = Axis::between(low, high, dimension.scale == Scale::Logarithmic);
            if is_whole { axis.whole() } else { axis }.ticks(wanted)
        }
        _ => {
            let labels = values(dimension.levels.iter().map(|level| &level.bin.value));
            let tick = |(level, label): (&Level, String)| Tick { at: level.bin.at, label };
            dimension.levels.iter().zip(labels).map(tick).collect()
        }
    }
}

/// The space of a panel: its frame, the gap to the next one, and the labels that it has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub frame: Frame,
    pub gap: f64,
    /// True if there is room for the labels of the costs.
    pub costs: bool,
    /// The room below for names that run upwards; `None` without labels there.
    pub below: Option<f64>,
    /// The number of labels along an edge, about.
    pub ticks: usize,
}

/// Draws one hyperparameter: its partial dependence with band and individual curves.
pub(crate) fn diagonal(canvas: &mut Canvas, place: Place, dimension: &Dimension, costs: Option<&Axis>) {
    let frame = place.frame;
    title(canvas, place, dimension);
    let categorical = dimension.scale == Scale::Categorical;
    if let Some(costs) = costs {
        for tick in costs.ticks(4) {
            let from = frame.at(0.0, tick.at);
            canvas.line(vec![from, (frame.right(), from.1)], SHADE, 1.0);
        }
        let at = |level: &Level, cost: f64| frame.at(level.bin.at, costs.share(cost));
        if categorical {
            categories(canvas, frame, dimension, costs);
        } else {
            for curve in &dimension.curves {
                let places: Vec<Option<At>> = (dimension.levels.iter().zip(curve))
                    .map(|(level, cost)| cost.map(|cost| at(level, cost)))
                    .collect();
                for run in places.split(Option::is_none) {
                    let run: Vec<At> = run.iter().flatten().copied().collect();
                    for part in clipped(&run, frame) {
                        canvas.line(part, THREAD, 0.8);
                    }
                }
            }
            let runs = dimension.levels.split(|level| level.cost.is_none() || level.band.is_none());
            for run in runs.filter(|run| !run.is_empty()) {
                let end = |upper: bool| {
                    run.iter().map(move |level| {
                        let (low, high) = level.band.expect("the run has bands");
                        let (x, y) = at(level, if upper { high } else { low });
                        (x, y.clamp(frame.y, frame.bottom()))
                    })
                };
                canvas.polygon(end(true).chain(end(false).rev()).collect(), HAZE);
            }
            let means: Vec<At> = dimension.levels.iter().filter_map(|level| Some(at(level, level.cost?))).collect();
            canvas.line(means.clone(), BLUE, 1.8);
            if dimension.scale == Scale::Ordinal || dimension.levels.len() < 10 {
                means.iter().for_each(|at| canvas.disc(*at, 2.6, BLUE));
            }
        }
        if place.costs {
            axis::left(canvas, frame, costs.ticks(4), SMALL, 43.0);
        }
    }
    let most = dimension.levels.iter().map(|level| level.trials).max().unwrap_or(0).max(1) as f64;
    for level in &dimension.levels {
        // Marks as long as the level's share of trials, so that a level without trials is recognized.
        let (x, y) = frame.at(level.bin.at, 0.0);
        canvas.line(vec![(x, y), (x, y - 12.0 * level.trials as f64 / most)], MUTED, 2.0);
    }
    canvas.edges(frame, MUTED);
    if let Some(at) = dimension.incumbent {
        canvas.dashed(frame.at(at, 0.0), frame.at(at, 1.0), RED, 1.2, (4.0, 3.0));
    }
    if let Some(room) = place.below {
        labels(canvas, place, dimension, room);
    }
}

/// Writes the values of a hyperparameter below a panel.
pub(crate) fn labels(canvas: &mut Canvas, place: Place, dimension: &Dimension, room: f64) {
    let mut ticks = ticks(dimension, place.ticks);
    match dimension.has_names() {
        true => axis::below_names(canvas, place.frame, ticks, SMALL, room),
        false => {
            // A label at an end meets that of the next panel where both need more than the gap.
            for tick in &mut ticks {
                let half = font::width(&tick.label, SMALL, false) / 2.0;
                if half - tick.at.min(1.0 - tick.at) * place.frame.width > (place.gap - APART) / 2.0 {
                    tick.label.clear();
                }
            }
            axis::below(canvas, place.frame, ticks, false, SMALL);
        }
    }
}

/// Draws a dot with its interval for each category, without lines between them.
fn categories(canvas: &mut Canvas, frame: Frame, dimension: &Dimension, costs: &Axis) {
    let y = |cost: f64| frame.at(0.0, costs.share(cost).clamp(0.0, 1.0)).1;
    for (index, level) in dimension.levels.iter().enumerate() {
        let Some(cost) = level.cost else { continue };
        let (x, _) = frame.at(level.bin.at, 0.0);
        let aside = frame.width * (level.bin.to - level.bin.from);
        let values: Vec<f64> = dimension.curves.iter().filter_map(|curve| curve[index]).collect();
        for value in &values {
            if (0.0..=1.0).contains(&costs.share(*value)) {
                canvas.line(vec![(x - 0.3 * aside, y(*value)), (x - 0.12 * aside, y(*value))], THREAD, 0.8);
            }
        }
        let colour = if dimension.is_rare(level) { MUTED } else { BLUE };
        if let Some((low, high)) = level.band {
            canvas.line(vec![(x, y(low)), (x, y(high))], colour, 1.4);
            for end in [low, high] {
                canvas.line(vec![(x - 4.0, y(end)), (x + 4.0, y(end))], colour, 1.4);
            }
        }
        match dimension.is_rare(level) {
            true => canvas.ring((x, y(cost)), 3.6, PAPER, MUTED, 1.2),
            false => canvas.disc((x, y(cost)), 3.6, BLUE),
        }
    }
}

/// Writes the name with its share of the variance, and the condition above it. Both end where the next panel begins.
fn title(canvas: &mut Canvas, place: Place, dimension: &Dimension) {
    let (frame, room) = (place.frame, place.frame.width + place.gap - 8.0);
    let size = if place.gap < 30.0 { SMALL } else { HEADING };
    let importance = &dimension.importance;
    let colour = if importance.worsening.is_none() || importance.real { INK } else { MUTED };
    let share = importance.total_interval.map(percent_range).unwrap_or_default();
    let taken = if share.is_empty() { 0.0 } else { font::width(&share, SMALL, false) + 8.0 };
    // The table has the share too: the name comes first.
    let has_share = font::width(&dimension.name, size, true) + taken <= room || place.gap >= 30.0;
    let y = frame.y - 8.0;
    let name = font::elide(&dimension.name, size, true, room - if has_share { taken } else { 0.0 });
    let x = frame.x + font::width(&name, size, true) + 8.0;
    canvas.say((frame.x, y), name, size, colour, Anchor::Start, true);
    if has_share {
        canvas.write((x, y), share, SMALL, colour);
    }
    if let Some(condition) = &dimension.condition {
        let text = font::elide(&format!("where {condition}"), SMALL, false, room);
        canvas.write((frame.x, y - 15.0), text, SMALL, MUTED);
    }
}

/// Draws two hyperparameters: a tile for each pair of levels, with the trials on it.
pub(crate) fn tiles(
    canvas: &mut Canvas,
    place: Place,
    matrix: &Matrix,
    (row, column): (usize, usize),
    model: Option<(&PairInteraction, &Axis)>,
    direction: Direction,
) {
    let frame = place.frame;
    let (vertical, horizontal) = (&matrix.dimensions[row], &matrix.dimensions[column]);
    if let Some((pair, colours)) = model {
        for (level, line) in vertical.levels.iter().zip(&pair.tiles) {
            for (other, tile) in horizontal.levels.iter().zip(line) {
                let (x, y) = frame.at(other.bin.from, level.bin.to);
                let width = frame.width * (other.bin.to - other.bin.from);
                let part = Frame { x, y, width, height: frame.height * (level.bin.to - level.bin.from) };
                match *tile {
                    Tile::Cost { cost, near } => {
                        let colour = viridis(badness(direction, colours.share(cost)));
                        canvas.rectangle(part, if near { colour } else { pale(colour) });
                    }
                    Tile::Rare { .. } => canvas.rectangle(part, SHADE),
                    Tile::Failing => failing(canvas, part),
                    Tile::Forbidden => forbidden(canvas, part),
                    Tile::Inactive => inactive(canvas, part),
                }
            }
        }
    } else {
        canvas.rectangle(frame, SHADE);
    }
    // Signs of many trials are small, so that the tiles can be seen between them.
    let size = (CROWD / matrix.spots.len().max(1) as f64).sqrt().clamp(0.35, 1.0);
    let size = if place.gap < 30.0 { 0.8 * size } else { size };
    let failures = matrix.spots.iter().filter(|spot| matches!(spot.kind, SpotKind::Failed(_))).count();
    let failed_size = (FAILED_CROWD / failures.max(1) as f64).sqrt().clamp(0.35, 1.0);
    for spot in &matrix.spots {
        let (Some(x), Some(y)) = (spot.at[column], spot.at[row]) else { continue };
        let (x, y) = frame.at(x, y);
        let at = (x.clamp(frame.x + 3.0, frame.right() - 3.0), y.clamp(frame.y + 3.0, frame.bottom() - 3.0));
        match spot.kind {
            SpotKind::Smaller => smaller(canvas, at, size),
            SpotKind::Finished => finished(canvas, at, size),
            SpotKind::Failed(kind) => failed(canvas, at, kind, failed_size),
            SpotKind::Incumbent => canvas.star(at, 6.0),
        }
    }
    canvas.edges(frame, MUTED);
    if let Some((pair, _)) = model.filter(|(pair, _)| pair.strength >= 0.01) {
        let whole = format!("together {}", percent(pair.strength));
        let fits = font::width(&whole, SMALL, false) <= frame.width;
        let text = if fits { whole } else { percent(pair.strength) };
        canvas.say((frame.right(), frame.y - 4.0), text, SMALL, MUTED, Anchor::End, false);
    }
    for tick in ticks(horizontal, place.ticks) {
        tick_mark(canvas, frame, &tick);
    }
}

/// The share of the colours, from 0 for the best to 1 for the worst, of a place on an axis of costs or of values.
pub(crate) fn badness(direction: Direction, share: f64) -> f64 {
    match direction {
        Direction::Minimize => share,
        Direction::Maximize => 1.0 - share,
    }
}

fn tick_mark(canvas: &mut Canvas, frame: Frame, tick: &Tick) {
    let (x, y) = frame.at(tick.at, 0.0);
    canvas.line(vec![(x, y), (x, y + 2.5)], MUTED, 1.0);
}

/// Writes a name upwards, its middle at `at`.
pub(crate) fn upright_name(canvas: &mut Canvas, at: At, name: &str, room: f64) {
    let text = font::elide(name, TEXT, false, room);
    canvas.text(Text { text, at, size: TEXT, bold: false, anchor: Anchor::Middle, colour: INK, upright: true });
}

/// Draws the sign of a success, of the usual size or a share of it.
pub(crate) fn finished(canvas: &mut Canvas, at: At, size: f64) {
    canvas.ring(at, 3.3 * size, PAPER, INK, size.max(0.6));
}

/// Draws the sign of a success at another budget.
pub(crate) fn smaller(canvas: &mut Canvas, at: At, size: f64) {
    canvas.ring(at, 1.9 * size, [0xe8, 0xeb, 0xee], [0x45, 0x4d, 0x57], 0.6 * size);
}

/// Draws the sign of a failure, of the usual size or a share of it: a cross if the cost was not finite, a square if the program
/// failed, a triangle if a limit ended it.
pub(crate) fn failed(canvas: &mut Canvas, (x, y): At, kind: OutcomeKind, size: f64) {
    let at = |(right, down): At| (x + size * right, y + size * down);
    let corners: Vec<At> = match kind {
        OutcomeKind::TimedOut | OutcomeKind::OutOfMemory | OutcomeKind::OutOfDeviceMemory => {
            [(0.0, -4.4), (4.2, 3.2), (-4.2, 3.2)].map(at).to_vec()
        }
        OutcomeKind::Crashed => [(-3.2, -3.2), (3.2, -3.2), (3.2, 3.2), (-3.2, 3.2)].map(at).to_vec(),
        _ => {
            canvas.cross((x, y), 3.6 * size, PAPER, 3.4 * size);
            canvas.cross((x, y), 3.2 * size, RED, 1.6 * size);
            return;
        }
    };
    let outline = corners.iter().chain(&corners[..1]).copied().collect();
    canvas.polygon(corners, PAPER);
    canvas.line(outline, RED, (1.4 * size).max(0.7));
}

/// Fills a tile at which trials have only failed.
pub(crate) fn failing(canvas: &mut Canvas, frame: Frame) {
    canvas.rectangle(frame, PAPER);
    canvas.hatch(frame, RED);
}

/// Fills a tile that no legal configuration has.
pub(crate) fn forbidden(canvas: &mut Canvas, frame: Frame) {
    canvas.rectangle(frame, PAPER);
    canvas.hatch(frame, MUTED);
}

/// Fills a tile at which one of the two hyperparameters is inactive.
pub(crate) fn inactive(canvas: &mut Canvas, frame: Frame) {
    canvas.rectangle(frame, FAINT);
    canvas.stipple(frame, ASH);
}

/// The paler colour of a tile without trials nearby.
pub(crate) fn pale(colour: Colour) -> Colour {
    mix([0xff, 0xff, 0xff], colour, 0.42)
}

/// The parts of a line between the upper and lower edges of a frame.
pub(crate) fn clipped(points: &[At], frame: Frame) -> Vec<Vec<At>> {
    let inside = |(_, y): At| frame.y <= y && y <= frame.bottom();
    let mut parts: Vec<Vec<At>> = vec![vec![]];
    for (index, &point) in points.iter().enumerate() {
        if let Some(&before) = index.checked_sub(1).and_then(|before| points.get(before)) {
            let mut crossings: Vec<(f64, f64)> = [frame.y, frame.bottom()]
                .into_iter()
                .filter(|edge| (before.1 - edge) * (point.1 - edge) < 0.0)
                .map(|edge| ((edge - before.1) / (point.1 - before.1), edge))
                .collect();
            crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
            for (share, edge) in crossings {
                let at = (before.0 + share * (point.0 - before.0), edge);
                let part = parts.last_mut().expect("there is a part");
                part.push(at);
                if part.len() > 1 {
                    parts.push(vec![]);
                }
            }
        }
        if inside(point) {
            parts.last_mut().expect("there is a part").push(point);
        }
    }
    parts.retain(|part| part.len() > 1);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_within_their_frame() {
        let frame = Frame { x: 0.0, y: 0.0, width: 10.0, height: 10.0 };
        let check = |points: &[At], expected: &[&[At]]| assert_eq!(clipped(points, frame), expected);
        check(&[(0.0, 5.0), (10.0, 5.0)], &[&[(0.0, 5.0), (10.0, 5.0)]]);
        check(&[(0.0, 5.0), (10.0, 15.0)], &[&[(0.0, 5.0), (5.0, 10.0)]]);
        check(&[(0.0, -10.0), (8.0, 30.0)], &[&[(2.0, 0.0), (4.0, 10.0)]]);
        check(&[(0.0, 5.0), (5.0, 15.0), (10.0, 5.0)], &[&[(0.0, 5.0), (2.5, 10.0)], &[(7.5, 10.0), (10.0, 5.0)]]);
        check(&[(0.0, 15.0), (10.0, 15.0)], &[]);
    }
}
