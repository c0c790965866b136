//! Export of BPX: a cell as the JSON of version 0.5, and what of it cannot be kept.
use serde_json::{Value as Json, json};

use crate::battery::cell::constants::{FARADAY, GAS};
use crate::battery::cell::function::Function;
use crate::battery::cell::parameters::{Cell, Electrode};
use crate::battery::cell::section::{C, S};
use crate::battery::simd::elementary::ln;
use crate::document::diagnostic::Diagnostic;

/// Points of a function that no expression of BPX can say.
const POINTS: usize = 1000;
/// The largest relative deviation of a dependence on temperature from that of Arrhenius.
const ARRHENIUS: f64 = 1e-6;

/// A BPX file that was made of a cell.
pub(crate) struct ExportedCell {
    pub json: Json,
    /// Parts that were not kept, a sentence each.
    pub notes: Vec<String>,
}

/// The BPX file of a cell.
///
/// # Errors
/// The exchange current of an electrode has other exponents than one half, which BPX has no place for.
pub(crate) fn export(cell: &Cell) -> Result<ExportedCell, Diagnostic> {
    let mut exporter = Exporter { cell, notes: Vec::new() };
    let json = exporter.json()?;
    Ok(ExportedCell { json, notes: exporter.notes })
}

struct Exporter<'a> {
    cell: &'a Cell,
    notes: Vec<String>,
}

