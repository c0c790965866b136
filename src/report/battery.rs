//! Predictions beside the truth as a figure: one column a series, one row a feature.
use super::axis::{self, Axis};
use super::canvas::{Anchor, At, Canvas, Frame};
use super::font;
use super::theme::{HEADING, INK, MUTED, ORANGE, SHADE, SMALL, TEXT, TITLE};
use super::words::{feature as name, number, unit};
use crate::analysis::prediction::Errors;
use crate::analysis::{Feature, Findings, Prediction};

const MARGIN: f64 = 28.0;
const LEFT: f64 = 60.0;
const HIGH: f64 = 92.0;
const DOWN: f64 = 34.0;
/// Series that are drawn; more do not fit side by side.
pub(super) const DRAWN: usize = 3;
/// Points a line needs at most; from more, the least and the greatest of each part are kept.
const POINTS: usize = 700;

/// Draws the predictions; `None` without any.
pub fn figure(findings: &Findings, predictions: &[Prediction]) -> Option<Canvas> {
    let shown = &predictions[..predictions.len().min(DRAWN)];
    let rows = shown.iter().map(|prediction| prediction.features.len()).max().filter(|rows| *rows > 0)?;
    let each = if shown.len() == 1 { 760.0 } else { 1120.0 / shown.len() as f64 };
    let width = 2.0 * MARGIN + shown.len() as f64 * each;
    let top = 150.0;
    let mut canvas = Canvas::new(width.max(640.0), top + rows as f64 * (HIGH + DOWN) + 36.0);
    let title = format!("{} · predictions of the best model", findings.experiment);
    canvas.say((MARGIN, 44.0), font::elide(&title, TITLE, true, width - 2.0 * MARGIN), TITLE, INK, Anchor::Start, true);
    let part = match predictions.len() {
        all if all > DRAWN => format!("{DRAWN} of {all} series · "),
        _ => String::new(),
    };
    let line = "free-running: the model is given the current and, in the shaded context, the truth; errors are after the context";
    for (index, line) in font::wrap(&(part + line), TEXT, canvas.width - 2.0 * MARGIN).into_iter().enumerate() {
        canvas.write((MARGIN, 68.0 + 15.0 * index as f64), line, TEXT, MUTED);
    }
    canvas.line(vec![(MARGIN, 96.0), (MARGIN + 18.0, 96.0)], INK, 1.4);
    canvas.write((MARGIN + 24.0, 100.0), "truth", TEXT, INK);
    canvas.line(vec![(MARGIN + 76.0, 96.0), (MARGIN + 94.0, 96.0)], ORANGE, 1.8);
    canvas.write((MARGIN + 100.0, 100.0), "predicted", TEXT, INK);
    for (column, (prediction, accuracy)) in shown.iter().zip(&findings.predictions).enumerate() {
        let x = MARGIN + column as f64 * each + LEFT;
        let frame =
            |row: usize| Frame { x, y: top + row as f64 * (HIGH + DOWN), width: each - LEFT - 12.0, height: HIGH };
        let head = font::elide(&prediction.title, HEADING, true, each - LEFT);
        canvas.say((x, top - 20.0), head, HEADING, INK, Anchor::Start, true);
        for (row, (feature, errors)) in prediction.features.iter().zip(&accuracy.features).enumerate() {
            let last = row + 1 == prediction.features.len();
            panel(&mut canvas, frame(row), prediction, (feature, errors), last);
        }
    }
    Some(canvas)
}

