//! Parameters of a cell that may be fitted, by the names of the fields in its file.
use crate::battery::cell::{Cell, Electrode};
use crate::document::diagnostic::Diagnostic;
use crate::document::spelling::{backticked, suggestion};

/// The factor by which a parameter may change, up and down.
const FACTOR: f64 = 1000.0;
/// The factor for the capacity.
const SIZE: f64 = 3.0;
/// The first resistance of contacts that are taken to have none, as a share of the resistance that the cell's limits assume.
const NO_RESISTANCE: f64 = 0.1;

/// A parameter of a cell, or of its state at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// Ω.
    ContactResistance,
    /// A h. The area of the electrodes changes alike, so that states of charge keep their voltage.
    Capacity,
    /// The state of charge at the first row.
    InitialCharge,
    /// m²/s, in the middle of the stoichiometries and at the reference temperature, as all that follow.
    NegativeDiffusivity,
    PositiveDiffusivity,
    /// A/m², at the concentration of the electrolyte at rest.
    NegativeExchangeCurrent,
    PositiveExchangeCurrent,
    /// S/m.
    ElectrolyteConductivity,
    /// m²/s.
    ElectrolyteDiffusivity,
}

impl Parameter {
    pub const ALL: [Self; 9] = [
        Self::ContactResistance,
        Self::Capacity,
        Self::InitialCharge,
        Self::NegativeDiffusivity,
        Self::PositiveDiffusivity,
        Self::NegativeExchangeCurrent,
        Self::PositiveExchangeCurrent,
        Self::ElectrolyteConductivity,
        Self::ElectrolyteDiffusivity,
    ];

