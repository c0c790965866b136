//! The simulator agrees with converged PyBaMM, and keeps charge and energy.
#![cfg(feature = "simulator")]

use std::fs;
use std::path::Path;

use galvani::battery::cell::Cell;
use galvani::battery::simulation::thermal::Thermal;
use galvani::battery::simulation::trace::{Start, Trace, simulate, simulate_within_limits};

fn chen() -> Cell {
    Cell::named("chen2020").unwrap()
}

fn golden(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/spme").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Samples of a current, 1 s apart; `5*3` stands for three fives.
fn current(profile: &str) -> Vec<f64> {
    let text = golden(&format!("{profile}.current.txt"));
    let run = |line: &str| {
        let (value, count) = line.split_once('*').unwrap_or((line, "1"));
        vec![value.parse::<f64>().unwrap(); count.parse().unwrap()]
    };
    text.lines().flat_map(run).collect()
}

#[test]
fn traces_agree_with_converged_pybamm() {
    // Largest deviation allowed of voltage and its losses, mV, and of the temperatures, mK.
    let (two, lumped, isothermal) = (Thermal::TwoTemperature, Thermal::Lumped, Thermal::Isothermal);
    for (cell, profile, name, thermal, millivolt, millikelvin) in [
        ("chen2020", "const_1C", "const_1C__two_temperature", two, 0.05, 2.5),
        ("chen2020", "drive_4h", "drive_4h__two_temperature", two, 0.03, 1.0),
        ("chen2020", "step_4h", "step_4h__two_temperature", two, 0.1, 1.5),
        ("chen2020", "step_4h", "step_4h__isothermal", isothermal, 0.1, 1e-3),
        ("chen2020", "step_4h", "step_4h__lumped", lumped, 0.1, 1.0),
        ("marquis2019", "marquis2019__step_4h", "marquis2019__step_4h__lumped", lumped, 0.02, 0.5),
        ("prada2013", "prada2013__step_4h", "prada2013__step_4h__isothermal", isothermal, 0.05, 1e-3),
        ("ai2020", "ai2020__step_4h", "ai2020__step_4h__isothermal", isothermal, 0.05, 1e-3),
        ("ecker2015", "ecker2015__step_4h", "ecker2015__step_4h__isothermal", isothermal, 0.1, 1e-3),
        ("oregan2022", "oregan2022__step_4h", "oregan2022__step_4h__lumped", lumped, 0.15, 1.0),
    ] {
        let cell = Cell::named(cell).unwrap();
        let ambient = if cell.name == "prada2013" { 24.85 } else { 25.0 };
        let trace = simulate(&cell, thermal, &current(profile), Start { soc: 1.0, ambient });
        let columns: [(&str, &[f64], f64); 8] = [
            ("voltage", &trace.voltage, 1e-3 * millivolt),
            ("surface_temperature", &trace.surface_temperature, 1e-3 * millikelvin),
            ("core_temperature", &trace.core_temperature, 1e-3 * millikelvin),
            ("soc", &trace.soc, 4e-6),
            ("ocv", &trace.ocv, 4e-6),
            ("reaction", &trace.reaction, 1e-3 * millivolt),
            ("concentration", &trace.concentration, 1e-3 * millivolt),
            ("ohmic", &trace.ohmic, 1e-3 * millivolt),
        ];
        let text = golden(&format!("{name}.csv"));
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        assert_eq!(header[1..], columns.map(|(column, ..)| column));
        let mut rows = 0;
        for line in lines {
            let numbers: Vec<f64> = line.split(',').map(|number| number.parse().unwrap()).collect();
            let second = numbers[0] as usize;
            for ((column, found, allowed), expected) in columns.iter().zip(&numbers[1..]) {
                let deviation = (found[second] - expected).abs();
                assert!(deviation < *allowed, "{name}: {column} at {second} s is off by {deviation:e}");
            }
            rows += 1;
        }
        assert!(rows > 180, "{name} has {rows} rows");
    }
}

/// A cell's file with one text replaced, and what is said of it.
fn complaint(of: &str, with: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.ron");
    let text = Cell::text("chen2020").unwrap();
    assert!(text.contains(of), "{of}");
    fs::write(&path, text.replacen(of, with, 1)).unwrap();
    Cell::load(&path).map(|cell| cell.name).unwrap_err().to_string()
}

#[test]
fn mistakes_in_the_file_of_a_cell_are_named_and_placed() {
    for (of, with, message, hint) in [
        ("thickness: \"85.2 [um]\"", "thickness: 85.2e-6", "`negative.thickness` has no unit", "\"85.2e-6 [m]\""),
        ("thickness: \"85.2 [um]\"", "thickness: \"85.2 [m]\"", "`negative.thickness` is 85.2 m", "is the unit right?"),
        ("thickness: \"85.2 [um]\"", "thickness: \"85.2 [s]\"", "is not measured in `s`", "measured in `m`"),
        ("thickness: \"85.2 [um]\"", "thickness: \"85.2 [ym]\"", "there is no unit `ym`", "measured in `m`"),
        ("        porosity: 0.25,", "", "`negative.porosity` is missing", "it has no unit"),
        ("porosity: 0.25", "porosity: 25", "`negative.porosity` is 25", "between"),
        ("porosity: 0.25", "porositi: 0.25", "`negative.porosity` is missing", "add `porosity"),
        ("full: \"29866 / 33133\"", "full: \"29866 / x\"", "there is no `x`", "stoichiometry"),
        ("\"3.3e-14 [m2/s]\"", "\"3.3e-14 * c [m2/s]\"", "cannot depend on `c`", "`s` and `T`"),
        ("\"3.3e-14 [m2/s]\"", "\"3.3e-14 - s * 1e-13 [m2/s]\"", "at s = ", "positive"),
        ("\"5 [A.h]\"", "\"50 [A.h]\"", "would be at a stoichiometry of", "capacity"),
        (
            "\"0 [V/K]\"",
            "(over: \"s\", unit: \"V/K\", interpolation: \"cubic\", points: [(0, 1)])",
            "1 are too few",
            "at least 4",
        ),
    ] {
        let error = complaint(of, with);
        assert!(error.contains(message) && error.contains("hint: ") && error.contains(hint), "{error}");
        assert!(error.contains("mine.ron:"), "{error}");
    }
}

#[test]
fn a_table_may_stand_for_an_expression() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.ron");
    let text = Cell::text("chen2020").unwrap();
    let table = "(over: \"c\", unit: \"mS/cm\", interpolation: \"linear\", points: [(0, 5), (5000, 15)])";
    let start = text.find("conductivity: \"0.1297").unwrap();
    let end = start + text[start..].find('\n').unwrap();
    fs::write(&path, format!("{}conductivity: {table},{}", &text[..start], &text[end..])).unwrap();
    let cell = Cell::load(&path).unwrap();
    assert!((cell.electrolyte.conductivity.at(&[1000.0, 0.0, 300.0]) - 0.7).abs() < 1e-12);
    let current = [0.0, 5.0, 5.0, 5.0];
    let (table, paper) = (
        &simulate(&cell, Thermal::Lumped, &current, Start::default()),
        &simulate(&chen(), Thermal::Lumped, &current, Start::default()),
    );
    assert!(table.ohmic[3] < paper.ohmic[3] - 1e-3);
}