impl Exporter<'_> {
    fn json(&mut self) -> Result<Json, Diagnostic> {
        let cell = self.cell;
        let reference = cell.reference_temperature;
        let [negative_empty, positive_empty] = cell.stoichiometries(cell.capacity());
        let negative = self.electrode("negative", &cell.negative, (negative_empty, cell.negative.full))?;
        let positive = self.electrode("positive", &cell.positive, (cell.positive.full, positive_empty))?;
        let salt = &cell.electrolyte;
        let rest = [salt.concentration, 0.0, reference];
        let mut electrolyte = json!({
            "Initial concentration [mol.m-3]": salt.concentration,
            "Cation transference number": salt.transference.at(&rest),
        });
        for (name, function) in [("Diffusivity", &salt.diffusivity), ("Conductivity", &salt.conductivity)] {
            let unit = if name == "Diffusivity" { "m2.s-1" } else { "S.m-1" };
            electrolyte[format!("{name} [{unit}]")] = self.function(function, C, salt.range);
            let path = format!("electrolyte.{}", name.to_lowercase());
            if let Some(energy) = self.energy(&path, |kelvin| function.at(&[salt.concentration, 0.0, kelvin])) {
                electrolyte[format!("{name} activation energy [J.mol-1]")] = energy.into();
            }
        }
        if salt.transference.reads() != [false; 3] {
            self.notes.push("`electrolyte.transference` is kept as its value at rest".into());
        }
        if salt.thermodynamic_factor.reads() != [false; 3] || salt.thermodynamic_factor.at(&rest) != 1.0 {
            self.notes.push("not kept: `electrolyte.thermodynamic_factor`, which is 1 in BPX".into());
        }
        if cell.contact_resistance > 0.0 {
            self.notes.push("not kept: `contact_resistance`".into());
        }
        let mut whole = json!({
            "Ambient temperature [K]": 298.15,
            "Initial temperature [K]": 298.15,
            "Reference temperature [K]": reference,
            "Lower voltage cut-off [V]": cell.limits.voltage.0,
            "Upper voltage cut-off [V]": cell.limits.voltage.1,
            "Nominal cell capacity [A.h]": cell.capacity_ah,
            "Electrode area [m2]": cell.area,
            "Number of electrode pairs connected in parallel to make a cell": 1,
        });
        if let (Some(thermal), Some(capacity)) = (&cell.thermal, cell.heat_capacity(reference)) {
            let thickness: f64 = thermal.layers.iter().map(|layer| layer.thickness).sum();
            let mass: f64 = thermal.layers.iter().map(|layer| layer.thickness * layer.density).sum();
            let density = mass / thickness;
            whole["External surface area [m2]"] = thermal.cooling_area.into();
            whole["Volume [m3]"] = thermal.volume.into();
            whole["Density [kg.m-3]"] = density.into();
            whole["Specific heat capacity [J.K-1.kg-1]"] = (capacity / (thermal.volume * density)).into();
            self.notes.push("not kept: heat transfer, the thermal models' own parameters, current collectors".into());
        }
        self.notes.push("not kept: `limits` but for the voltages; `temperature` and `electrolyte.range`".into());
        Ok(json!({
            // A number: readers of version 0.5 take no text, and later ones take both.
            "Header": {"BPX": 0.5, "Title": cell.name, "Model": "SPMe"},
            "Parameterisation": {
                "Cell": whole,
                "Electrolyte": electrolyte,
                "Negative electrode": negative,
                "Positive electrode": positive,
                "Separator": {
                    "Thickness [m]": cell.separator.thickness,
                    "Porosity": cell.separator.porosity,
                    "Transport efficiency": cell.separator.efficiency(),
                },
            },
        }))
    }

    fn electrode(
        &mut self,
        name: &str,
        electrode: &Electrode,
        (least, largest): (f64, f64),
    ) -> Result<Json, Diagnostic> {
        let reference = self.cell.reference_temperature;
        let rest = self.cell.electrolyte.concentration;
        if electrode.exchange.orders.iter().any(|order| (order - 0.5).abs() > 1e-6) {
            let message = format!("`{name}.exchange_current` has exponents of c, s and 1 - s other than 0.5");
            return Err(Diagnostic::new(message).hint("BPX has no place for them"));
        }
        let current = |kelvin: f64| electrode.exchange.at(rest, 0.5, kelvin);
        let mut json = json!({
            "Particle radius [m]": electrode.radius,
            "Thickness [m]": electrode.thickness,
            "Diffusivity [m2.s-1]": self.function(&electrode.diffusivity, S, (0.0, 1.0)),
            "OCP [V]": self.function(&electrode.potential, S, (0.0, 1.0)),
            "Conductivity [S.m-1]": electrode.conductivity.at(&[0.0, 0.0, reference]),
            "Surface area per unit volume [m-1]": electrode.specific_surface(),
            "Porosity": electrode.porosity,
            "Transport efficiency": electrode.efficiency(),
            "Reaction rate constant [mol.m-2.s-1]": current(reference) / (0.5 * FARADAY),
            "Minimum stoichiometry": least,
            "Maximum stoichiometry": largest,
            "Maximum concentration [mol.m-3]": electrode.capacity,
            // Written where it is 0 too: PyBaMM reads no file without it.
            "Entropic change coefficient [V.K-1]": self.function(&electrode.entropy, S, (0.0, 1.0)),
        });
        if let Some(energy) = self.energy(&format!("{name}.exchange_current"), current) {
            json["Reaction rate constant activation energy [J.mol-1]"] = energy.into();
        }
        let diffusivity = |kelvin: f64| electrode.diffusivity.at(&[0.0, 0.5, kelvin]);
        if let Some(energy) = self.energy(&format!("{name}.diffusivity"), diffusivity) {
            json["Diffusivity activation energy [J.mol-1]"] = energy.into();
        }
        if electrode.conductivity.reads_temperature() {
            self.notes.push(format!("`{name}.conductivity` is kept as its value at {reference} K"));
        }
        Ok(json)
    }

    /// A function at the reference temperature over the variable with the index `of`.
    fn function(&self, function: &Function, of: usize, (low, high): (f64, f64)) -> Json {
        let reference = self.cell.reference_temperature;
        let at = |x: f64| {
            let mut point = [0.0, 0.0, reference];
            point[of] = x;
            function.at(&point)
        };
        if !function.reads()[of] {
            return at(0.5 * (low + high)).into();
        }
        let kelvin = format!("{reference:e}");
        if let Some(text) = function.plain_text(&["x", "x", &kelvin]) {
            return text.into();
        }
        let places: Vec<f64> = match function.linear_places() {
            Some(places) => places.to_vec(),
            None => (0..=POINTS).map(|k| low + (high - low) * k as f64 / POINTS as f64).collect(),
        };
        let (x, y): (Vec<f64>, Vec<f64>) =
            places.into_iter().map(|x| (x, at(x))).filter(|(_, y)| y.is_finite()).unzip();
        json!({"x": x, "y": y})
    }

    /// The activation energy of a quantity, J/mol, where it depends on temperature as that of Arrhenius; `None` where it
    /// does not depend on it, or differently.
    fn energy(&mut self, path: &str, at: impl Fn(f64) -> f64) -> Option<f64> {
        let reference = self.cell.reference_temperature;
        let (cold, hot) = self.cell.temperature;
        let base = at(reference);
        let of = |kelvin: f64| GAS * ln(at(kelvin) / base) / (1.0 / reference - 1.0 / kelvin);
        let temperatures: Vec<f64> =
            [cold, 0.5 * (cold + hot), hot].into_iter().filter(|kelvin| (kelvin - reference).abs() > 5.0).collect();
        if temperatures.iter().all(|kelvin| at(*kelvin) == base) {
            return None;
        }
        let energies: Vec<f64> = temperatures.into_iter().map(of).collect();
        let first = *energies.first()?;
        if energies.iter().all(|energy| (energy / first - 1.0).abs() < ARRHENIUS) {
            return Some((first * 1e6).round() * 1e-6);
        }
        self.notes.push(format!("not kept: the dependence of `{path}` on temperature, which is not that of Arrhenius"));
        None
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::battery::cell::json_import::import;
    use crate::battery::simulation::thermal::Thermal;
    use crate::battery::simulation::trace::{Start, simulate};

    #[test]
    fn a_cell_comes_back_as_it_went_out() {
        for name in ["chen2020", "marquis2019", "prada2013"] {
            let cell = Cell::named(name).unwrap();
            let exported = export(&cell).unwrap();
            let back = import(Path::new("back.json"), &exported.json.to_string()).unwrap().cell;
            let current = vec![cell.capacity_ah; 900];
            // States of charge differ, as BPX's are those of the voltage limits: the start is the same voltage.
            let [one, other] = [&cell, &back].map(|cell| {
                let soc = cell.state_of_charge(if name == "prada2013" { 3.3 } else { 3.9 }, 290.15);
                simulate(cell, Thermal::Isothermal, &current, Start { soc, ambient: 17.0 })
            });
            let worst = one.voltage.iter().zip(&other.voltage).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < 5e-5, "{name}: {worst} V, {:?}", exported.notes);
        }
        let refused = export(&Cell::named("oregan2022").unwrap()).err().unwrap();
        assert!(refused.message.contains("exponents"), "{refused}");
    }
}
