//! Figure of the interaction matrix.
use crate::analysis::Findings;
use crate::analysis::dependence::Dimension;
use crate::analysis::interaction::Tile;
use crate::analysis::matrix::Matrix;
use crate::analysis::model::ModelKind;
use crate::analysis::quality::Quality;
use crate::analysis::spot::SpotKind;
use crate::report::draw::axis;
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{Anchor, At, Canvas, Frame};
use crate::report::draw::font;
use crate::report::draw::legend::Legend;
use crate::report::draw::room::Room;
use crate::report::draw::theme::{HEADING, INK, PAPER, RED, SHADE, SMALL, TEXT, viridis};
use crate::report::draw::words::{amount, coefficient, count, number};
use crate::report::figure::panel;
use crate::report::figure::panel::Place;
use crate::report::figure::trust;
use crate::trial::direction::Direction;
use crate::trial::outcome::OutcomeKind;

/// The width of the names and labels of the first column.
const LEFT: f64 = 104.0;
const WIDE: f64 = 132.0;
const HIGH: f64 = 98.0;
/// The gaps between panels, which hold labels and titles.
const ACROSS: f64 = 42.0;
const DOWN: f64 = 44.0;
/// The width of the panels beside the matrix.
const ASIDE: f64 = 520.0;
/// The widths of an axis that each of several names needs, across and up.
const NAMES: (f64, f64) = (12.5, 11.5);
/// The same gaps, and the least width of a panel, where the room is narrow.
const NARROW: NarrowGaps = NarrowGaps { left: 64.0, across: 24.0, down: 34.0, least: 44.0 };
/// The greatest room for names that run upwards below the matrix.
const UPRIGHT: f64 = 84.0;
/// The room for such names between two rows.
const BETWEEN: f64 = 25.0;

struct NarrowGaps {
    left: f64,
    across: f64,
    down: f64,
    least: f64,
}

/// Draws the matrix.
pub fn figure(findings: &Findings) -> Canvas {
    laid_out(findings, Room::PAGE)
}

/// The places of the panels: the start and the extent of each column and of each row.
struct Grid {
    columns: Vec<(f64, f64)>,
    rows: Vec<(f64, f64)>,
    gap: f64,
    down: f64,
    /// The room for upright names below the last row.
    upright: f64,
    ticks: usize,
    is_narrow: bool,
}

impl Grid {
    fn of(matrix: &Matrix, room: Room) -> Self {
        let dimensions = &matrix.dimensions;
        let (gap, down, left) =
            if room.asked().is_some() { (NARROW.across, NARROW.down, NARROW.left) } else { (ACROSS, DOWN, LEFT) };
        let names = |dimension: &Dimension| if dimension.has_names() { dimension.levels.len() as f64 } else { 0.0 };
        let (wide, high): (Vec<f64>, Vec<f64>) = match room.asked() {
            None => {
                dimensions.iter().map(|each| (WIDE.max(NAMES.0 * names(each)), HIGH.max(NAMES.1 * names(each)))).unzip()
            }
            Some(width) => {
                let all = width - left - 2.0 * room.margin();
                let drawn = ((all / (NARROW.least + gap)) as usize).clamp(1, dimensions.len().max(1));
                let each = all / drawn as f64 - gap;
                (
                    vec![each.min(1.5 * WIDE); drawn.min(dimensions.len())],
                    vec![(0.8 * each).clamp(40.0, HIGH); drawn.min(dimensions.len())],
                )
            }
        };
        let places = |start: f64, extents: &[f64], gap: f64| {
            let mut at = start;
            let place = |extent: &f64| {
                at += extent + gap;
                (at - extent - gap, *extent)
            };
            extents.iter().map(place).collect::<Vec<_>>()
        };
        let ticks = if room.asked().is_some() { 3 } else { 5 };
        let upright = dimensions.iter().zip(&wide).filter(|(each, _)| each.has_names());
        let upright = upright.map(|(each, wide)| axis::upright_room(&panel::ticks(each, ticks), *wide, SMALL, UPRIGHT));
        Self {
            columns: places(room.margin() + left, &wide, gap),
            rows: places(0.0, &high, down),
            gap,
            down,
            upright: upright.fold(0.0, f64::max),
            ticks,
            is_narrow: room.asked().is_some(),
        }
    }

