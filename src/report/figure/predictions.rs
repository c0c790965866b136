//! Figure of predictions beside the truth: a column for each series, a row for each quantity.
use crate::analysis::prediction::{Accuracy, FeatureErrors};
use crate::report::draw::axis;
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{Anchor, At, Canvas, Frame};
use crate::report::draw::font;
use crate::report::draw::legend::Legend;
use crate::report::draw::room::Room;
use crate::report::draw::theme::{BLUE, Colour, HEADING, INK, MUTED, ORANGE, SHADE, SMALL, TEXT};
use crate::report::draw::thinning::extremes;
use crate::report::draw::words;
use crate::report::draw::words::{number, unit};
use crate::trial::prediction::{FeatureSeries, SeriesPrediction};

const LEFT: f64 = 60.0;
const HIGH: f64 = 112.0;
const DOWN: f64 = 46.0;
/// The greatest number of series drawn side by side.
pub(crate) const DRAWN: usize = 3;
/// The greatest number of points of a line, about.
const POINTS: usize = 700;
/// Units in the order of their panels; features of one unit share a panel.
const ORDER: [&str; 4] = ["1", "degC", "V", "A"];
/// Colours of the predictions in a panel.
const COLOURS: [Colour; 3] = [ORANGE, BLUE, MUTED];

/// Draws the predictions under a title; `None` if there are none.
pub fn figure(title: &str, predictions: &[SeriesPrediction]) -> Option<Canvas> {
    laid_out(title, predictions, Room::PAGE)
}

/// Draws as many series side by side as the room has for.
pub(crate) fn laid_out(title: &str, predictions: &[SeriesPrediction], room: Room) -> Option<Canvas> {
    let shown = &predictions[..predictions.len().min(room.columns(250.0, DRAWN))];
    let panels = panels(&shown.first().filter(|first| !first.features.is_empty())?.features);
    let margin = room.margin();
    let each = match (room.asked(), shown.len()) {
        (Some(width), series) => (width - 2.0 * margin) / series as f64,
        (None, 1) => 760.0,
        (None, series) => 1120.0 / series as f64,
    };
    let mut canvas = Canvas::of_width(room.width((2.0 * margin + shown.len() as f64 * each).max(640.0)));
    let part = match predictions.len() {
        all if all > shown.len() => format!("{} of {all} series · ", shown.len()),
        _ => String::new(),
    };
    let line = "free-running: the model is told what is marked as given and, in the shaded context, the truth; errors are after the context";
    let top = room.head(&mut canvas, title, &[part + line]);
    let mut legend = Legend::new(margin, canvas.width - margin, top);
    legend.entry(&mut canvas, "truth", |canvas, (x, y)| canvas.line(vec![(x - 8.0, y), (x + 8.0, y)], INK, 1.4));
    legend.entry(&mut canvas, "predicted", |canvas, (x, y)| {
        canvas.line(vec![(x - 8.0, y), (x - 1.0, y)], ORANGE, 1.8);
        canvas.line(vec![(x + 1.0, y), (x + 8.0, y)], BLUE, 1.8);
    });
    let top = legend.bottom() + 38.0;
    for (column, prediction) in shown.iter().enumerate() {
        let x = margin + column as f64 * each + LEFT;
        let head = font::elide(&prediction.title, HEADING, true, each - LEFT);
        canvas.say((x, top - 22.0), head, HEADING, INK, Anchor::Start, true);
        let accuracy = Accuracy::of(prediction);
        for (row, panel) in panels.iter().enumerate() {
            let y = top + row as f64 * (HIGH + DOWN) + 18.0;
            let frame = Frame { x, y, width: each - LEFT - 12.0, height: HIGH };
            let features: Vec<_> = panel
                .iter()
                .filter_map(|&each| Some((prediction.features.get(each)?, accuracy.features.get(each)?)))
                .collect();
            draw(&mut canvas, frame, prediction, &features, row + 1 == panels.len());
        }
    }
    Some(canvas.end(top + panels.len() as f64 * (HIGH + DOWN) + 36.0))
}

/// The indices of the features in each panel.
fn panels(features: &[FeatureSeries]) -> Vec<Vec<usize>> {
    let mut units: Vec<&str> = ORDER.to_vec();
    for feature in features {
        if !units.contains(&feature.unit.as_str()) {
            units.push(&feature.unit);
        }
    }
    let of = |unit: &&str| (0..features.len()).filter(|&each| features[each].unit == **unit).collect::<Vec<_>>();
    let panels = units.iter().map(of).filter(|panel| !panel.is_empty());
    // More lines than colours could not be told apart.
    panels.flat_map(|panel| panel.chunks(COLOURS.len()).map(<[usize]>::to_vec).collect::<Vec<_>>()).collect()
}