#[test]
fn a_cell_may_leave_its_charge_to_the_voltage_limits() {
    let text = Cell::text("chen2020").unwrap();
    let part = |from: &str, to: &str, text: String| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    };
    let text = part("    capacity: \"5 [A.h]\",", "", text.to_owned());
    let parse = |text: &str| Cell::parse(Path::new("mine.ron"), text).map_err(|error| error.to_string());
    let cell = parse(&text).unwrap();
    assert!((cell.open_circuit_voltage(0.0) - 2.5).abs() < 1e-6 && cell.capacity_ah > 5.05, "{}", cell.capacity_ah);
    let text = part("full: \"29866 / 33133\"", "stoichiometry: 0.5", text);
    assert!(parse(&text).unwrap_err().contains("`positive.stoichiometry` is missing"));
    let text = part("full: \"17038 / 63104\"", "stoichiometry: 0.55", text);
    let cell = parse(&text).unwrap();
    assert!((cell.open_circuit_voltage(1.0) - 4.2).abs() < 1e-6 && (cell.open_circuit_voltage(0.0) - 2.5).abs() < 1e-6);
    let high = part("(\"2.5 [V]\", \"4.2 [V]\")", "(\"2.5 [V]\", \"6 [V]\")", text);
    assert!(parse(&high).unwrap_err().contains("the upper voltage limit, 6 V, is never reached"));
}

