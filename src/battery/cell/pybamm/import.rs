//! Import of PyBaMM's parameters: a flat dictionary as the text of a cell's file, and what of it cannot be kept.
use serde_json::{Map, Value as Json};

use crate::battery::cell::constants::ZERO_CELSIUS;
use crate::battery::cell::imported::{Domain, ImportedCell, TEMPERATURE, limits, name, settle};
use crate::battery::cell::json_section::JsonSection;
use crate::battery::cell::parameters::Cell;
use crate::battery::cell::pybamm::function::{Quantity, number};
use crate::document::diagnostic::Diagnostic;
use crate::document::source::{Source, SourceError};

/// Beginnings of names that are of no use to a cell here: ageing, mechanics, and what a simulation is told.
const ASIDE: [&str; 10] = [
    "Ambient temperature",
    "Current function",
    "Initial temperature",
    "Open-circuit voltage at",
    "Nominal cell capacity",
    "Maximum concentration in",
    "citations",
    "chemistry",
    "Number of",
    "Initial concentration in",
];
/// Names of parameters left out that are written out.
const NAMED: usize = 6;

/// True where a JSON is a dictionary of PyBaMM's parameters.
pub(crate) fn is_pybamm(object: &Map<String, Json>) -> bool {
    object.keys().any(|name| name.ends_with("electrode thickness [m]") || name == "Upper voltage cut-off [V]")
}

/// The cell of PyBaMM's parameters.
///
/// # Errors
/// The cell is of another kind (blended electrodes, hysteresis, half a cell), or a value is missing or wrong.
pub(crate) fn import_pybamm(source: Source, object: &Map<String, Json>) -> Result<ImportedCell, SourceError> {
    let root = JsonSection::root(source, object, "the model SPMe of a whole cell needs it");
    let mut importer = Importer { root, object, notes: Vec::new() };
    importer.refuse_other_kinds()?;
    let name = name(source.path);
    let (text, cell) = settle(source.path, &mut |domain, known| {
        importer.notes.clear();
        importer.text(&name, domain, known)
    })?;
    Ok(ImportedCell { text, cell, notes: importer.notes })
}

struct Importer<'a> {
    root: JsonSection<'a>,
    object: &'a Map<String, Json>,
    notes: Vec<String>,
}

