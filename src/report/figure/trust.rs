//! Panels beside the interaction matrix: the scale of the colours, predictions against observations, shares of variance.
use crate::analysis::Findings;
use crate::analysis::quality::Quality;
use crate::report::draw::axis;
use crate::report::draw::axis::Axis;
use crate::report::draw::canvas::{Anchor, Canvas, Frame, Text};
use crate::report::draw::font;
use crate::report::draw::theme::{ASH, BLUE, HEADING, INK, MUTED, SHADE, SMALL, TEXT, THREAD, cover, viridis};
use crate::report::draw::words::{coefficient, percent};
use crate::report::figure::panel::{badness, pale};

/// Draws the colour scale of all tiles.
pub(crate) fn colour_bar(canvas: &mut Canvas, space: Frame, findings: &Findings, colours: Option<&Axis>) {
    let Some(colours) = colours else { return };
    let bar = Frame { x: space.x, y: space.y, width: space.width, height: 14.0 };
    const STEPS: usize = 128;
    for step in 0..STEPS {
        let x = bar.x + bar.width * step as f64 / STEPS as f64;
        let frame = Frame { x, y: bar.y, width: bar.width / STEPS as f64, height: bar.height };
        canvas.rectangle(frame, viridis(badness(findings.direction, (step as f64 + 0.5) / STEPS as f64)));
    }
    axis::below(canvas, bar, colours.ticks(9), false, SMALL);
    let scale = if findings.matrix.sample.logarithmic { "log scale, one" } else { "one scale" };
    let text = format!("predicted {} ({scale} for all tiles; bright is good)", findings.measure);
    let text = font::elide(&text, TEXT, false, bar.width);
    canvas.say((bar.x + bar.width / 2.0, bar.bottom() + 33.0), text, TEXT, INK, Anchor::Middle, false);
}

/// Draws observed costs against the predictions of models that had not seen them.
pub(crate) fn observed(canvas: &mut Canvas, space: Frame, findings: &Findings, quality: &Quality, has_shares: bool) {
    let beside = 176.0 + (space.height - 268.0) * 0.8;
    let frame = Frame {
        x: space.x + 46.0,
        y: space.y + 84.0,
        // Alone it has the whole space.
        width: if has_shares { beside } else { space.width - 50.0 },
        height: space.height - 128.0,
    };
    canvas.say((space.x, frame.y - 11.0), "Can this model be trusted?", HEADING, INK, Anchor::Start, true);
    let costs = quality.points.iter().flat_map(|point| [point.observed, point.predicted]);
    let axis = Axis::around(costs, findings.matrix.sample.logarithmic);
    for tick in axis.ticks(4) {
        canvas.line(vec![frame.at(0.0, tick.at), frame.at(1.0, tick.at)], SHADE, 1.0);
    }
    canvas.line(vec![frame.at(0.0, 0.0), frame.at(1.0, 1.0)], ASH, 1.0);
    for front in [false, true] {
        for point in quality.points.iter().filter(|point| point.at_budget == front && !point.incumbent) {
            let at = frame.at(axis.share(point.predicted), axis.share(point.observed));
            let colour = if front { BLUE } else { ASH };
            canvas.veil(at, if front { 3.2 } else { 2.0 }, colour, cover(2 * quality.points.len()));
        }
    }
    for point in quality.points.iter().filter(|point| point.incumbent) {
        canvas.star(frame.at(axis.share(point.predicted), axis.share(point.observed)), 6.0);
    }
    canvas.edges(frame, MUTED);
    axis::left(canvas, frame, axis.ticks(4), SMALL, 44.0);
    axis::below(canvas, frame, axis.ticks(4), false, SMALL);
    let middle = (frame.x + frame.width / 2.0, frame.bottom() + 33.0);
    // Dots may be anywhere inside of the frame.
    let r2 = quality.r2.map_or(String::new(), |r2| format!(", R² {} of {:.2}", coefficient(r2), quality.noise.ceiling));
    canvas.say(middle, format!("predicted, out of fold{r2}"), TEXT, INK, Anchor::Middle, false);
    let at = (space.x + 6.0, frame.y + frame.height / 2.0);
    let text = "observed".to_owned();
    canvas.text(Text { text, at, size: TEXT, bold: false, anchor: Anchor::Middle, colour: INK, upright: true });
}

/// Draws the share of variance that each hyperparameter explains, alone and with its interactions.
pub(crate) fn shares(canvas: &mut Canvas, space: Frame, findings: &Findings) {
    let dimensions = &findings.matrix.dimensions;
    if dimensions.iter().all(|dimension| dimension.importance.total.is_none()) {
        return;
    }
    let names = dimensions.iter().map(|dimension| font::width(&dimension.name, SMALL, false));
    let room = names.fold(0.0, f64::max).min(100.0) + 10.0;
    let left = space.x + 250.0 + (space.height - 268.0) * 0.8;
    let frame =
        Frame { x: left + room, y: space.y + 84.0, width: space.right() - left - room, height: space.height - 128.0 };
    canvas.say((left, frame.y - 11.0), "Share of variance", HEADING, INK, Anchor::Start, true);
    let ends = dimensions.iter().filter_map(|dimension| {
        let importance = &dimension.importance;
        importance.total.into_iter().chain(importance.total_interval.map(|(_, high)| high)).reduce(f64::max)
    });
    let axis = Axis::between(0.0, (ends.fold(0.05, f64::max) * 1.06).min(1.0), false);
    let ticks = axis.ticks(3);
    let percent = |tick: &axis::Tick| percent(tick.at * (axis_end(&axis)));
    let ticks: Vec<axis::Tick> = ticks.iter().map(|tick| axis::Tick { at: tick.at, label: percent(tick) }).collect();
    for tick in &ticks {
        canvas.line(vec![frame.at(tick.at, 0.0), frame.at(tick.at, 1.0)], SHADE, 1.0);
    }
    let step = frame.height / dimensions.len().max(1) as f64;
    for (index, dimension) in dimensions.iter().enumerate() {
        let importance = &dimension.importance;
        let Some((share, total)) = importance.share.zip(importance.total) else { continue };
        let middle = frame.y + (index as f64 + 0.5) * step;
        let x = |share: f64| frame.at(axis.share(share).clamp(0.0, 1.0), 0.0).0;
        let half = (0.32 * step).min(9.0);
        let colour = if importance.real { viridis(0.62) } else { THREAD };
        for (share, colour) in [(total, pale(colour)), (share, colour)] {
            let bar = Frame { x: frame.x, y: middle - half, width: x(share) - frame.x, height: 2.0 * half };
            canvas.rectangle(bar, colour);
        }
        if let Some((low, high)) = importance.total_interval {
            canvas.line(vec![(x(low), middle), (x(high), middle)], INK, 1.2);
            for end in [low, high] {
                canvas.line(vec![(x(end), middle - 3.0), (x(end), middle + 3.0)], INK, 1.2);
            }
        }
        let name = font::elide(&dimension.name, SMALL, false, room - 8.0);
        canvas.say((frame.x - 6.0, middle + 3.6), name, SMALL, INK, Anchor::End, false);
    }
    canvas.edges(frame, MUTED);
    axis::below(canvas, frame, ticks, false, SMALL);
    let text = font::elide("pale: with interactions, grey: not more than noise", TEXT, false, space.right() - left);
    canvas.say((frame.right(), frame.bottom() + 33.0), text, TEXT, INK, Anchor::End, false);
}

fn axis_end(axis: &Axis) -> f64 {
    1.0 / axis.share(1.0)
}
