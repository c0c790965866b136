//! Import of BPX: the JSON of a cell as the text of a cell's file, and what of it cannot be kept.
use std::path::Path;

use serde_json::Value as Json;

use crate::battery::cell::bpx::section::BpxSection;
use crate::battery::cell::bpx::value::Activation;
use crate::battery::cell::constants::ZERO_CELSIUS;
use crate::battery::cell::file;
use crate::battery::cell::parameters::Cell;
use crate::battery::simd::elementary::ln;
use crate::document::diagnostic::Diagnostic;
use crate::document::json::JsonError;
use crate::document::source::{Source, SourceError};

/// A cell's file that was made of a BPX file.
pub(crate) struct ImportedCell {
    pub text: String,
    pub cell: Cell,
    /// Parts that were not kept or are estimates, a sentence each.
    pub notes: Vec<String>,
}

/// Temperatures in which the cell's functions are taken to hold, K, as BPX says none.
const TEMPERATURE: (f64, f64) = (233.15, 373.15);
/// °C, where a simulation is told nothing.
const DEFAULT_AMBIENT: f64 = 25.0;
/// W/m²/K, where the file has none.
const HEAT_TRANSFER: f64 = 10.0;
/// Candidates for the largest concentration up to which the electrolyte's functions hold, mol/m³.
const LARGEST: [f64; 6] = [4000.0, 3500.0, 3000.0, 2500.0, 2000.0, 1500.0];

/// True where a text is JSON and not RON: a cell's file is a struct in parentheses.
pub(crate) fn is_json(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
}

/// The cell of a BPX file, which `path` names in errors.
///
/// # Errors
/// The text is not JSON or not BPX, is of another kind (blended electrodes, hysteresis, without an electrolyte, aged), or a
/// value is missing or wrong.
pub(crate) fn import(path: &Path, text: &str) -> Result<ImportedCell, SourceError> {
    let text = text.trim_start_matches('\u{feff}');
    let source = Source::new(path, text);
    let json: Json = serde_json::from_str(text).map_err(|error| {
        let start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let message = format!("this is not JSON: {}", JsonError::of(&error, text));
        let offset = start + error.column().saturating_sub(1);
        source.error_at(offset, Diagnostic::new(message).hint("a cell in JSON is a BPX file"))
    })?;
    let Some(object) = json.as_object().filter(|_| json.pointer("/Header/BPX").is_some()) else {
        let hint =
            "a cell is the file of `galvani battery cell chen2020`, or BPX, which has {\"Header\": {\"BPX\": ...}}";
        return Err(SourceError::whole(path, Diagnostic::new("this is JSON, but not BPX").hint(hint)));
    };
    let root = BpxSection::root(source, object);
    let mut importer = Importer { name: name(path), notes: Vec::new() };
    // First with the file's own full state, from which the voltage limits give 0 and 1 of the charge.
    let parse = |text: &str| {
        file::parse(path, text).map_err(|SourceError { diagnostic: Diagnostic { message, hint, .. }, .. }| {
            let hint = hint.unwrap_or_default();
            SourceError::whole(path, Diagnostic::new(message).hint(hint))
        })
    };
    let found = LARGEST.into_iter().find_map(|largest| {
        let attempt = importer.text(&root, largest, None).and_then(|text| parse(&text));
        attempt.ok().map(|cell| (largest, cell))
    });
    let largest = found.as_ref().map_or(LARGEST[0], |(largest, _)| *largest);
    let cell = match found {
        Some((_, cell)) => cell,
        None => parse(&importer.text(&root, largest, None)?)?,
    };
    importer.notes.clear();
    let text = importer.text(&root, largest, Some(&cell))?;
    let cell = parse(&text)?;
    Ok(ImportedCell { text, cell, notes: importer.notes })
}

/// A name for the cell: that of its file.
fn name(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    stem.chars().map(|letter| if letter.is_alphanumeric() || "-_. ".contains(letter) { letter } else { '_' }).collect()
}

struct Importer {
    name: String,
    notes: Vec<String>,
}

impl Importer {
    /// The text of the cell's file. `known` is the cell whose states of charge 0 and 1 are written out.
    fn text(&mut self, root: &BpxSection, largest: f64, known: Option<&Cell>) -> Result<String, SourceError> {
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
        let activation = |section: &BpxSection, name: &str| -> Result<Option<Activation>, SourceError> {
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
        out += &format!("    temperature: (\"{:?} [K]\", \"{:?} [K]\"),\n", TEMPERATURE.0, TEMPERATURE.1);
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
            "    electrolyte: (\n        concentration: \"{rest:?} [mol/m3]\",\n        range: (\"10 [mol/m3]\", \"{largest:?} [mol/m3]\"),\n        transference: {:?},\n        thermodynamic_factor: 1.0,\n        diffusivity: {},\n        conductivity: {},\n    ),\n",
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
    fn temperatures(&mut self, cell: &BpxSection) -> Result<(), SourceError> {
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
    fn thermal(&mut self, cell: &BpxSection, state: Option<&BpxSection>) -> Result<String, SourceError> {
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
fn refuse_other_kinds(parameters: &BpxSection, state: Option<&BpxSection>) -> Result<(), SourceError> {
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
fn stoichiometries(section: &BpxSection) -> Result<(), SourceError> {
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
fn bruggeman(section: &BpxSection, porosity: f64) -> Result<f64, SourceError> {
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

/// Limits for generated profiles, which BPX does not have: in the ratio of chen2020 to the capacity.
fn limits(nominal: f64, (low, high): (f64, f64)) -> String {
    let ampere = |share: f64| format!("\"{:?} [A]\"", share * nominal);
    format!(
        "    limits: ( // voltages of the file; the others, which generated profiles keep to, in the ratio of chen2020 to the capacity\n        voltage: (\"{low:?} [V]\", \"{high:?} [V]\"),\n        soc: (0.01, 0.98),\n        critical_soc: (0.2, 0.8),\n        discharge: (critical: {}, continuous: {}, short: {}),\n        charge: (critical: {}, continuous: {}, short: {}),\n        short_time: \"10 [s]\",\n        least_current: {},\n        resistance: \"{:?} [ohm]\",\n    ),\n",
        ampere(0.194),
        ampere(1.455),
        ampere(3.8096),
        ampere(0.291),
        ampere(0.679),
        ampere(0.679),
        ampere(0.1),
        0.425 / nominal
    )
}
