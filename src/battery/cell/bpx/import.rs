//! Import of BPX: the JSON of a cell as the text of a cell's file, and what of it cannot be kept.
use serde_json::{Map, Value as Json};

use crate::battery::cell::bpx::value::Activation;
use crate::battery::cell::constants::ZERO_CELSIUS;
use crate::battery::cell::imported::{Domain, ImportedCell, TEMPERATURE, limits, name, settle};
use crate::battery::cell::json_section::JsonSection;
use crate::battery::cell::parameters::Cell;
use crate::battery::simd::elementary::ln;
use crate::document::source::{Source, SourceError};

/// °C, where a simulation is told nothing.
const DEFAULT_AMBIENT: f64 = 25.0;
/// W/m²/K, where the file has none.
const HEAT_TRANSFER: f64 = 10.0;

/// True where a JSON is BPX.
pub(crate) fn is_bpx(json: &Json) -> bool {
    json.pointer("/Header/BPX").is_some()
}

/// The cell of a BPX file.
///
/// # Errors
/// The file is of another kind (blended electrodes, hysteresis, without an electrolyte, aged), or a value is missing or wrong.
pub(crate) fn import_bpx(source: Source, object: &Map<String, Json>) -> Result<ImportedCell, SourceError> {
    let root = JsonSection::root(source, object, "BPX needs it for the models SPMe and DFN");
    let mut importer = Importer { name: name(source.path), notes: Vec::new() };
    let (text, cell) = settle(source.path, &mut |domain, known| {
        importer.notes.clear();
        importer.text(&root, domain, known)
    })?;
    Ok(ImportedCell { text, cell, notes: importer.notes })
}

struct Importer {
    name: String,
    notes: Vec<String>,
}