    /// The name on the command line: mostly that of the field in a cell's file.
    pub fn name(self) -> &'static str {
        match self {
            Self::ContactResistance => "contact_resistance",
            Self::Capacity => "capacity",
            Self::InitialCharge => "initial_charge",
            Self::NegativeDiffusivity => "negative.diffusivity",
            Self::PositiveDiffusivity => "positive.diffusivity",
            Self::NegativeExchangeCurrent => "negative.exchange_current",
            Self::PositiveExchangeCurrent => "positive.exchange_current",
            Self::ElectrolyteConductivity => "electrolyte.conductivity",
            Self::ElectrolyteDiffusivity => "electrolyte.diffusivity",
        }
    }

    /// The unit of its values.
    pub fn unit(self) -> &'static str {
        match self {
            Self::ContactResistance => "ohm",
            Self::Capacity => "A.h",
            Self::InitialCharge => "1",
            Self::NegativeDiffusivity | Self::PositiveDiffusivity | Self::ElectrolyteDiffusivity => "m2/s",
            Self::NegativeExchangeCurrent | Self::PositiveExchangeCurrent => "A/m2",
            Self::ElectrolyteConductivity => "S/m",
        }
    }

    /// The parameters of a list with commas.
    ///
    /// # Errors
    /// A name is unknown, or stands there twice, or there is none.
    pub fn list(text: &str) -> Result<Vec<Self>, Diagnostic> {
        let mut list = Vec::new();
        let names = || Self::ALL.into_iter().map(Self::name);
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let Some(parameter) = Self::ALL.into_iter().find(|parameter| parameter.name() == name) else {
                let wrong = Diagnostic::new(format!("there is no parameter `{name}` to be fitted"));
                return Err(wrong.hint(suggestion(name, names())));
            };
            if list.contains(&parameter) {
                return Err(Diagnostic::new(format!("`{name}` stands there twice")));
            }
            list.push(parameter);
        }
        match list.is_empty() {
            true => Err(Diagnostic::new("no parameter is named").hint(format!("there are {}", backticked(names())))),
            false => Ok(list),
        }
    }

    /// The value in a cell; `initial` is the state of charge at the first row.
    pub fn value(self, cell: &Cell, initial: f64) -> f64 {
        let kelvin = cell.reference_temperature;
        let salt = cell.electrolyte.concentration;
        let diffusivity = |electrode: &Electrode| electrode.diffusivity.at(&[0.0, 0.5, kelvin]);
        let exchange = |electrode: &Electrode| electrode.exchange.at(salt, 0.5, kelvin);
        match self {
            Self::ContactResistance => cell.contact_resistance,
            Self::Capacity => cell.capacity_ah,
            Self::InitialCharge => initial,
            Self::NegativeDiffusivity => diffusivity(&cell.negative),
            Self::PositiveDiffusivity => diffusivity(&cell.positive),
            Self::NegativeExchangeCurrent => exchange(&cell.negative),
            Self::PositiveExchangeCurrent => exchange(&cell.positive),
            Self::ElectrolyteConductivity => cell.electrolyte.conductivity.at(&[salt, 0.0, kelvin]),
            Self::ElectrolyteDiffusivity => cell.electrolyte.diffusivity.at(&[salt, 0.0, kelvin]),
        }
    }

    /// The value at which a fit begins.
    pub(crate) fn start(self, cell: &Cell, initial: f64) -> f64 {
        match self {
            Self::ContactResistance if cell.contact_resistance <= 0.0 => NO_RESISTANCE * cell.limits.resistance,
            _ => self.value(cell, initial),
        }
    }

    /// True where the logarithm is fitted.
    pub fn is_positive(self) -> bool {
        self != Self::InitialCharge
    }

    /// The least and the largest value that are tried.
    pub(crate) fn bounds(self, cell: &Cell, start: f64) -> (f64, f64) {
        match self {
            Self::InitialCharge => cell.possible_charge(),
            Self::Capacity => (start / SIZE, start * SIZE),
            Self::ContactResistance => (1e-5 * cell.limits.resistance.min(start), 100.0_f64.min(FACTOR * start)),
            _ => (start / FACTOR, start * FACTOR),
        }
    }

    /// Sets the value in a cell; that of the initial charge is none of a cell's.
    pub(crate) fn set(self, cell: &mut Cell, value: f64) {
        let factor = value / self.value(cell, 1.0);
        match self {
            Self::ContactResistance => cell.contact_resistance = value,
            Self::Capacity => {
                cell.capacity_ah = value;
                cell.area *= factor;
            }
            Self::InitialCharge => {}
            Self::NegativeDiffusivity => cell.negative.diffusivity = cell.negative.diffusivity.times(factor),
            Self::PositiveDiffusivity => cell.positive.diffusivity = cell.positive.diffusivity.times(factor),
            Self::NegativeExchangeCurrent => cell.negative.exchange = cell.negative.exchange.times(factor),
            Self::PositiveExchangeCurrent => cell.positive.exchange = cell.positive.exchange.times(factor),
            Self::ElectrolyteConductivity => {
                cell.electrolyte.conductivity = cell.electrolyte.conductivity.times(factor);
            }
            Self::ElectrolyteDiffusivity => {
                cell.electrolyte.diffusivity = cell.electrolyte.diffusivity.times(factor);
            }
        }
    }

    /// The coordinate in which it is fitted.
    pub(crate) fn coordinate(self, value: f64) -> f64 {
        if self.is_positive() { value.ln() } else { value }
    }

    pub(crate) fn of_coordinate(self, coordinate: f64) -> f64 {
        if self.is_positive() { coordinate.exp() } else { coordinate }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_set_is_there() {
        for parameter in Parameter::ALL {
            let mut cell = Cell::named("chen2020").unwrap();
            let before = (cell.area, cell.open_circuit_voltage(0.3));
            let value = 1.7 * parameter.start(&cell, 0.5);
            parameter.set(&mut cell, value);
            let found = parameter.value(&cell, value);
            assert!((found / value - 1.0).abs() < 1e-9, "{} {found} {value}", parameter.name());
            assert!((cell.open_circuit_voltage(0.3) - before.1).abs() < 1e-9, "{}", parameter.name());
            assert_eq!(cell.area != before.0, parameter == Parameter::Capacity);
            let back = parameter.of_coordinate(parameter.coordinate(value));
            assert!((back / value - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn names_are_read() {
        let list = Parameter::list("contact_resistance, negative.diffusivity,initial_charge,").unwrap();
        assert_eq!(list, [Parameter::ContactResistance, Parameter::NegativeDiffusivity, Parameter::InitialCharge]);
        for (text, message) in [
            ("negative.difusivity", "did you mean `negative.diffusivity`?"),
            ("capacity,capacity", "twice"),
            (" ,", "no parameter is named"),
        ] {
            assert!(Parameter::list(text).unwrap_err().to_string().contains(message), "{text}");
        }
    }
}