fn draw(
    canvas: &mut Canvas,
    frame: Frame,
    prediction: &SeriesPrediction,
    features: &[(&FeatureSeries, &FeatureErrors)],
    last: bool,
) {
    let hours = |row: usize| row as f64 * prediction.interval_s / 3600.0;
    let rows = features.iter().map(|(feature, _)| feature.truth.len().max(feature.predicted.len())).max().unwrap_or(0);
    let time = Axis::between(0.0, hours(rows.saturating_sub(1)).max(1e-9), false);
    let all = features.iter().flat_map(|(feature, _)| feature.truth.iter().chain(&feature.predicted));
    let values = Axis::around(all.map(|value| f64::from(*value)), false);
    let shade = Frame { width: frame.width * time.share(hours(prediction.context)).clamp(0.0, 1.0), ..frame };
    canvas.rectangle(shade, SHADE);
    let place = |(row, value): (usize, f32)| frame.at(time.share(hours(row)), values.share(f64::from(value)));
    for (feature, errors) in features {
        for run in thinned(&feature.truth) {
            let run: Vec<At> = run.into_iter().map(place).collect();
            canvas.line(run, if errors.given { MUTED } else { INK }, 1.1);
        }
    }
    for ((feature, errors), colour) in features.iter().zip(COLOURS) {
        let from = prediction.context.min(feature.predicted.len());
        for run in thinned(&feature.predicted[from..]).into_iter().filter(|_| !errors.given) {
            canvas.line(run.into_iter().map(|(row, value)| place((row + from, value))).collect(), colour, 1.5);
        }
    }
    canvas.edges(frame, MUTED);
    heading(canvas, frame, features);
    axis::left(canvas, frame, values.ticks(4), SMALL, LEFT);
    let ticks = time.ticks(6);
    if last {
        axis::below(canvas, frame, ticks, false, SMALL);
        let at = (frame.x + frame.width / 2.0, frame.bottom() + 34.0);
        canvas.say(at, "time (h)", TEXT, INK, Anchor::Middle, false);
        return;
    }
    for tick in ticks {
        let (x, y) = frame.at(tick.at, 0.0);
        canvas.line(vec![(x, y), (x, y + 2.5)], MUTED, 1.0);
    }
}

/// Writes the quantity of a panel and the error of each prediction.
fn heading(canvas: &mut Canvas, frame: Frame, features: &[(&FeatureSeries, &FeatureErrors)]) {
    let Some((first, _)) = features.first() else { return };
    let quantity = match (features.len(), first.unit.as_str()) {
        (1, _) => words::feature(&first.name),
        (_, "V") => "voltage".into(),
        (_, "degC") => "temperature".into(),
        (_, unit) => unit.into(),
    };
    let unit = unit(&first.unit);
    let head = if unit.is_empty() { quantity } else { format!("{quantity} ({unit})") };
    let room = frame.width - font::width(&head, TEXT, true) - 10.0;
    canvas.say((frame.x, frame.y - 6.0), head, TEXT, INK, Anchor::Start, true);
    for (index, ((feature, errors), colour)) in features.iter().zip(COLOURS).enumerate() {
        let which = match feature.name.as_str() {
            _ if features.len() == 1 => String::new(),
            "voltage" => "terminal: ".into(),
            "ocv" => "open circuit: ".into(),
            other => format!("{}: ", words::feature(other).replace(" temperature", "")),
        };
        let note = match errors.given {
            true => format!("{which}given"),
            false => {
                format!("{which}RMS error {}, at most {}", number(errors.root_mean_square), number(errors.greatest))
            }
        };
        let note = match font::width(&note, SMALL, false) > room {
            true => note.replace("RMS error", "RMS").replace(", at most", ", max"),
            false => note,
        };
        let y = frame.y - 6.0 - 12.0 * (features.len() - 1 - index) as f64;
        let colour = if errors.given { MUTED } else { colour };
        canvas.say((frame.right(), y), note, SMALL, colour, Anchor::End, false);
    }
}

/// A series by row, in runs of finite values, thinned to `POINTS` points.
fn thinned(series: &[f32]) -> Vec<Vec<(usize, f32)>> {
    let part = series.len().div_ceil(POINTS / 2).max(1);
    let all: Vec<(usize, f32)> = series.iter().copied().enumerate().collect();
    let mut runs = Vec::new();
    for run in all.split(|(_, value)| !value.is_finite()).filter(|run| !run.is_empty()) {
        runs.push(extremes(run, part));
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
