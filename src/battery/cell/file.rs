//! The file of a cell: RON whose values carry their units, `thickness: "85.2 [um]"`.
use std::path::Path;

use crate::battery::cell::charge_window;
use crate::battery::cell::exchange_current::ExchangeCurrent;
use crate::battery::cell::function::Function;
use crate::battery::cell::parameters::{
    Cell, CurrentLimits, DatasheetLimits, Electrode, ElectrolyteProperties, Layer, Separator, ThermalProperties,
};
use crate::battery::cell::section::{C, S, Section, T};
use crate::battery::simd::elementary::power;
use crate::document::diagnostic::Diagnostic;
use crate::document::outline::OutlineNode;
use crate::document::source::{self, Source, SourceError};

/// Allowed ranges: of thicknesses, m, and of shares of a volume.
const THIN: (f64, f64) = (1e-7, 1e-2);
const SHARE: (f64, f64) = (1e-3, 1.0);
const POWER: (f64, f64) = (0.0, 5.0);
const ANY: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
/// m²/s: that of a gas is 1e-5.
const DIFFUSIVITY: (f64, f64) = (f64::MIN_POSITIVE, 1e-3);
const POSITIVE: (f64, f64) = (f64::MIN_POSITIVE, f64::INFINITY);

/// Reads a cell; fails with the place of what is missing, has a wrong unit, or is out of range.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Cell, SourceError> {
    source::parse::<ron::Value>(path, text)?;
    let Some(outline) = OutlineNode::of(text).filter(|node| !node.fields().is_empty()) else {
        let hint = "a cell is a list of fields: ( name: ..., capacity: ..., ... )";
        return Err(SourceError::whole(path, Diagnostic::new("this is not the file of a cell").hint(hint)));
    };
    let root = Section::new(Source::new(path, text), &outline, String::new());
    let temperature = root.range("temperature", "K", (150.0, 500.0))?;
    let area = root.number("area", "m2", (1e-6, 100.0))? * root.number("parallel", "1", (1.0, 1e4))?;
    let salt = root.section("electrolyte")?;
    let range = salt.range("range", "mol/m3", (1e-3, 2e4))?;
    let domain = [range, (0.005, 0.995), temperature];

    let (negative_section, positive_section) = (root.section("negative")?, root.section("positive")?);
    // Both electrodes say their state when full, or both say it at any one moment.
    let is_told = !negative_section.has("full") && negative_section.has("stoichiometry");
    let full = if is_told { "stoichiometry" } else { "full" };
    let negative = electrode(&negative_section, domain, full)?;
    let positive = electrode(&positive_section, domain, full)?;
    let separator = root.section("separator")?;
    let layers = [negative.thickness, separator.number("thickness", "m", THIN)?, positive.thickness];
    let separator_properties = Separator {
        thickness: layers[1],
        porosity: separator.number("porosity", "1", SHARE)?,
        bruggeman: separator.number("bruggeman", "1", POWER)?,
    };
    separator.finish()?;
    let electrolyte = ElectrolyteProperties {
        concentration: salt.number("concentration", "mol/m3", range)?,
        range,
        transference: salt.function("transference", "1", &[C, T], domain, (-5.0, 0.999))?,
        thermodynamic_factor: salt.function("thermodynamic_factor", "1", &[C, T], domain, ANY)?,
        diffusivity: salt.function("diffusivity", "m2/s", &[C, T], domain, DIFFUSIVITY)?,
        conductivity: salt.function("conductivity", "S/m", &[C, T], domain, POSITIVE)?,
    };
    salt.finish()?;
    let thermal = root.optional("thermal").map(|section| thermal(&section, layers, domain)).transpose()?;
    let limits = limits(&root.section("limits")?)?;
    let is_measured = !root.has("capacity");
    let mut cell = Cell {
        name: root.word("name")?,
        capacity_ah: if is_measured { 1.0 } else { root.number("capacity", "A.h", (1e-5, 1e5))? },
        area,
        contact_resistance: root.number("contact_resistance", "ohm", (0.0, 100.0))?,
        reference_temperature: root.number("reference_temperature", "K", temperature)?,
        temperature,
        negative,
        positive,
        separator: separator_properties,
        electrolyte,
        thermal,
        limits,
    };
    let by_voltage = |error: Diagnostic| root.error("limits", error.message, &error.hint.unwrap_or_default());
    if is_told {
        charge_window::fill(&mut cell).map_err(by_voltage)?;
    }
    if is_measured {
        charge_window::measure(&mut cell).map_err(by_voltage)?;
    }
    let empty = cell.stoichiometries(cell.capacity());
    for (electrode, empty) in ["negative", "positive"].into_iter().zip(empty) {
        if !(1e-6..=1.0 - 1e-6).contains(&empty) {
            let message = format!("the {electrode} electrode would be at a stoichiometry of {empty:.4} when empty");
            return Err(root.error(
                "capacity",
                message,
                "it must stay between 0 and 1: is the capacity or the area right?",
            ));
        }
    }
    root.finish()?;
    Ok(cell)
}