impl Importer {
    /// The text of the cell's file. `known` is the cell whose states of charge 0 and 1 are written out.
    fn text(&mut self, root: &JsonSection, domain: Domain, known: Option<&Cell>) -> Result<String, SourceError> {
        let header = root.section("Header")?;
        let version = match header.value("BPX") {
            Some(Json::String(version)) => version.clone(),
            Some(version) => version.to_string(),
            None => String::new(),
        };
        let mut numbers = version.trim().split('.');
        let is_known = match numbers.next() {
            Some("0") => numbers.any(|number| !number.trim_matches('0').is_empty()),
            first => first == Some("1"),
        };
        if !is_known {
            return Err(header.error("BPX", &format!("the version {version} is not known"), "versions 0.1 to 1.x are"));
        }
        let (title, description) = (header.text("Title"), header.text("Description"));
        let references = header.text("References");
        let model = header.text("Model");
        let parameters = root.section("Parameterisation")?;
        let state = root.optional("State")?;
        let initial = state.as_ref().map(|state| state.optional("Initial conditions")).transpose()?.flatten();
        refuse_other_kinds(&parameters, state.as_ref())?;
        let cell = parameters.section("Cell")?;
        if model == "SPM" && parameters.value("Electrolyte").is_none() {
            let hint = "only sets of the models SPMe and DFN can be imported";
            return Err(header.error("Model", "a set of the single particle model has no electrolyte", hint));
        }
        let electrolyte = parameters.section("Electrolyte")?;
        let separator = parameters.section("Separator")?;
        let (negative, positive) =
            (parameters.section("Negative electrode")?, parameters.section("Positive electrode")?);
        let reference = cell.optional_number("Reference temperature [K]")?.unwrap_or(298.15);
        let rest = match electrolyte.optional_number("Initial concentration [mol.m-3]")? {
            Some(rest) => Some(rest),
            None => match &initial {
                Some(initial) => initial.optional_number("Initial electrolyte concentration [mol.m-3]")?,
                None => None,
            },
        };
        let rest = rest.unwrap_or_else(|| {
            self.notes
                .push("the concentration of the electrolyte at rest is not given, and taken as 1000 mol/m3".into());
            1000.0
        });
        let (low, high) = (cell.number("Lower voltage cut-off [V]")?, cell.number("Upper voltage cut-off [V]")?);
        let nominal = cell.number("Nominal cell capacity [A.h]")?;
        let activation = |section: &JsonSection, name: &str| -> Result<Option<Activation>, SourceError> {
            let energy = section.optional_number(&format!("{name} activation energy [J.mol-1]"))?;
            Ok(energy.map(|energy| Activation { energy, reference }))
        };

        let mut out = String::new();
        for line in [title, description, references].into_iter().flat_map(str::lines).filter(|line| !line.is_empty()) {
            out += &format!("// {line}\n");
        }
        out += &format!("// Imported from BPX {version} ({model}). The nominal capacity is {nominal} A.h.\n(\n");
        out += &format!("    name: \"{}\",\n", self.name);
        if let Some(known) = known {
            out += &format!(
                "    capacity: \"{:?} [A.h]\", // between the voltage limits, from open-circuit voltages\n",
                known.capacity_ah
            );
        }
        let pairs =
            cell.optional_number("Number of electrode pairs connected in parallel to make a cell")?.unwrap_or(1.0);
        out += &format!("    area: \"{:?} [m2]\",\n    parallel: {pairs:?},\n", cell.number("Electrode area [m2]")?);
        out += &format!("    contact_resistance: \"0 [ohm]\",\n    reference_temperature: \"{reference:?} [K]\",\n");
        out += &format!("    temperature: (\"{:?} [K]\", \"{:?} [K]\"),\n", domain.temperature.0, domain.temperature.1);
        for (section, name, stoichiometry, full) in [
            (&negative, "negative", "Maximum stoichiometry", known.map(|cell| cell.negative.full)),
            (&positive, "positive", "Minimum stoichiometry", known.map(|cell| cell.positive.full)),
        ] {
            let porosity = section.number("Porosity")?;
            let radius = section.number("Particle radius [m]")?;
            let share = section.number("Surface area per unit volume [m-1]")? * radius / 3.0;
            let kinetics = activation(section, "Reaction rate constant")?.filter(|activation| activation.energy != 0.0);
            let kinetics = kinetics.map(|activation| format!(" * {}", activation.text())).unwrap_or_default();
            let rate = section.number("Reaction rate constant [mol.m-2.s-1]")?;
            out += &format!("    {name}: (\n        thickness: \"{:?} [m]\",\n", section.number("Thickness [m]")?);
            out +=
                &format!("        porosity: {porosity:?},\n        bruggeman: {:?},\n", bruggeman(section, porosity)?);
            out += &format!("        active_fraction: {share:?},\n");
            out += &format!("        conductivity: \"{:?} [S/m]\",\n", section.number("Conductivity [S.m-1]")?);
            out += &format!("        solid_bruggeman: 0.0,\n        radius: \"{radius:?} [m]\",\n");
            let diffusivity = section.function("Diffusivity [m2.s-1]", "s")?;
            out += &format!(
                "        diffusivity: {},\n",
                diffusivity.text("s", "m2/s", activation(section, "Diffusivity")?)
            );
            out += &format!(
                "        maximum_concentration: \"{:?} [mol/m3]\",\n",
                section.number("Maximum concentration [mol.m-3]")?
            );
            let given = section.number(stoichiometry)?;
            stoichiometries(section)?;
            out += &match full {
                Some(full) => format!("        full: {full:?}, // at {high} V; the file has {given}\n"),
                None => format!("        stoichiometry: {given:?},\n"),
            };
            out += &format!(
                "        exchange_current: \"F * {rate:?}{kinetics} * (c / {rest:?} * s * (1 - s)) ** 0.5 [A/m2]\",\n"
            );
            out += &format!("        potential: {},\n", section.function("OCP [V]", "s")?.text("s", "V", None));
            let entropy = section.optional_function("Entropic change coefficient [V.K-1]", "s")?;
            let entropy = entropy.map_or("\"0 [V/K]\"".to_owned(), |entropy| entropy.text("s", "V/K", None));
            out += &format!("        entropy: {entropy},\n    ),\n");
        }
        let porosity = separator.number("Porosity")?;
        out += &format!(
            "    separator: (thickness: \"{:?} [m]\", porosity: {porosity:?}, bruggeman: {:?}),\n",
            separator.number("Thickness [m]")?,
            bruggeman(&separator, porosity)?
        );
        let conductivity = electrolyte.function("Conductivity [S.m-1]", "c")?;
        let diffusivity = electrolyte.function("Diffusivity [m2.s-1]", "c")?;
        out += &format!(
            "    electrolyte: (\n        concentration: \"{rest:?} [mol/m3]\",\n        range: (\"10 [mol/m3]\", \"{:?} [mol/m3]\"),\n        transference: {:?},\n        thermodynamic_factor: 1.0,\n        diffusivity: {},\n        conductivity: {},\n    ),\n",
            domain.largest,
            electrolyte.number("Cation transference number")?,
            diffusivity.text("c", "m2/s", activation(&electrolyte, "Diffusivity")?),
            conductivity.text("c", "S/m", activation(&electrolyte, "Conductivity")?),
        );
        out += &self.thermal(&cell, state.as_ref())?;
        out += &limits(nominal, (low, high));
        self.temperatures(&cell)?;
        let sections = [&header, &cell, &electrolyte, &separator, &negative, &positive];
        let mut left: Vec<String> = sections.iter().flat_map(|section| section.left()).collect();
        left.extend(parameters.value("User-defined").map(|_| "User-defined".to_owned()));
        left.extend(parameters.left());
        left.extend(root.left());
        if !left.is_empty() {
            self.notes.push(format!("not kept: `{}`", left.join("`, `")));
        }
        if let Some(known) = known {
            self.notes.push(format!(
                "0 and 1 of the charge are at {low} and {high} V, {:.4} A.h apart; the nominal capacity is {nominal} A.h",
                known.capacity_ah
            ));
        }
        Ok(out + ")\n")
    }

