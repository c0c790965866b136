//! Axes: the positions of ticks, and labels that do not overlap.
use crate::report::draw::canvas::{Anchor, Canvas, Frame, Text};
use crate::report::draw::font;
use crate::report::draw::theme::{INK, MUTED};
use crate::report::draw::words::{number, power_of_ten};

/// The least distance between two labels of an axis.
const ROOM: f64 = 6.0;

/// The distance between two names below which they run upwards.
const NAME: f64 = 26.0;
/// The room for names that run upwards: above the name of the axis.
const UPRIGHT: f64 = 19.0;

/// A tick: its share of the axis, and its label, which may be empty.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub at: f64,
    pub label: String,
}

/// An axis of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
    /// True if ticks stand at whole numbers only.
    whole: bool,
}

impl Axis {
    /// The axis that holds all finite numbers given, with a margin; logarithmic only if all are positive.
    pub(crate) fn around(numbers: impl IntoIterator<Item = f64>, logarithmic: bool) -> Self {
        let numbers: Vec<f64> = numbers.into_iter().filter(|x| x.is_finite()).collect();
        let logarithmic = logarithmic && numbers.iter().all(|x| *x > 0.0);
        let scale = |x: f64| if logarithmic { x.log10() } else { x };
        let low = numbers.iter().copied().map(scale).fold(f64::INFINITY, f64::min);
        let high = numbers.iter().copied().map(scale).fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        let air = match high - low {
            0.0 if logarithmic => 0.5,
            0.0 => 0.1 * low.abs().max(1e-9),
            span => 0.06 * span,
        };
        let unscale = |x: f64| if logarithmic { 10f64.powf(x) } else { x };
        Self { low: unscale(low - air), high: unscale(high + air), logarithmic, whole: false }
    }

    /// The axis of costs or values: logarithmic if all are positive and span more than a decade.
    pub(crate) fn of_costs(numbers: impl IntoIterator<Item = f64>) -> Self {
        let numbers: Vec<f64> = numbers.into_iter().filter(|x| x.is_finite()).collect();
        let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        let is_wide = numbers.iter().any(|x| *x > 10.0 * low);
        Self::around(numbers, low > 0.0 && is_wide)
    }

    /// The axis from one number to a greater one.
    pub(crate) fn between(low: f64, high: f64, logarithmic: bool) -> Self {
        Self { low, high, logarithmic: logarithmic && low > 0.0, whole: false }
    }

    /// The same axis with ticks at whole numbers only.
    pub(crate) fn whole(self) -> Self {
        Self { whole: true, ..self }
    }

    /// The share of the axis at which a number is; outside of `[0, 1]` if it is beyond the ends.
    pub(crate) fn share(&self, x: f64) -> f64 {
        match self.logarithmic {
            true => (x / self.low).ln() / (self.high / self.low).ln(),
            false => (x - self.low) / (self.high - self.low),
        }
    }

    /// Ticks at round numbers, about `wanted` of them.
    pub(crate) fn ticks(&self, wanted: usize) -> Vec<Tick> {
        if !self.logarithmic {
            return self.linear(wanted);
        }
        let (first, last) = (self.low.log10().ceil() as i32, self.high.log10().floor() as i32);
        let decades = last - first + 1;
        if decades < 2 {
            let steps: &[f64] = if decades < 1 && self.high / self.low < 2.5 { &[] } else { &[1.0, 2.0, 5.0] };
            let ticks: Vec<Tick> = (first - 1..=last + 1)
                .flat_map(|power| steps.iter().map(move |step| step * 10f64.powi(power)))
                .filter(|x| (self.low..=self.high).contains(x))
                .map(|x| Tick { at: self.share(x), label: number(x) })
                .collect();
            return if ticks.len() > 2 { ticks } else { self.linear(wanted.max(3)) };
        }
        if decades < 3 || decades as usize * 3 <= wanted {
            let steps = (first - 1..=last).flat_map(|power| [1.0, 2.0, 5.0].map(|step| step * 10f64.powi(power)));
            let inside = steps.filter(|x| (self.low..=self.high).contains(x));
            return inside.map(|x| Tick { at: self.share(x), label: number(x) }).collect();
        }
        // Three labels at least, so that a reader sees that the scale is logarithmic.
        let every = (decades as usize).div_ceil(wanted.max(3)).min((decades as usize - 1) / 2).max(1) as i32;
        let plain = -3 < first && last < 4;
        let label = |power: i32| if plain { number(10f64.powi(power)) } else { power_of_ten(power) };
        let labelled = |power: i32| if (power - first) % every == 0 { label(power) } else { String::new() };
        (first..=last).map(|power| Tick { at: self.share(10f64.powi(power)), label: labelled(power) }).collect()
    }