    fn right(&self) -> f64 {
        self.columns.last().map_or(0.0, |(start, extent)| start + extent + self.gap)
    }

    fn height(&self) -> f64 {
        self.rows.last().map_or(0.0, |(start, extent)| start + extent + self.down)
    }

    fn place(&self, (row, column): (usize, usize), top: f64) -> Place {
        let ((x, width), (y, height)) = (self.columns[column], self.rows[row]);
        let is_last = row + 1 == self.rows.len();
        let below = match (self.is_narrow, is_last) {
            (_, true) => Some(self.upright),
            (false, _) => Some(BETWEEN),
            (true, _) => None,
        };
        let frame = Frame { x, y: top + y, width, height };
        Place { frame, gap: self.gap, costs: !self.is_narrow || column == 0, below, ticks: self.ticks }
    }
}

/// Draws the matrix; where the room is narrow, of as many hyperparameters as can be read, without the panels beside it.
pub(crate) fn laid_out(findings: &Findings, room: Room) -> Canvas {
    let matrix = &findings.matrix;
    let grid = Grid::of(matrix, room);
    let (n, margin) = (grid.columns.len(), room.margin());
    let aside_of = matrix.quality.as_ref().filter(|_| !grid.is_narrow);
    // These panels are in the free upper triangle, right of the rows that they are as high as.
    let aside_high = if n >= 6 { 410.0 } else { 268.0 };
    let rows_beside = grid.rows.iter().filter(|(start, _)| *start < aside_high).count();
    let beside = rows_beside.checked_sub(1).and_then(|last| grid.columns.get(last));
    let aside = beside.map_or(margin + LEFT, |(start, extent)| start + extent + grid.gap);
    let page = grid.right().max(if aside_of.is_some() { aside + ASIDE } else { 0.0 }).max(760.0) + margin;
    let width = room.width(page);

    let mut canvas = Canvas::of_width(width);
    let budgets = matrix.sample.budget.filter(|_| matrix.sample.budgets.len() > 1);
    let budget = budgets.map(|budget| format!(" at {}", amount(budget, &findings.unit)));
    let title = format!("{} · interactions{}", findings.experiment, budget.unwrap_or_default());
    let mut y = room.head(&mut canvas, &title, &header(findings));
    if let Some(distrust) = matrix.distrust.as_ref().filter(|_| !grid.is_narrow) {
        let ribbon = Frame { x: margin, y: y + 2.0, width: width - 2.0 * margin, height: 26.0 };
        canvas.rectangle(ribbon, RED);
        // The page has the rest.
        let reason = distrust.split(';').next().unwrap_or_default();
        let text = font::elide(reason, HEADING, true, ribbon.width - 20.0);
        canvas.say((margin + 10.0, ribbon.y + 17.0), text, HEADING, PAPER, Anchor::Start, true);
        y += 36.0;
    }
    let mut legend = Legend::new(margin, width - margin, y + 6.0);
    signs(&mut canvas, &mut legend, findings);
    let has_condition = matrix.dimensions.first().is_some_and(|first| first.condition.is_some());
    let top = legend.bottom() + if grid.is_narrow && !has_condition { 22.0 } else { 40.0 };

    let costs = panel::cost_axis(matrix);
    let colours = matrix.range.map(|(low, high)| {
        if low < high { Axis::between(low, high, matrix.sample.logarithmic) } else { Axis::around([low], false) }
    });
    for row in 0..n {
        panel::diagonal(&mut canvas, grid.place((row, row), top), &matrix.dimensions[row], costs.as_ref());
    }
    for (row, column) in (0..n).flat_map(|row| (0..row).map(move |column| (row, column))) {
        let place = grid.place((row, column), top);
        let pair = matrix.pairs.iter().find(|pair| pair.row == row && pair.column == column);
        panel::tiles(&mut canvas, place, matrix, (row, column), pair.zip(colours.as_ref()), findings.direction);
        if column == 0 {
            let (vertical, frame) = (&matrix.dimensions[row], place.frame);
            let labels = frame.x - margin - 18.0;
            axis::left(&mut canvas, frame, panel::ticks(vertical, grid.ticks), SMALL, labels);
            let room = frame.height + 0.7 * grid.down;
            panel::upright_name(&mut canvas, (margin + 8.0, frame.y + frame.height / 2.0), &vertical.label(), room);
        }
        if row + 1 == n {
            panel::labels(&mut canvas, place, &matrix.dimensions[column], grid.upright);
        }
    }
    for column in 0..n.saturating_sub(1) {
        let Place { frame, .. } = grid.place((n - 1, column), top);
        let at = (frame.x + frame.width / 2.0, frame.bottom() + 33.0 + (grid.upright - 19.0).max(0.0));
        let name = font::elide(&matrix.dimensions[column].label(), TEXT, false, frame.width + grid.gap - 6.0);
        canvas.say(at, name, TEXT, INK, Anchor::Middle, false);
    }
    let mut bottom = top + grid.height() + (grid.upright - 19.0).max(0.0);
    if let Some(quality) = aside_of {
        let space = Frame { x: aside, y: top - 6.0, width: width - margin - aside, height: aside_high };
        trust::colour_bar(&mut canvas, space, findings, colours.as_ref());
        let has_shares = matrix.dimensions.iter().any(|dimension| dimension.importance.total.is_some());
        trust::observed(&mut canvas, space, findings, quality, has_shares);
        trust::shares(&mut canvas, space, findings);
        bottom = bottom.max(top + aside_high);
    } else if grid.is_narrow && colours.is_some() {
        // The labels of the ends are wider than the bar.
        let space = Frame { x: margin + 16.0, y: bottom + 6.0, width: width - 2.0 * margin - 32.0, height: 0.0 };
        trust::colour_bar(&mut canvas, space, findings, colours.as_ref());
        bottom += 58.0;
    }
    canvas.end(bottom + if grid.is_narrow { 4.0 } else { 28.0 })
}