    /// Temperatures at which the file's own simulations begin, for which a cell's file has no place.
    fn temperatures(&mut self, cell: &JsonSection) -> Result<(), SourceError> {
        for name in ["Ambient temperature [K]", "Initial temperature [K]"] {
            let Some(kelvin) = cell.optional_number(name)? else { continue };
            let celsius = kelvin - ZERO_CELSIUS;
            if !(TEMPERATURE.0..=TEMPERATURE.1).contains(&kelvin) {
                let hint = match (TEMPERATURE.0..=TEMPERATURE.1).contains(&(kelvin + ZERO_CELSIUS)) {
                    true => format!("{kelvin} °C is {:.2} K", kelvin + ZERO_CELSIUS),
                    false => format!("it lies between {} and {} K", TEMPERATURE.0, TEMPERATURE.1),
                };
                return Err(cell.error(name, &format!("{kelvin} K is no temperature of a cell at work"), &hint));
            }
            // A hundredth of a degree is less than any file means.
            let shown = (celsius * 100.0).round() / 100.0;
            if shown == DEFAULT_AMBIENT {
                continue;
            }
            self.notes.push(format!("not kept: `{name}`, {kelvin} K; `battery simulate --ambient {shown}` has it"));
        }
        Ok(())
    }

    /// The thermal parameters, where the file has them.
    fn thermal(&mut self, cell: &JsonSection, state: Option<&JsonSection>) -> Result<String, SourceError> {
        let [volume, area, density, heat] = [
            cell.optional_number("Volume [m3]")?,
            cell.optional_number("External surface area [m2]")?,
            cell.optional_number("Density [kg.m-3]")?,
            cell.optional_number("Specific heat capacity [J.K-1.kg-1]")?,
        ];
        let (Some(volume), Some(area), Some(density), Some(heat)) = (volume, area, density, heat) else {
            self.notes
                .push("without volume, surface, density and specific heat there is the isothermal model only".into());
            return Ok(String::new());
        };
        let mut transfer = None;
        for name in ["Thermal state", "Thermal environment"] {
            if let Some(section) = state.map(|state| state.optional(name)).transpose()?.flatten() {
                transfer = section.optional_number("Heat transfer coefficient [W.m-2.K-1]")?.or(transfer);
            }
        }
        if transfer.is_none() {
            self.notes.push(format!("the heat transfer is not given, and taken as {HEAT_TRANSFER} W/m2/K"));
        }
        self.notes.push("the core's share of the heat and its conductance to the surface are estimates".into());
        let transfer = transfer.unwrap_or(HEAT_TRANSFER);
        let material = format!("density: \"{density:?} [kg/m3]\", specific_heat: \"{heat:?} [J/kg/K]\"");
        let collector = format!("(thickness: \"0 [m]\", conductivity: \"4e7 [S/m]\", {material})");
        Ok(format!(
            "    thermal: (\n        volume: \"{volume:?} [m3]\",\n        cooling_area: \"{area:?} [m2]\",\n        heat_transfer: \"{transfer:?} [W/m2/K]\",\n        two_temperature_heat_transfer: \"2 [W/m2/K]\",\n        surface_share: 0.1, // an estimate, as is the next\n        core_to_surface: \"1 [W/K]\",\n        negative_collector: {collector},\n        negative_electrode: ({material}),\n        separator: ({material}),\n        positive_electrode: ({material}),\n        positive_collector: {collector},\n    ),\n"
        ))
    }
}