    fn linear(&self, wanted: usize) -> Vec<Tick> {
        let rough = (self.high - self.low) / wanted.max(2) as f64;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0].map(|factor| factor * power);
        let fits = |step: &f64| *step >= rough * 0.999 && (!self.whole || step.fract() == 0.0);
        let step = if self.whole && rough < 1.0 { 1.0 } else { step.into_iter().find(fits).unwrap_or(rough) };
        let (first, last) = ((self.low / step - 1e-9).ceil() as i64, (self.high / step + 1e-9).floor() as i64);
        // More than three digits if the step needs them, such as 4.05.
        let quarter = if step / power == 2.5 { 1.0 } else { 0.0 };
        let digits = (quarter - (step * 1.000_001).log10().floor()).max(0.0) as usize;
        // All digits are written where three would make neighbours alike, such as 1234567 and 1234568.
        let most = self.low.abs().max(self.high.abs());
        let alike = most < 1e12 && step < 0.005 * most;
        let label = |x: f64| match alike || x.abs() < 1e5 && step > 1e-5 {
            true => format!("{x:.digits$}"),
            false => number(x),
        };
        (first..=last)
            .map(|index| index as f64 * step)
            .map(|x| Tick { at: self.share(x), label: label(x + 0.0) })
            .collect()
    }
}

/// Empties labels until none overlaps the next: keeps every label, every second, every third, and so on.
///
/// `length` is that of the axis and `extent` measures a label along it.
pub(crate) fn thin(mut ticks: Vec<Tick>, length: f64, extent: impl Fn(&str) -> f64) -> Vec<Tick> {
    let labelled: Vec<usize> = (0..ticks.len()).filter(|&index| !ticks[index].label.is_empty()).collect();
    for every in 1..=labelled.len() {
        let kept: Vec<usize> = labelled.iter().copied().step_by(every).collect();
        let fits = kept.windows(2).all(|pair| {
            let (own, next) = (&ticks[pair[0]], &ticks[pair[1]]);
            (next.at - own.at).abs() * length >= (extent(&own.label) + extent(&next.label)) / 2.0 + ROOM
        });
        if fits {
            labelled.iter().filter(|index| !kept.contains(index)).for_each(|&index| ticks[index].label.clear());
            return ticks;
        }
    }
    ticks
}

/// Shortens labels until each fits between its neighbours, for names, which must not be dropped.
pub(crate) fn shorten(mut ticks: Vec<Tick>, length: f64, size: f64) -> Vec<Tick> {
    let places: Vec<f64> = ticks.iter().map(|tick| tick.at * length).collect();
    for (index, tick) in ticks.iter_mut().enumerate() {
        let around = [index.checked_sub(1), Some(index + 1)].into_iter().flatten();
        let apart = around.filter_map(|other| Some((places.get(other)? - places[index]).abs()));
        let room = apart.fold(f64::INFINITY, f64::min) - ROOM;
        tick.label = font::elide(&tick.label, size, false, room);
    }
    ticks
}

/// Draws ticks and labels under a frame; `names` shortens labels that do not fit, else some are left out.
pub(crate) fn below(canvas: &mut Canvas, frame: Frame, ticks: Vec<Tick>, names: bool, size: f64) {
    let width = |label: &str| font::width(label, size, false);
    if names {
        return below_names(canvas, frame, ticks, size, UPRIGHT);
    }
    let ticks = thin(ticks, frame.width, width);
    level(canvas, frame, ticks, size);
}