/// An electrode; the field `full` gives its stoichiometry at the state of charge 1, or at the moment that both electrodes tell.
fn electrode(section: &Section, domain: [(f64, f64); 3], full: &str) -> Result<Electrode, SourceError> {
    let active_fraction = section.number("active_fraction", "1", SHARE)?;
    let diffusivity = section.function("diffusivity", "m2/s", &[S, T], domain, DIFFUSIVITY)?;
    if !is_product(&diffusivity, domain) {
        let hint = "write f(s) * g(T), such as 3.3e-14 * exp(-s) * exp(2092 * (1 / 298.15 - 1 / T))";
        return Err(section.error("diffusivity", "this is not a function of `s` times a function of `T`".into(), hint));
    }
    let exchange = section.function("exchange_current", "A/m2", &[C, S, T], domain, POSITIVE)?;
    let exchange = ExchangeCurrent::of(exchange, domain[T]).ok_or_else(|| {
        let message = "this is not a product of powers of `c`, `s` and `1 - s` with a function of `T`".to_owned();
        section.error("exchange_current", message, "write k * g(T) * c ** 0.5 * s ** 0.5 * (1 - s) ** 0.5, for example")
    })?;
    let porosity = section.number("porosity", "1", SHARE)?;
    let solid = power((1.0 - porosity).max(1e-9), section.number("solid_bruggeman", "1", POWER)?);
    let electrode = Electrode {
        thickness: section.number("thickness", "m", THIN)?,
        porosity,
        bruggeman: section.number("bruggeman", "1", POWER)?,
        active_fraction,
        conductivity: section.function("conductivity", "S/m", &[T], domain, POSITIVE)?.times(solid),
        radius: section.number("radius", "m", (1e-9, 1e-3))?,
        diffusivity,
        capacity: section.number("maximum_concentration", "mol/m3", (1e2, 1e6))?,
        full: section.number(full, "1", (1e-6, 1.0 - 1e-6))?,
        exchange,
        potential: section.function("potential", "V", &[S], domain, ANY)?,
        entropy: section.function("entropy", "V/K", &[S], domain, ANY)?,
    };
    section.finish()?;
    Ok(electrode)
}

/// True where a function of s and T is a product of a function of each.
fn is_product(function: &Function, [_, s, kelvin]: [(f64, f64); 3]) -> bool {
    let at = |x: f64, t: f64| function.at(&[0.0, x, t]);
    let points = (0..=8).map(|k| f64::from(k) / 8.0);
    points.map(|part| s.0 + part * (s.1 - s.0)).all(|x| {
        let product = at(x, kelvin.0) * at(s.0, kelvin.1) / (at(s.0, kelvin.0) * at(x, kelvin.1));
        (product - 1.0).abs() < 1e-8
    })
}

fn thermal(section: &Section, thickness: [f64; 3], domain: [(f64, f64); 3]) -> Result<ThermalProperties, SourceError> {
    let mut layers = Vec::new();
    let mut collectors = [(0.0, 0.0); 2];
    for (k, name) in
        ["negative_collector", "negative_electrode", "separator", "positive_electrode", "positive_collector"]
            .into_iter()
            .enumerate()
    {
        let layer = section.section(name)?;
        let thickness = match k {
            0 | 4 => {
                let thickness = layer.number("thickness", "m", (0.0, 1e-2))?;
                collectors[k / 4] = (thickness, layer.number("conductivity", "S/m", (1.0, 1e9))?);
                thickness
            }
            _ => thickness[k - 1],
        };
        let density = layer.number("density", "kg/m3", (1.0, 3e4))?;
        let specific_heat = layer.function("specific_heat", "J/kg/K", &[T], domain, POSITIVE)?;
        layer.finish()?;
        layers.push(Layer { thickness, density, specific_heat });
    }
    let thermal = ThermalProperties {
        volume: section.number("volume", "m3", (1e-9, 10.0))?,
        cooling_area: section.number("cooling_area", "m2", (1e-8, 1e3))?,
        lumped: section.number("heat_transfer", "W/m2/K", (0.0, 1e5))?,
        two_temperature: section.number("two_temperature_heat_transfer", "W/m2/K", (0.0, 1e5))?,
        surface_share: section.number("surface_share", "1", (0.001, 0.999))?,
        conductance: section.number("core_to_surface", "W/K", (1e-6, 1e5))?,
        layers,
        collectors,
    };
    section.finish()?;
    Ok(thermal)
}

fn limits(section: &Section) -> Result<DatasheetLimits, SourceError> {
    let currents = |name: &str| -> Result<CurrentLimits, SourceError> {
        let side = section.section(name)?;
        let ampere = |field| side.number(field, "A", (0.0, 1e5));
        let limits =
            CurrentLimits { critical: ampere("critical")?, continuous: ampere("continuous")?, short: ampere("short")? };
        side.finish()?;
        Ok(limits)
    };
    let limits = DatasheetLimits {
        voltage: section.range("voltage", "V", (0.0, 10.0))?,
        soc: section.range("soc", "1", (0.0, 1.0))?,
        critical_soc: section.range("critical_soc", "1", (0.0, 1.0))?,
        discharge: currents("discharge")?,
        charge: currents("charge")?,
        short_time_s: section.number("short_time", "s", (0.0, 1e6))?.round() as usize,
        least_current: section.number("least_current", "A", (0.0, 1e5))?,
        resistance: section.number("resistance", "ohm", (1e-6, 1e3))?,
    };
    section.finish()?;
    Ok(limits)
}