fn panel(
    canvas: &mut Canvas,
    frame: Frame,
    prediction: &Prediction,
    (feature, errors): (&Feature, &Errors),
    last: bool,
) {
    let frame = Frame { y: frame.y + 10.0, height: frame.height - 2.0, ..frame };
    let hours = |row: usize| row as f64 * prediction.interval_s / 3600.0;
    let rows = feature.truth.len().max(feature.predicted.len());
    let time = Axis::between(0.0, hours(rows.saturating_sub(1)).max(1e-9), false);
    let both = feature.truth.iter().chain(&feature.predicted).map(|value| f64::from(*value));
    let values = Axis::around(both, false);
    let shade = Frame { width: frame.width * time.share(hours(prediction.context)).clamp(0.0, 1.0), ..frame };
    canvas.rectangle(shade, SHADE);
    let place = |(row, value): (usize, f32)| frame.at(time.share(hours(row)), values.share(f64::from(value)));
    let line = |series: &[f32]| -> Vec<Vec<At>> {
        let runs = thinned(series);
        runs.into_iter().map(|run| run.into_iter().map(place).collect()).collect()
    };
    for run in line(&feature.truth) {
        canvas.line(run, if errors.given { MUTED } else { INK }, 1.1);
    }
    if !errors.given {
        let from = prediction.context.min(feature.predicted.len());
        for run in thinned(&feature.predicted[from..]) {
            canvas.line(run.into_iter().map(|(row, value)| place((row + from, value))).collect(), ORANGE, 1.5);
        }
    }
    canvas.edges(frame, MUTED);
    let (unit, head) = match unit(&feature.unit) {
        "" => (String::new(), name(&feature.name)),
        unit => (format!(" {unit}"), format!("{} ({unit})", name(&feature.name))),
    };
    canvas.say((frame.x, frame.y - 5.0), head.as_str(), TEXT, INK, Anchor::Start, false);
    let note = match errors.given {
        true => "given".to_owned(),
        false => format!("RMS error {}{unit}, at most {}", number(errors.root_mean_square), number(errors.greatest)),
    };
    let room = frame.width - font::width(&head, TEXT, false) - 10.0;
    let note = if font::width(&note, SMALL, false) > room {
        note.replace("RMS error", "RMS").replace(", at most", ", max")
    } else {
        note
    };
    canvas.say(
        (frame.right(), frame.y - 5.0),
        note,
        SMALL,
        if errors.given { MUTED } else { ORANGE },
        Anchor::End,
        false,
    );
    axis::left(canvas, frame, values.ticks(4), SMALL, LEFT);
    let ticks = time.ticks(6);
    match last {
        true => {
            axis::below(canvas, frame, ticks, false, SMALL);
            let at = (frame.x + frame.width / 2.0, frame.bottom() + 34.0);
            canvas.say(at, "time (h)", TEXT, INK, Anchor::Middle, false);
        }
        false => {
            for tick in ticks {
                let (x, y) = frame.at(tick.at, 0.0);
                canvas.line(vec![(x, y), (x, y + 2.5)], MUTED, 1.0);
            }
        }
    }
}

/// A series by row, in runs of finite values, no longer than it can be seen.
fn thinned(series: &[f32]) -> Vec<Vec<(usize, f32)>> {
    let part = series.len().div_ceil(POINTS / 2).max(1);
    let all: Vec<(usize, f32)> = series.iter().copied().enumerate().collect();
    let mut runs = Vec::new();
    for run in all.split(|(_, value)| !value.is_finite()).filter(|run| !run.is_empty()) {
        let mut kept = Vec::new();
        for chunk in run.chunks(part) {
            let least = chunk.iter().min_by(|a, b| a.1.total_cmp(&b.1)).expect("a chunk has rows");
            let greatest = chunk.iter().max_by(|a, b| a.1.total_cmp(&b.1)).expect("a chunk has rows");
            let (first, second) = if least.0 < greatest.0 { (least, greatest) } else { (greatest, least) };
            kept.push(*first);
            if first.0 != second.0 {
                kept.push(*second);
            }
        }
        runs.push(kept);
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_extremes() {
        let mut series = vec![0.0f32; 10_000];
        series[5_123] = 9.0;
        series[7_777] = -9.0;
        series[100] = f32::NAN;
        let runs = thinned(&series);
        let points: Vec<(usize, f32)> = runs.concat();
        assert_eq!(runs.len(), 2);
        assert!(points.len() < POINTS + 4, "{}", points.len());
        assert!(points.contains(&(5_123, 9.0)) && points.contains(&(7_777, -9.0)));
        assert!(points.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