/// Draws names under a frame: beside each other where they fit, else upwards in so much room.
pub(crate) fn below_names(canvas: &mut Canvas, frame: Frame, ticks: Vec<Tick>, size: f64, room: f64) {
    match are_upright(&ticks, frame.width, size) {
        true => upright(canvas, frame, ticks, size, room),
        false => level(canvas, frame, shorten(ticks, frame.width, size), size),
    }
}

/// True for names that run upwards on an axis of this length: they are close, and most of them would be cut.
fn are_upright(ticks: &[Tick], length: f64, size: f64) -> bool {
    let closest = ticks.windows(2).map(|pair| (pair[1].at - pair[0].at) * length).fold(f64::INFINITY, f64::min);
    closest < NAME && ticks.iter().any(|tick| font::width(&tick.label, size, false) + ROOM > closest)
}

/// The room that names under a frame of this width take where they run upwards, at most `most`; 0 where they do not.
pub(crate) fn upright_room(ticks: &[Tick], width: f64, size: f64, most: f64) -> f64 {
    let longest = ticks.iter().map(|tick| font::width(&tick.label, 0.9 * size, false)).fold(0.0, f64::max);
    if are_upright(ticks, width, size) { longest.min(most) } else { 0.0 }
}

/// Draws ticks under a frame, each with its whole label.
fn level(canvas: &mut Canvas, frame: Frame, ticks: Vec<Tick>, size: f64) {
    for tick in ticks.iter().filter(|tick| (-0.001..=1.001).contains(&tick.at)) {
        let (x, y) = frame.at(tick.at, 0.0);
        let long = if tick.label.is_empty() { 2.5 } else { 4.0 };
        canvas.line(vec![(x, y), (x, y + long)], MUTED, 1.0);
        canvas.say((x, y + 6.0 + size * 0.78), tick.label.clone(), size, INK, Anchor::Middle, false);
    }
}

/// Draws ticks under a frame with labels that run upwards, for many names.
fn upright(canvas: &mut Canvas, frame: Frame, ticks: Vec<Tick>, size: f64, room: f64) {
    for tick in thin(ticks, frame.width, |_| 0.9 * size - ROOM) {
        let (x, y) = frame.at(tick.at, 0.0);
        let long = if tick.label.is_empty() { 2.5 } else { 4.0 };
        canvas.line(vec![(x, y), (x, y + long)], MUTED, 1.0);
        let text = font::elide(&tick.label, 0.9 * size, false, room);
        let at = (x + 0.3 * size, y + 5.0 + font::width(&text, 0.9 * size, false) / 2.0);
        canvas.text(Text {
            text,
            at,
            size: 0.9 * size,
            bold: false,
            anchor: Anchor::Middle,
            colour: INK,
            upright: true,
        });
    }
}

/// Writes numbers in scientific notation if one of them is wider than `room`: `5e-4` for `0.0005`.
fn within(mut ticks: Vec<Tick>, size: f64, room: f64) -> Vec<Tick> {
    if ticks.iter().any(|tick| font::width(&tick.label, size, false) > room) {
        for tick in &mut ticks {
            if let Ok(number) = tick.label.parse::<f64>() {
                tick.label = if number == 0.0 { "0".to_owned() } else { format!("{number:e}") };
            }
        }
    }
    ticks
}

