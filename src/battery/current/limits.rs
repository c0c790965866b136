//! Limits of the current: a limiter that keeps a profile within the datasheet, and an independent check of the result.
use std::fmt;

use crate::battery::cell::{Cell, CurrentLimits, DatasheetLimits};

const GRID: usize = 1000;

/// A limiter of the current: reduces each wanted current to what the limits allow, second by second.
pub(crate) struct Limiter<'a> {
    cell: &'a Cell,
    taper: &'a Taper,
    /// Factor on the resistance that the taper assumes.
    caution: f64,
    soc: f64,
    current: f64,
    /// Samples of the current short pulse; 0 between pulses.
    pulse: usize,
    /// Samples since the last pulse ended.
    pause: usize,
}

/// Open-circuit voltage over state of charge, to taper the current towards the voltage limits.
pub(crate) struct Taper(Vec<f64>);

impl Taper {
    pub(crate) fn new(cell: &Cell) -> Self {
        let open = |step: usize| cell.open_circuit_voltage(step as f64 / GRID as f64);
        Self((0..=GRID).map(open).collect())
    }

    /// Open-circuit voltage at a state of charge in 0..1, V.
    fn at(&self, soc: f64) -> f64 {
        let position = soc.clamp(0.0, 1.0) * GRID as f64;
        let step = (position as usize).min(GRID - 1);
        self.0[step] + (position - step as f64) * (self.0[step + 1] - self.0[step])
    }
}

impl<'a> Limiter<'a> {
    /// The limiter of a relaxed cell at a state of charge.
    pub(crate) fn new(cell: &'a Cell, taper: &'a Taper, caution: f64, soc: f64) -> Self {
        Self { cell, taper, caution, soc, current: 0.0, pulse: 0, pause: cell.limits.short_time_s }
    }

    /// State of charge after the last current.
    pub(crate) fn soc(&self) -> f64 {
        self.soc
    }

    /// The current that flows one second later, where `wanted` is asked for; A, discharge positive.
    pub(crate) fn admit(&mut self, wanted: f64) -> f64 {
        let limits = &self.cell.limits;
        let discharging = wanted > 0.0;
        let sign = if discharging { 1.0 } else { -1.0 };
        let side = side(limits, wanted);
        // The ramps before and after a pulse count as well.
        let pulse_allowed =
            if self.pulse > 0 { self.pulse + 1 < limits.short_time_s } else { self.pause >= limits.short_time_s };
        let mut size = wanted.abs().min(if pulse_allowed { side.short } else { side.continuous });

        // From the next sample on it must be possible to stop within a second, still inside the bounds.
        let capacity = self.cell.capacity();
        let room = if discharging { self.soc - limits.soc.0 } else { limits.soc.1 - self.soc };
        size = size.min(room * capacity - 0.5 * sign * self.current).max(0.0);
        let after = |size: f64| self.soc - 0.5 * (self.current + sign * size) / capacity;
        if is_critical(limits, after(size)) {
            size = size.min(side.critical);
        }
        let open = self.taper.at(after(size));
        let headroom = if discharging { open - limits.voltage.0 } else { limits.voltage.1 - open };
        size = size.min(headroom.max(0.0) / (self.caution * limits.resistance));

        if size > side.continuous {
            self.pulse += 1;
            self.pause = 0;
        } else {
            self.pulse = 0;
            self.pause += 1;
        }
        self.soc = after(size);
        self.current = sign * size;
        self.current
    }
}

fn side(limits: &DatasheetLimits, current: f64) -> &CurrentLimits {
    if current > 0.0 { &limits.discharge } else { &limits.charge }
}

fn is_critical(limits: &DatasheetLimits, soc: f64) -> bool {
    soc < limits.critical_soc.0 || soc > limits.critical_soc.1
}

