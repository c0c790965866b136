//! Endings of a step: a voltage, a current, a charge or a temperature that is reached.
use crate::battery::protocol::current_amount::CurrentAmount;

/// The observables of a step at an instant.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Observation {
    /// V.
    pub voltage: f64,
    /// A.
    pub current: f64,
    /// Charge since the beginning of the step, A s.
    pub charge: f64,
    /// Temperature of the surface, °C.
    pub temperature: f64,
}

/// The side from which a value is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// It ends the step to be below.
    Below,
    /// It ends the step to be above.
    Above,
    /// The side on which the step does not begin.
    Other,
}

/// The quantity that ends a step, with its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum EndingValue {
    /// V.
    Voltage(f64),
    /// The magnitude of the current, or with a side of its own the current.
    Current(CurrentAmount),
    /// A s in either direction.
    Charge(f64),
    /// A share of the capacity in either direction.
    Share(f64),
    /// °C at the surface.
    Temperature(f64),
}

/// One way to end a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ending {
    pub value: EndingValue,
    /// `None` where the kind of step decides.
    pub side: Option<Side>,
}

/// An ending of a cell's step that has begun, with a side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Goal {
    value: EndingValue,
    side: Side,
    is_magnitude: bool,
    capacity_ah: f64,
}

impl Ending {
    /// The goal of a step that begins at `start` under a control that discharges (1), charges (-1), or neither (0).
    pub(crate) fn goal(&self, start: &Observation, direction: f64, capacity_ah: f64) -> Goal {
        let mut goal = Goal { value: self.value, side: Side::Above, is_magnitude: false, capacity_ah };
        goal.side = match (self.side, self.value) {
            (Some(side), _) => side,
            (None, EndingValue::Voltage(_)) if direction > 0.0 => Side::Below,
            (None, EndingValue::Voltage(_)) if direction < 0.0 => Side::Above,
            (None, EndingValue::Current(_)) => {
                goal.is_magnitude = true;
                Side::Below
            }
            (None, EndingValue::Charge(_) | EndingValue::Share(_)) => Side::Above,
            (None, EndingValue::Voltage(_) | EndingValue::Temperature(_)) => Side::Other,
        };
        if goal.side == Side::Other {
            let is_above = goal.beyond(start) > 0.0;
            goal.side = if is_above { Side::Below } else { Side::Above };
        }
        goal
    }
}

impl Goal {
    /// The distance of an observation above the value, in parts of what is usual for its kind.
    fn beyond(&self, at: &Observation) -> f64 {
        match self.value {
            EndingValue::Voltage(volt) => at.voltage - volt,
            EndingValue::Current(amount) => {
                let current = if self.is_magnitude { at.current.abs() } else { at.current };
                (current - amount.ampere(self.capacity_ah)) / self.capacity_ah
            }
            EndingValue::Charge(charge) => (at.charge.abs() - charge) / (3600.0 * self.capacity_ah),
            EndingValue::Share(share) => at.charge.abs() / (3600.0 * self.capacity_ah) - share,
            EndingValue::Temperature(celsius) => 1e-2 * (at.temperature - celsius),
        }
    }

    /// The distance that is left: positive before the end, zero or negative after it.
    pub(crate) fn left(&self, at: &Observation) -> f64 {
        match self.side {
            Side::Below => self.beyond(at),
            Side::Above | Side::Other => -self.beyond(at),
        }
    }

    /// The name of the quantity in tables.
    pub(crate) fn name(&self) -> &'static str {
        match self.value {
            EndingValue::Voltage(_) => "voltage",
            EndingValue::Current(_) => "current",
            EndingValue::Charge(_) | EndingValue::Share(_) => "charge",
            EndingValue::Temperature(_) => "temperature",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_falls_to_zero_at_the_end() {
        let start = Observation { voltage: 3.5, current: -5.0, charge: 0.0, temperature: 25.0 };
        let left = |value, side, direction: f64, at: Observation| {
            Ending { value, side }.goal(&start, direction, 5.0).left(&at)
        };
        for (value, side, direction, at, is_over) in [
            (EndingValue::Voltage(3.0), None, 1.0, Observation { voltage: 3.1, ..start }, false),
            (EndingValue::Voltage(3.0), None, 1.0, Observation { voltage: 2.9, ..start }, true),
            (EndingValue::Voltage(4.0), None, -1.0, Observation { voltage: 3.9, ..start }, false),
            (EndingValue::Voltage(4.0), None, -1.0, Observation { voltage: 4.1, ..start }, true),
            (EndingValue::Voltage(3.6), None, 0.0, Observation { voltage: 3.7, ..start }, true),
            (EndingValue::Voltage(3.4), None, 0.0, Observation { voltage: 3.3, ..start }, true),
            (EndingValue::Voltage(3.0), Some(Side::Above), 1.0, start, true),
            (EndingValue::Current(CurrentAmount::Rate(0.02)), None, 0.0, start, false),
            (
                EndingValue::Current(CurrentAmount::Ampere(0.1)),
                None,
                0.0,
                Observation { current: -0.09, ..start },
                true,
            ),
            (EndingValue::Charge(36.0), None, -1.0, Observation { charge: -37.0, ..start }, true),
            (EndingValue::Share(0.1), None, 1.0, Observation { charge: 1799.0, ..start }, false),
            (EndingValue::Temperature(30.0), None, 1.0, Observation { temperature: 29.0, ..start }, false),
            (EndingValue::Temperature(20.0), None, 1.0, Observation { temperature: 19.9, ..start }, true),
        ] {
            assert_eq!(left(value, side, direction, at) <= 0.0, is_over, "{value:?} {side:?} {at:?}");
        }
    }
}