/// The lines that describe the sample and the model behind the figure.
fn header(findings: &Findings) -> Vec<String> {
    let sample = &findings.matrix.sample;
    let unit = &findings.unit;
    let mut sentences = Vec::new();
    let entered: Vec<String> = (sample.budgets.iter().filter(|share| share.trials > 0))
        .map(|share| format!("{} at {}", share.trials, number(share.budget)))
        .collect();
    sentences.push(match (entered.is_empty(), sample.pooled) {
        (true, _) => "no trial has succeeded".to_owned(),
        (false, false) => count(sample.trials, "successful trial"),
        (false, true) => format!(
            "{}: {} {unit} · the budget is one column of the model, every prediction is for {}",
            count(sample.trials, "trial"),
            entered.join(", "),
            amount(sample.budget.unwrap_or_default(), unit)
        ),
    });
    let out: Vec<String> = sample.left_out.iter().map(|out| format!("{} {}", out.trials, out.reason)).collect();
    let mut second = if out.is_empty() { "no trial left out".into() } else { format!("left out: {}", out.join(", ")) };
    if let (Some(cap), true) = (sample.cap, sample.capped > 0) {
        let (costs, enter) = (count(sample.capped, "cost"), if sample.capped == 1 { "enters" } else { "enter" });
        second += &format!(" · {costs} above the constant predictor's {} {enter} as that", number(cap));
    }
    if !sample.logarithmic {
        second += match findings.direction {
            Direction::Minimize => " · costs are not all positive, so the scale is linear",
            Direction::Maximize => " · what is maximized has a linear scale",
        };
    }
    sentences.push(second);
    if let Some(quality) = &findings.matrix.quality {
        sentences.extend(model_lines(findings, quality));
    }
    if !findings.matrix.others.is_empty() {
        let others = findings.matrix.others.len();
        let are = if others == 1 { "is" } else { "are" };
        sentences.push(format!("{} of less importance {are} not drawn", count(others, "hyperparameter")));
    }
    sentences
}