/// A violation of a limit by a profile, with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    pub limit: Limit,
    pub second: usize,
    pub value: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    ShortCurrent,
    PulseDuration,
    PulsePause,
    CriticalCurrent,
    StateOfCharge,
    Voltage,
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let Self { limit, second, value } = self;
        let what = match limit {
            Limit::ShortCurrent => format!("{value:.3} A is above the short-time current"),
            Limit::PulseDuration => format!("a pulse lasts {value} s"),
            Limit::PulsePause => format!("a pulse follows another after {value} s"),
            Limit::CriticalCurrent => format!("{value:.3} A is too much near empty or full"),
            Limit::StateOfCharge => format!("state of charge {value:.4} is out of bounds"),
            Limit::Voltage => format!("{value:.4} V is outside the voltage window"),
        };
        write!(out, "at {second} s {what}")
    }
}

/// Checks currents in A, 1 s apart and linear in between, and the voltages that they cause where there are any.
pub(crate) fn check(cell: &Cell, soc: f64, currents: &[f64], voltages: &[f64]) -> Result<(), Violation> {
    let (mut soc, mut before) = (soc, currents.first().copied().unwrap_or(0.0));
    let rows = currents.iter().enumerate().map(|(second, &current)| {
        if second > 0 {
            soc -= 0.5 * (before + current) / cell.capacity();
        }
        before = current;
        (current, soc)
    });
    // Rounding of a long sum is no violation.
    let limits = cell.limits.widened(0.0, 0.0, 1e-9);
    // The critical states of charge are meant to the last bit: the limiter computes them as it is done here.
    check_rows(&DatasheetLimits { critical_soc: cell.limits.critical_soc, ..limits }, 0.0, rows, voltages)
}

/// Checks rows of current, A, and state of charge, 1 s apart, and the voltages beside them where there are any.
///
/// Currents are known to `slack`, A: one so close to the continuous current may or may not belong to a pulse.
pub(crate) fn check_rows(
    limits: &DatasheetLimits,
    slack: f64,
    rows: impl Iterator<Item = (f64, f64)>,
    voltages: &[f64],
) -> Result<(), Violation> {
    let fail = |limit, second, value| Err(Violation { limit, second, value });
    // Seconds for which the current has been above the continuous one, rows of doubt since, and seconds since it has not.
    let (mut pulse, mut doubt, mut pause) = (0, 0, limits.short_time_s);
    for (second, (current, soc)) in rows.enumerate() {
        let (side, size) = (side(limits, current), current.abs());
        if size > side.short {
            return fail(Limit::ShortCurrent, second, current);
        }
        if size > side.continuous + slack {
            if pulse == 0 && pause < limits.short_time_s {
                return fail(Limit::PulsePause, second, pause as f64);
            }
            pulse = if doubt < limits.short_time_s { pulse + doubt + 1 } else { 1 };
            (doubt, pause) = (0, 0);
            if pulse + 1 > limits.short_time_s {
                return fail(Limit::PulseDuration, second, (pulse + 1) as f64);
            }
        } else if pulse > 0 && size > side.continuous - slack {
            doubt += 1;
        } else {
            pause += doubt + 1;
            (pulse, doubt) = (0, 0);
        }
        if is_critical(limits, soc) && size > side.critical {
            return fail(Limit::CriticalCurrent, second, current);
        }
        if !(limits.soc.0..=limits.soc.1).contains(&soc) {
            return fail(Limit::StateOfCharge, second, soc);
        }
    }
    let outside = |voltage: &f64| !(limits.voltage.0..=limits.voltage.1).contains(voltage);
    match voltages.iter().position(outside) {
        Some(second) => fail(Limit::Voltage, second, voltages[second]),
        None => Ok(()),
    }
}