/// Refuses by name what a cell's file here cannot hold.
fn refuse_other_kinds(parameters: &JsonSection, state: Option<&JsonSection>) -> Result<(), SourceError> {
    const HINT: &str = "a cell here has one active material in each electrode, with one open-circuit potential";
    for name in ["Negative electrode", "Positive electrode"] {
        let Some(electrode) = parameters.optional(name)? else { continue };
        if electrode.value("Particle").is_some() {
            return Err(electrode.error("Particle", "blended electrodes cannot be held", HINT));
        }
        let is_branch = |each: &&str| each.contains("lithiation)") || each.to_lowercase().contains("hysteresis");
        let branch =
            electrode.names().find(|each| is_branch(each) && !electrode.value(each).is_some_and(Json::is_null));
        if let Some(branch) = branch {
            return Err(electrode.error(branch, "hysteresis of the open-circuit potential cannot be held", HINT));
        }
    }
    if let Some(defined) = parameters.optional("User-defined")? {
        let is_branch = |each: &&str| {
            let lower = each.to_lowercase();
            lower.contains("lithiation ocp") || lower.contains("hysteresis")
        };
        if let Some(branch) = defined.names().find(is_branch) {
            return Err(defined.error(branch, "hysteresis of the open-circuit potential cannot be held", HINT));
        }
    }
    let Some(aged) = state.map(|state| state.optional("Degradation")).transpose()?.flatten() else { return Ok(()) };
    let is_aged = |name: &&str| aged.value(name).is_some_and(|value| value.as_f64() != Some(0.0));
    match aged.names().find(is_aged) {
        Some(name) => Err(aged.error(name, "an aged cell cannot be held", "give the parameters of the cell as it is")),
        None => Ok(()),
    }
}

/// Fails at stoichiometries that are no shares, or of which the least is not below the largest.
fn stoichiometries(section: &JsonSection) -> Result<(), SourceError> {
    const NAMES: [&str; 2] = ["Minimum stoichiometry", "Maximum stoichiometry"];
    let mut found = [None; 2];
    for (name, found) in NAMES.into_iter().zip(&mut found) {
        *found = section.optional_number(name)?;
        if let Some(share) = found.filter(|share| !(0.0..=1.0).contains(share)) {
            return Err(section.error(name, &format!("{share} is not a share"), "it lies between 0 and 1"));
        }
    }
    if let [Some(least), Some(largest)] = found
        && least >= largest
    {
        let message = format!("{least} is not below the maximum, {largest}");
        return Err(section.error(NAMES[0], &message, "are both exchanged?"));
    }
    Ok(())
}

/// The exponent that turns a porosity into the transport efficiency of the file.
fn bruggeman(section: &JsonSection, porosity: f64) -> Result<f64, SourceError> {
    let efficiency = section.number("Transport efficiency")?;
    if porosity == 1.0 && efficiency == 1.0 {
        return Ok(1.5);
    }
    if !(porosity > 0.0 && porosity < 1.0 && efficiency > 0.0 && efficiency <= 1.0) {
        let message = format!("{efficiency} does not suit a porosity of {porosity}");
        return Err(section.error("Transport efficiency", &message, "both are shares between 0 and 1"));
    }
    Ok(ln(efficiency) / ln(porosity))
}