#[test]
fn a_tapered_current_holds_the_voltage_at_its_limit() {
    let wanted = [vec![0.0], vec![-5.0; 3000]].concat();
    let start = Start { soc: 0.8, ambient: 25.0 };
    let trace = simulate_within_limits(&chen(), Thermal::Lumped, &wanted, 1.0, start);
    let highest = trace.voltage.iter().fold(0.0f64, |most, voltage| most.max(*voltage));
    assert!((highest - 4.2).abs() < 1e-5, "{highest}");
    let (last, free) = (trace.current[3000], trace.current[10]);
    assert!(free == -5.0 && last < 0.0 && last > -2.0 && (trace.voltage[3000] - 4.2).abs() < 1e-4, "{last}");
    assert!(simulate(&chen(), Thermal::Lumped, &wanted, start).voltage[3000] > 4.25);
}

#[test]
fn a_resting_cell_comes_to_its_open_circuit_voltage() {
    let current = [vec![0.0], vec![6.0; 600], vec![0.0; 60_000]].concat();
    let Trace { voltage, ocv, core_temperature, .. } =
        simulate(&chen(), Thermal::Lumped, &current, Start { soc: 0.7, ambient: 15.0 });
    assert!((voltage[600] - ocv[600]).abs() > 0.1);
    let (last, rest) = (voltage.len() - 1, voltage[60_600] - ocv[60_600]);
    assert!(rest.abs() < 1e-6, "{rest:e}");
    assert!((core_temperature[last] - 15.0).abs() < 1e-3);
}

#[test]
fn charge_and_energy_are_accounted_for() {
    let cell = chen();
    let current = current("drive_4h");
    let trace = simulate(&cell, Thermal::Lumped, &current, Start::default());
    let trapezoid = |f: &dyn Fn(usize) -> f64| (1..current.len()).map(|k| 0.5 * (f(k - 1) + f(k))).sum::<f64>();

    let last = current.len() - 1;
    let charge = trapezoid(&|k| current[k]);
    assert!((trace.soc[last] - (1.0 - charge / cell.capacity())).abs() < 1e-11);

    // What leaves the chemistry arrives as heat: I (U - V) with the potentials of the surfaces, and the collectors. The
    // trapezoid of samples of 1 s is the coarser side.
    let heat = trapezoid(&|k| {
        let loss = -(trace.reaction[k] + trace.concentration[k] + trace.ohmic[k]);
        current[k] * loss + current[k] * current[k] * cell.collector_resistance()
    });
    let thermal = cell.thermal.as_ref().unwrap();
    let cooling = thermal.lumped * thermal.cooling_area;
    let given_off = cooling * trapezoid(&|k| trace.core_temperature[k] - 25.0);
    let stored = cell.heat_capacity(298.15).unwrap() * (trace.core_temperature[last] - 25.0);
    assert!(((given_off + stored) / heat - 1.0).abs() < 0.05, "{heat} J against {} J", given_off + stored);
}

#[test]
fn a_start_at_any_charge_is_a_cell_that_came_there_and_rested() {
    let drive = &current("drive_4h")[..3600];
    let way = [vec![0.0], vec![2.0; 3600], vec![0.0; 60_000]].concat();
    let long = simulate(&chen(), Thermal::Isothermal, &[&way, drive].concat(), Start::default());
    let short = simulate(&chen(), Thermal::Isothermal, drive, Start { soc: 0.6, ambient: 25.0 });
    for (second, (long, short)) in long.voltage[way.len()..].iter().zip(&short.voltage).enumerate() {
        assert!((long - short).abs() < 1e-6, "at {second} s {long} {short}");
    }
}