impl DatasheetLimits {
    /// Limits that are widened by tolerances of current (A), voltage (V) and state of charge. The continuous current keeps its
    /// value, which only tells pulses from the rest.
    pub(crate) fn widened(&self, current: f64, voltage: f64, soc: f64) -> Self {
        let wider = |side: &CurrentLimits| CurrentLimits {
            critical: side.critical + current,
            short: side.short + current,
            ..*side
        };
        Self {
            voltage: (self.voltage.0 - voltage, self.voltage.1 + voltage),
            soc: (self.soc.0 - soc, self.soc.1 + soc),
            critical_soc: (self.critical_soc.0 - soc, self.critical_soc.1 + soc),
            discharge: wider(&self.discharge),
            charge: wider(&self.charge),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_violation_is_caught() {
        let cell = Cell::named("chen2020").unwrap();
        let pulses = |on: usize, off: usize| [vec![0.0; 9], vec![12.0; on], vec![0.0; off], vec![12.0; on]].concat();
        for (soc, currents, voltages, limit) in [
            (0.5, vec![0.0, 19.1], vec![], Limit::ShortCurrent),
            (0.5, vec![0.0, -3.4], vec![], Limit::ShortCurrent),
            (0.5, pulses(10, 20), vec![], Limit::PulseDuration),
            (0.5, pulses(9, 9), vec![], Limit::PulsePause),
            (0.19, vec![0.0, 1.0], vec![], Limit::CriticalCurrent),
            (0.81, vec![0.0, -1.5], vec![], Limit::CriticalCurrent),
            (0.2001, vec![5.0; 10], vec![], Limit::CriticalCurrent),
            (0.0101, vec![0.5; 60], vec![], Limit::StateOfCharge),
            (0.9799, vec![-0.5; 60], vec![], Limit::StateOfCharge),
            (0.5, vec![0.0], vec![4.2001], Limit::Voltage),
            (0.5, vec![0.0], vec![2.4999], Limit::Voltage),
            (0.5, vec![0.0], vec![f64::NAN], Limit::Voltage),
        ] {
            assert_eq!(check(&cell, soc, &currents, &voltages).unwrap_err().limit, limit);
        }
        assert_eq!(check(&cell, 0.5, &pulses(9, 10), &[2.5, 4.2]), Ok(()));
    }

    #[test]
    fn a_current_in_doubt_neither_ends_a_pulse_nor_begins_one() {
        let limits = Cell::named("chen2020").unwrap().limits;
        let edge = limits.discharge.continuous;
        let checked = |currents: Vec<f64>| {
            let rows = currents.into_iter().map(|current| (current, 0.5));
            check_rows(&limits, 2e-4, rows, &[]).map_err(|violation| violation.limit)
        };
        let run = |count: usize, current: f64| vec![current; count];
        let quiet = run(10, 0.0);
        assert_eq!(checked([run(3, 8.0), run(1, edge), run(4, 8.0), quiet.clone()].concat()), Ok(()));
        assert_eq!(checked([run(8, 8.0), run(1, edge), run(1, 8.0)].concat()), Err(Limit::PulseDuration));
        assert_eq!(checked([run(3, 8.0), run(12, edge), run(9, 8.0)].concat()), Ok(()));
        assert_eq!(checked([run(3, 8.0), run(4, edge), run(6, 0.0), run(9, 8.0)].concat()), Ok(()));
        assert_eq!(checked([run(3, 8.0), run(4, edge), run(5, 0.0), run(9, 8.0)].concat()), Err(Limit::PulsePause));
    }

    #[test]
    fn the_limiter_tames_the_wildest_wishes() {
        let cell = Cell::named("chen2020").unwrap();
        let taper = Taper::new(&cell);
        for (soc, wish) in [(0.9, 100.0), (0.1, -100.0), (0.3, 8.0), (0.79, -3.0)] {
            let mut limiter = Limiter::new(&cell, &taper, 1.0, soc);
            let currents: Vec<f64> =
                (0..40_000).map(|second| limiter.admit(if second % 900 < 30 { -wish } else { wish })).collect();
            assert_eq!(check(&cell, soc, &[&[0.0], &currents[..]].concat(), &[]), Ok(()));
            let bound = if wish > 0.0 { cell.limits.soc.0 } else { cell.limits.soc.1 };
            assert!((limiter.soc() - bound).abs() < 0.02, "{}", limiter.soc());
        }
    }
}