fn model_lines(findings: &Findings, quality: &Quality) -> Vec<String> {
    let sample = &findings.matrix.sample;
    let (target, decades) = match sample.logarithmic {
        true => (format!("log {}", findings.measure), " decades"),
        false => (findings.measure.clone(), ""),
    };
    let parameters = quality.parameters.map_or(String::new(), |parameters| {
        let [c, gamma, epsilon] = [parameters.c, parameters.gamma, parameters.epsilon].map(number);
        format!(" (C {c}, γ {gamma}, ε {epsilon})")
    });
    let score = |model: ModelKind, r2: Option<f64>| {
        format!("{} {}", model.in_words(), r2.map_or("undefined".into(), coefficient))
    };
    let scores: Vec<String> = quality.models.iter().map(|each| score(each.model, each.r2)).collect();
    let within = if sample.pooled { " within budgets" } else { "" };
    let mut error = format!(
        "R²{within} out of fold ({} folds, nested, by configuration): {}; at most {:.2} is not noise · RMSE {}{decades}",
        quality.folds,
        scores.join(", "),
        quality.noise.ceiling,
        number(quality.rmse)
    );
    if sample.pooled {
        error += &format!(
            "; at {} alone {}{decades} ({})",
            amount(sample.budget.unwrap_or_default(), &findings.unit),
            number(quality.rmse_at_budget),
            count(sample.at_budget, "trial")
        );
    }
    vec![
        format!("drawn: {}{parameters} of {target} · {error}", quality.model.in_words()),
        format!(
            "diagonal: partial dependence over {} legal configurations, band: 80 % of {} bootstrap refits, grey: individual configurations · order: share of variance with interactions",
            quality.bases, quality.refits
        ),
    ]
}

/// Draws the legend, with the signs as they are in the panels.
fn signs(canvas: &mut Canvas, legend: &mut Legend, findings: &Findings) {
    let matrix = &findings.matrix;
    let (tiles, pooled) = (matrix.quality.is_some(), matrix.sample.pooled);
    legend.entry(canvas, if pooled { "trial at this budget" } else { "trial" }, |canvas, at| {
        panel::finished(canvas, at, 1.0);
    });
    if pooled {
        legend.entry(canvas, "at a smaller one", |canvas, at| panel::smaller(canvas, at, 1.0));
    }
    if findings.headline.best.is_some() {
        legend.entry(canvas, &findings.recommended(), |canvas, at| canvas.star(at, 6.5));
    }
    let box_at = |(x, y): At| Frame { x: x - 8.0, y: y - 6.5, width: 16.0, height: 13.0 };
    let has =
        |wanted: &dyn Fn(&Tile) -> bool| matrix.pairs.iter().flat_map(|pair| pair.tiles.iter().flatten()).any(wanted);
    if has(&|tile| *tile == Tile::Forbidden) {
        legend.entry(canvas, "forbidden", |canvas, at| panel::forbidden(canvas, box_at(at)));
    }
    if has(&|tile| *tile == Tile::Inactive) {
        legend.entry(canvas, "inactive", |canvas, at| panel::inactive(canvas, box_at(at)));
    }
    if tiles && has(&|tile| matches!(tile, Tile::Cost { near: false, .. })) {
        legend.entry(canvas, "pale: no trial within one step", |canvas, at| {
            canvas.rectangle(box_at(at), panel::pale(viridis(0.45)));
        });
    }
    if has(&|tile| matches!(tile, Tile::Rare { .. })) {
        legend.entry(canvas, "category of fewer than 3 trials", |canvas, at| canvas.rectangle(box_at(at), SHADE));
    }
    if has(&|tile| *tile == Tile::Failing) {
        legend.entry(canvas, "only failures", |canvas, at| panel::failing(canvas, box_at(at)));
    }
    let mut kinds: Vec<OutcomeKind> = Vec::new();
    for spot in &matrix.spots {
        if let SpotKind::Failed(kind) = spot.kind
            && !kinds.contains(&kind)
        {
            kinds.push(kind);
        }
    }
    for kind in kinds {
        legend.entry(canvas, &kind.in_words(), |canvas, at| panel::failed(canvas, at, kind, 1.0));
    }
}