/// Draws ticks and labels left of a frame.
pub(crate) fn left(canvas: &mut Canvas, frame: Frame, ticks: Vec<Tick>, size: f64, room: f64) {
    for tick in thin(within(ticks, size, room - 8.0), frame.height, |_| size * 0.8 - 3.0) {
        if (-0.001..=1.001).contains(&tick.at) {
            let (x, y) = frame.at(0.0, tick.at);
            let long = if tick.label.is_empty() { 2.5 } else { 4.0 };
            canvas.line(vec![(x - long, y), (x, y)], MUTED, 1.0);
            // A number is written smaller rather than cut.
            let share = ((room - 8.0) / font::width(&tick.label, size, false).max(1.0)).clamp(0.7, 1.0);
            let size = if tick.label.parse::<f64>().is_ok() { share * size } else { size };
            let label = font::elide(&tick.label, size, false, room - 7.0);
            canvas.say((x - 7.0, y + size * 0.36), label, size, INK, Anchor::End, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_never_overlap() {
        let width = |label: &str| font::width(label, 10.0, false);
        let axes = [
            Axis::between(1e-5, 1e-1, true),
            Axis::between(500.0, 200_000.0, true),
            Axis::between(0.02, 0.07, true),
            Axis::between(-3.0, 1234.0, false),
            Axis::around([4.0, 4.0], true),
            Axis::around([1e-12, 1e12], true),
            Axis::between(0.9e-5, 1.1, true),
            Axis::between(0.8, 4e4, true),
            Axis::around([f64::NAN], false),
            Axis::around([0.0, 1e-9], false),
        ];
        for axis in axes {
            for length in [20.0, 60.0, 120.0, 700.0] {
                let ticks = thin(axis.ticks(6), length, width);
                let kept: Vec<_> = ticks.iter().filter(|tick| !tick.label.is_empty()).collect();
                assert!(!kept.is_empty(), "{axis:?} {length}");
                assert!(length < 700.0 || axis.high <= axis.low || kept.len() > 2, "{axis:?} {kept:?}");
                for pair in kept.windows(2) {
                    let apart = (pair[1].at - pair[0].at) * length;
                    assert!(apart > (width(&pair[0].label) + width(&pair[1].label)) / 2.0, "{axis:?} {pair:?}");
                }
            }
        }
    }

    #[test]
    fn costs_of_one_order_of_magnitude_are_on_a_linear_axis() {
        assert!(!Axis::of_costs([0.91, 0.99]).logarithmic && !Axis::of_costs([-1.0, 100.0]).logarithmic);
        assert!(!Axis::of_costs([0.0, 100.0]).logarithmic && Axis::of_costs([0.01, 0.2]).logarithmic);
    }

    #[test]
    fn small_numbers_are_shortened_and_not_cut() {
        let tick = |label: &str| Tick { at: 0.5, label: label.to_owned() };
        let labels = |labels: &[&str]| -> Vec<String> {
            let ticks = labels.iter().map(|label| tick(label)).collect();
            within(ticks, 9.0, 32.0).into_iter().map(|tick| tick.label).collect()
        };
        assert_eq!(labels(&["0.00000", "0.00050", "0.00100"]), ["0", "5e-4", "1e-3"]);
        assert_eq!(labels(&["0.5", "1.0"]), ["0.5", "1.0"]);
    }

    #[test]
    fn ticks_are_round() {
        let labels = |axis: Axis, wanted| axis.ticks(wanted).into_iter().map(|tick| tick.label).collect::<Vec<_>>();
        assert_eq!(labels(Axis::between(0.0, 10.0, false), 5), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(labels(Axis::between(0.0, 12_900.0, false), 6), ["0", "2500", "5000", "7500", "10000", "12500"]);
        assert_eq!(labels(Axis::between(0.0, 10.0, false), 4), ["0.0", "2.5", "5.0", "7.5", "10.0"]);
        assert_eq!(labels(Axis::between(0.0, 10.0, false).whole(), 4), ["0", "5", "10"]);
        assert_eq!(labels(Axis::between(0.0, 2.0, false).whole(), 6), ["0", "1", "2"]);
        assert_eq!(labels(Axis::between(3.9, 4.2, false), 4), ["3.9", "4.0", "4.1", "4.2"]);
        assert_eq!(labels(Axis::between(1e-5, 1e-2, true), 6), ["10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²"]);
        assert_eq!(labels(Axis::between(0.05, 20.0, true), 6), ["0.1", "1", "10"]);
        assert_eq!(labels(Axis::between(0.015, 0.11, true), 6), ["0.02", "0.05", "0.1"]);
        assert_eq!(labels(Axis::between(0.6, 30.0, true), 4), ["1", "2", "5", "10", "20"]);
        assert_eq!(labels(Axis::between(1_234_567.0, 1_234_569.0, false), 2), ["1234567", "1234568", "1234569"]);
        assert!(labels(Axis::between(1.5, 6.0, true), 4).len() > 2);
    }
}