impl Importer<'_> {
    /// The text of the cell's file. `known` is the cell whose states of charge 0 and 1 are written out.
    fn text(&mut self, name: &str, domain: Domain, known: Option<&Cell>) -> Result<String, SourceError> {
        let (low, high) = (self.number("Lower voltage cut-off [V]")?, self.number("Upper voltage cut-off [V]")?);
        let nominal = self.number("Nominal cell capacity [A.h]")?;
        let reference = self.optional("Reference temperature [K]")?.unwrap_or(298.15);
        let rest = self.number("Initial concentration in electrolyte [mol.m-3]")?;
        let parallel = self.optional("Number of electrodes connected in parallel to make a cell")?.unwrap_or(1.0);
        let area = self.number("Electrode height [m]")? * self.number("Electrode width [m]")?;
        let contact = self.optional("Contact resistance [Ohm]")?.unwrap_or(0.0);
        let mut out = format!("// Imported from PyBaMM's parameters. The nominal capacity is {nominal} A.h.\n(\n");
        out += &format!("    name: \"{name}\",\n");
        if let Some(known) = known {
            out += &format!(
                "    capacity: \"{:?} [A.h]\", // between the voltage limits, from open-circuit voltages\n",
                known.capacity_ah
            );
        }
        out += &format!("    area: \"{area:?} [m2]\",\n    parallel: {parallel:?},\n");
        out += &format!("    contact_resistance: \"{contact:?} [ohm]\",\n");
        out += &format!("    reference_temperature: \"{reference:?} [K]\",\n");
        out += &format!("    temperature: (\"{:?} [K]\", \"{:?} [K]\"),\n", domain.temperature.0, domain.temperature.1);
        for (place, full) in
            [("Negative", known.map(|cell| cell.negative.full)), ("Positive", known.map(|cell| cell.positive.full))]
        {
            out += &self.electrode(place, full, high)?;
        }
        out += &format!(
            "    separator: (thickness: \"{:?} [m]\", porosity: {:?}, bruggeman: {:?}),\n",
            self.number("Separator thickness [m]")?,
            self.number("Separator porosity")?,
            self.number("Separator Bruggeman coefficient (electrolyte)")?
        );
        out += &self.electrolyte(rest, domain.largest)?;
        out += &self.thermal()?;
        out += &limits(nominal, (low, high));
        if domain.temperature != TEMPERATURE {
            let (cold, hot) = (domain.temperature.0 - ZERO_CELSIUS, domain.temperature.1 - ZERO_CELSIUS);
            self.notes.push(format!(
                "the functions are taken to hold from {cold:.0} to {hot:.0} °C, as they are not defined further"
            ));
        }
        self.say(contact, known, nominal, (low, high))?;
        Ok(out + ")\n")
    }

    fn electrode(&mut self, place: &str, full: Option<f64>, high: f64) -> Result<String, SourceError> {
        let lower = place.to_lowercase();
        let field = |name: &str| format!("{place} electrode {name}");
        let capacity = self.number(&format!("Maximum concentration in {lower} electrode [mol.m-3]"))?;
        let sto = vec![("sto", "s".to_owned()), ("s", "s".to_owned()), ("x", "s".to_owned()), ("T", "T".to_owned())];
        let filled = vec![
            ("c_e", "c".to_owned()),
            ("c_s_surf", format!("(s * {capacity:?})")),
            ("c_s_max", format!("{capacity:?}")),
            ("sto", "s".to_owned()),
            ("T", "T".to_owned()),
        ];
        let over = |unit: &'static str| Quantity { unit, variable: "s", variables: &sto };
        let stoichiometry = self.number(&format!("Initial concentration in {lower} electrode [mol.m-3]"))? / capacity;
        let radius = self.number(&format!("{place} particle radius [m]"))?;
        let mut out = format!("    {lower}: (\n");
        out += &format!("        thickness: \"{:?} [m]\",\n", self.number(&field("thickness [m]"))?);
        out += &format!("        porosity: {:?},\n", self.number(&field("porosity"))?);
        out += &format!("        bruggeman: {:?},\n", self.number(&field("Bruggeman coefficient (electrolyte)"))?);
        out += &format!("        active_fraction: {:?},\n", self.number(&field("active material volume fraction"))?);
        out += &format!("        conductivity: {},\n", self.function(&field("conductivity [S.m-1]"), &over("S/m"))?);
        out += &format!("        solid_bruggeman: {:?},\n", self.number(&field("Bruggeman coefficient (electrode)"))?);
        out += &format!("        radius: \"{radius:?} [m]\",\n");
        let diffusivity = format!("{place} particle diffusivity [m2.s-1]");
        out += &format!("        diffusivity: {},\n", self.function(&diffusivity, &over("m2/s"))?);
        out += &format!("        maximum_concentration: \"{capacity:?} [mol/m3]\",\n");
        out += &match full {
            Some(full) => format!("        full: {full:?}, // at {high} V; the file begins at {stoichiometry}\n"),
            None => format!("        stoichiometry: {stoichiometry:?},\n"),
        };
        let exchange = Quantity { unit: "A/m2", variable: "s", variables: &filled };
        let name = field("exchange-current density [A.m-2]");
        out += &format!("        exchange_current: {},\n", self.function(&name, &exchange)?);
        out += &format!("        potential: {},\n", self.function(&field("OCP [V]"), &over("V"))?);
        let entropy = field("OCP entropic change [V.K-1]");
        let entropy = match self.object.contains_key(&entropy) {
            true => self.function(&entropy, &over("V/K"))?,
            false => "\"0 [V/K]\"".to_owned(),
        };
        Ok(out + &format!("        entropy: {entropy},\n    ),\n"))
    }

    fn electrolyte(&mut self, rest: f64, largest: f64) -> Result<String, SourceError> {
        let salt = vec![("c_e", "c".to_owned()), ("c", "c".to_owned()), ("x", "c".to_owned()), ("T", "T".to_owned())];
        let over = |unit: &'static str| Quantity { unit, variable: "c", variables: &salt };
        let mut out = format!("    electrolyte: (\n        concentration: \"{rest:?} [mol/m3]\",\n");
        out += &format!("        range: (\"10 [mol/m3]\", \"{largest:?} [mol/m3]\"),\n");
        out += &format!("        transference: {},\n", self.function("Cation transference number", &over("1"))?);
        let factor = ["Thermodynamic factor", "1 + dlnf/dlnc"].into_iter().find(|name| self.object.contains_key(*name));
        let factor = factor.map_or(Ok("1.0".to_owned()), |name| self.function(name, &over("1")))?;
        out += &format!("        thermodynamic_factor: {factor},\n");
        for (field, name, unit) in [
            ("diffusivity", "Electrolyte diffusivity [m2.s-1]", "m2/s"),
            ("conductivity", "Electrolyte conductivity [S.m-1]", "S/m"),
        ] {
            out += &format!("        {field}: {},\n", self.function(name, &over(unit))?);
        }
        Ok(out + "    ),\n")
    }

    /// The thermal parameters, where the file has all of them.
    fn thermal(&mut self) -> Result<String, SourceError> {
        const TOTAL: [&str; 3] =
            ["Cell volume [m3]", "Cell cooling surface area [m2]", "Total heat transfer coefficient [W.m-2.K-1]"];
        let layers = [
            "Negative current collector",
            "Negative electrode",
            "Separator",
            "Positive electrode",
            "Positive current collector",
        ];
        let needed = layers.iter().enumerate().flat_map(|(k, layer)| {
            let own =
                ["density [kg.m-3]", "specific heat capacity [J.kg-1.K-1]", "thickness [m]", "conductivity [S.m-1]"];
            own.into_iter().take(if k % 4 == 0 { 4 } else { 2 }).map(move |name| format!("{layer} {name}"))
        });
        let missing: Vec<String> =
            TOTAL.map(str::to_owned).into_iter().chain(needed).filter(|name| !self.object.contains_key(name)).collect();
        if let Some(first) = missing.first() {
            self.notes.push(format!("without `{first}` there is the isothermal model only"));
            return Ok(String::new());
        }
        let heat = vec![("T", "T".to_owned())];
        let heat = Quantity { unit: "J/kg/K", variable: "T", variables: &heat };
        let mut out = String::from("    thermal: (\n");
        out += &format!("        volume: \"{:?} [m3]\",\n", self.number(TOTAL[0])?);
        out += &format!("        cooling_area: \"{:?} [m2]\",\n", self.number(TOTAL[1])?);
        out += &format!("        heat_transfer: \"{:?} [W/m2/K]\",\n", self.number(TOTAL[2])?);
        out += "        two_temperature_heat_transfer: \"2 [W/m2/K]\",\n        surface_share: 0.1, // an estimate, as is the next\n        core_to_surface: \"1 [W/K]\",\n";
        let fields =
            ["negative_collector", "negative_electrode", "separator", "positive_electrode", "positive_collector"];
        for (k, (field, layer)) in fields.into_iter().zip(layers).enumerate() {
            let own = match k % 4 {
                0 => format!(
                    "thickness: \"{:?} [m]\", conductivity: \"{:?} [S/m]\", ",
                    self.number(&format!("{layer} thickness [m]"))?,
                    self.number(&format!("{layer} conductivity [S.m-1]"))?
                ),
                _ => String::new(),
            };
            out += &format!(
                "        {field}: ({own}density: \"{:?} [kg/m3]\", specific_heat: {}),\n",
                self.number(&format!("{layer} density [kg.m-3]"))?,
                self.function(&format!("{layer} specific heat capacity [J.kg-1.K-1]"), &heat)?
            );
        }
        self.notes.push("the core's share of the heat and its conductance to the surface are estimates".into());
        Ok(out + "    ),\n")
    }

    /// Says what is not kept, and what may be misunderstood.
    fn say(
        &mut self,
        contact: f64,
        known: Option<&Cell>,
        nominal: f64,
        (low, high): (f64, f64),
    ) -> Result<(), SourceError> {
        if contact != 0.0 {
            self.notes.push(
                "the contact resistance counts here; PyBaMM leaves it out without its option `contact resistance`"
                    .into(),
            );
        }
        for place in ["Negative", "Positive"] {
            let name = format!("{place} electrode charge transfer coefficient");
            if let Some(coefficient) = self.optional(&name)?.filter(|coefficient| *coefficient != 0.5) {
                self.notes.push(format!(
                    "not kept: `{name}`, {coefficient}; it is 0.5 here, as in PyBaMM's symmetric kinetics"
                ));
            }
        }
        if let Some(series) =
            self.optional("Number of cells connected in series to make a battery")?.filter(|n| *n != 1.0)
        {
            self.notes.push(format!("this is one cell of the {series} in series; its voltage is that of one cell"));
        }
        if let Some(kelvin) = self.optional("Ambient temperature [K]")? {
            let celsius = ((kelvin - ZERO_CELSIUS) * 100.0).round() / 100.0;
            if celsius != 25.0 {
                self.notes.push(format!(
                    "not kept: `Ambient temperature [K]`, {kelvin} K; `battery simulate --ambient {celsius}` has it"
                ));
            }
        }
        let left: Vec<String> =
            self.root.left().into_iter().filter(|name| !ASIDE.iter().any(|aside| name.starts_with(aside))).collect();
        if !left.is_empty() {
            let named = left.iter().take(NAMED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let more = left.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            self.notes.push(format!("not kept, as the model here has no place for them: {named}{more}"));
        }
        if let Some(known) = known {
            self.notes.push(format!(
                "0 and 1 of the charge are at {low} and {high} V, {:.4} A.h apart; the nominal capacity is {nominal} A.h",
                known.capacity_ah
            ));
        }
        Ok(())
    }

    /// Refuses by name what a cell's file here cannot hold.
    fn refuse_other_kinds(&self) -> Result<(), SourceError> {
        const HINT: &str = "a cell here has one active material in each electrode, with one open-circuit potential";
        if let Some(name) = self.object.keys().find(|name| name.starts_with("Secondary: ")) {
            return Err(self.root.error(name, "blended electrodes cannot be held", HINT));
        }
        if let Some(name) = self.object.keys().find(|name| name.ends_with("lithiation OCP [V]")) {
            return Err(self.root.error(name, "hysteresis of the open-circuit potential cannot be held", HINT));
        }
        let metal = self.object.keys().find(|name| name.contains("lithium metal electrode"));
        if let Some(name) =
            metal.filter(|_| !self.object.contains_key("Maximum concentration in negative electrode [mol.m-3]"))
        {
            return Err(self.root.error(name, "a cell with a lithium metal electrode cannot be held", HINT));
        }
        Ok(())
    }

    fn number(&self, name: &str) -> Result<f64, SourceError> {
        self.optional(name)?.ok_or_else(|| self.root.missing(name))
    }

    fn optional(&self, name: &str) -> Result<Option<f64>, SourceError> {
        match self.root.value(name) {
            None | Some(Json::Null) => Ok(None),
            Some(value) => match number(value) {
                Some(number) => Ok(Some(number)),
                None => {
                    let message = "this is not a number, and here it must be one";
                    Err(self.root.error(name, message, "give its mean, without a dependence on anything"))
                }
            },
        }
    }

    /// The text of a function of the file.
    fn function(&self, name: &str, quantity: &Quantity) -> Result<String, SourceError> {
        let value = self.root.value(name).filter(|value| !value.is_null()).ok_or_else(|| self.root.missing(name))?;
        quantity
            .text(value, &self.root)
            .map_err(|Diagnostic { message, hint, .. }| self.root.error(name, &message, &hint.unwrap_or_default()))
    }
}
