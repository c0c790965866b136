//! Figure of the interaction matrix.
use crate::analysis::Findings;
use crate::analysis::bin::Scale;
use crate::analysis::interaction::Tile;
use crate::analysis::model::ModelKind;
use crate::analysis::quality::Quality;
use crate::analysis::spot::SpotKind;
use crate::report::draw::axis;
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{Anchor, Canvas, Frame};
use crate::report::draw::font;
use crate::report::draw::theme::{HEADING, INK, MUTED, PAPER, RED, SMALL, TEXT, TITLE};
use crate::report::draw::words::{amount, coefficient, count, number};
use crate::report::figure::panel;
use crate::report::figure::trust;
use crate::trial::direction::Direction;
use crate::trial::outcome::OutcomeKind;

const MARGIN: f64 = 28.0;
/// The width of the names and labels of the first column.
const LEFT: f64 = 104.0;
const WIDE: f64 = 132.0;
const HIGH: f64 = 98.0;
/// The gaps between panels, which hold labels and titles.
const ACROSS: f64 = 42.0;
const DOWN: f64 = 44.0;
/// The width of the panels beside the matrix.
const ASIDE: f64 = 520.0;

/// Draws the matrix.
pub fn figure(findings: &Findings) -> Canvas {
    let matrix = &findings.matrix;
    let n = matrix.dimensions.len();
    let trusted_panels = matrix.quality.is_some();
    let matrix_width = LEFT + n as f64 * (WIDE + ACROSS);
    // These panels are in the free upper triangle, right of the rows that they are as high as.
    let aside_high = if n >= 6 { 410.0 } else { 268.0 };
    let rows_beside = ((aside_high / (HIGH + DOWN)).ceil() as usize).min(n);
    let aside = MARGIN + LEFT + rows_beside as f64 * (WIDE + ACROSS);
    let width = (MARGIN + matrix_width).max(if trusted_panels { aside + ASIDE } else { 0.0 }).max(760.0) + MARGIN;
    let header = header(findings, width - 2.0 * MARGIN);
    let top = 62.0 + 16.5 * header.len() as f64 + if matrix.distrust.is_some() { 42.0 } else { 0.0 } + 62.0;
    let matrix_height = n as f64 * (HIGH + DOWN);
    let height = top + matrix_height.max(if trusted_panels { aside_high } else { 0.0 }) + 28.0;

    let mut canvas = Canvas::new(width, height);
    let budgets = matrix.sample.budget.filter(|_| matrix.sample.budgets.len() > 1);
    let budget = budgets.map(|budget| format!(" at {}", amount(budget, &findings.unit)));
    let title = format!("{} · interactions{}", findings.experiment, budget.unwrap_or_default());
    let title = font::elide(&title, TITLE, true, width - 2.0 * MARGIN);
    canvas.say((MARGIN, 44.0), title, TITLE, INK, Anchor::Start, true);
    let mut y = 68.0;
    for line in &header {
        canvas.write((MARGIN, y), line.clone(), TEXT, MUTED);
        y += 16.5;
    }
    if let Some(distrust) = &matrix.distrust {
        let ribbon = Frame { x: MARGIN, y: y - 4.0, width: width - 2.0 * MARGIN, height: 26.0 };
        canvas.rectangle(ribbon, RED);
        // The page has the rest.
        let reason = distrust.split(';').next().unwrap_or_default();
        let text = font::elide(reason, HEADING, true, ribbon.width - 20.0);
        canvas.say((MARGIN + 10.0, y + 13.0), text, HEADING, PAPER, Anchor::Start, true);
        y += 42.0;
    }
    legend(&mut canvas, y + 8.0, findings);

    let costs = panel::cost_axis(matrix);
    let colours = matrix.range.map(|(low, high)| {
        if low < high { Axis::between(low, high, matrix.sample.logarithmic) } else { Axis::around([low], false) }
    });
    let frame = |row: usize, column: usize| Frame {
        x: MARGIN + LEFT + column as f64 * (WIDE + ACROSS),
        y: top + row as f64 * (HIGH + DOWN),
        width: WIDE,
        height: HIGH,
    };
    for row in 0..n {
        panel::diagonal(&mut canvas, frame(row, row), &matrix.dimensions[row], costs.as_ref());
    }
    for (row, column) in (0..n).flat_map(|row| (0..row).map(move |column| (row, column))) {
        let frame = frame(row, column);
        let pair = matrix.pairs.iter().find(|pair| pair.row == row && pair.column == column);
        panel::tiles(&mut canvas, frame, matrix, (row, column), pair.zip(colours.as_ref()), findings.direction);
        let (vertical, horizontal) = (&matrix.dimensions[row], &matrix.dimensions[column]);
        if column == 0 {
            axis::left(&mut canvas, frame, panel::ticks(vertical, 5), SMALL, LEFT - 18.0);
            panel::upright_name(&mut canvas, (MARGIN + 8.0, frame.y + HIGH / 2.0), &vertical.label(), HIGH + 30.0);
        }
        if row + 1 == n {
            axis::below(&mut canvas, frame, panel::ticks(horizontal, 5), horizontal.scale == Scale::Categorical, SMALL);
            let at = (frame.x + WIDE / 2.0, frame.bottom() + 33.0);
            let name = font::elide(&horizontal.label(), TEXT, false, WIDE + ACROSS - 8.0);
            canvas.say(at, name, TEXT, INK, Anchor::Middle, false);
        }
    }
    if let Some(quality) = &matrix.quality {
        let space = Frame { x: aside, y: top - 6.0, width: width - MARGIN - aside, height: aside_high };
        trust::colour_bar(&mut canvas, space, findings, colours.as_ref());
        trust::observed(&mut canvas, space, findings, quality);
        trust::shares(&mut canvas, space, findings);
    }
    canvas
}

/// The lines that describe the sample and the model behind the figure.
fn header(findings: &Findings, room: f64) -> Vec<String> {
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
        let costs = count(sample.capped, "cost");
        second += &format!(" · {costs} above the constant predictor's {} enter as that", number(cap));
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
        sentences.push(format!(
            "{} of less importance are not drawn",
            count(findings.matrix.others.len(), "hyperparameter")
        ));
    }
    sentences.iter().flat_map(|sentence| font::wrap(sentence, TEXT, room)).collect()
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
fn legend(canvas: &mut Canvas, y: f64, findings: &Findings) {
    let matrix = &findings.matrix;
    let (tiles, pooled) = (matrix.quality.is_some(), matrix.sample.pooled);
    let mut x = MARGIN;
    let mut entry = |canvas: &mut Canvas, text: &str, sign: &dyn Fn(&mut Canvas, f64)| {
        sign(canvas, x);
        canvas.write((x + 22.0, y + 4.0), text, TEXT, INK);
        x += 22.0 + font::width(text, TEXT, false) + 20.0;
    };
    entry(canvas, if pooled { "trial at this budget" } else { "trial" }, &|canvas, x| {
        panel::finished(canvas, (x + 8.0, y), 1.0)
    });
    if pooled {
        entry(canvas, "at a smaller one", &|canvas, x| panel::smaller(canvas, (x + 8.0, y), 1.0));
    }
    if findings.headline.best.is_some() {
        entry(canvas, &findings.recommended(), &|canvas, x| canvas.star((x + 8.0, y), 6.5));
    }
    if tiles {
        let box_at = |x: f64| Frame { x, y: y - 6.5, width: 16.0, height: 13.0 };
        entry(canvas, "forbidden", &|canvas, x| panel::forbidden(canvas, box_at(x)));
        entry(canvas, "inactive", &|canvas, x| panel::inactive(canvas, box_at(x)));
        entry(canvas, "pale: no trial within one step", &|canvas, x| {
            canvas.rectangle(box_at(x), panel::pale(crate::report::draw::theme::viridis(0.45)));
        });
    }
    if matrix.pairs.iter().flat_map(|pair| pair.tiles.iter().flatten()).any(|tile| *tile == Tile::Failing) {
        let box_at = |x: f64| Frame { x, y: y - 6.5, width: 16.0, height: 13.0 };
        entry(canvas, "only failures", &|canvas, x| panel::failing(canvas, box_at(x)));
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
        entry(canvas, &kind.in_words(), &|canvas, x| panel::failed(canvas, (x + 8.0, y), kind));
    }
}
