//! Cells in the files of other programs, BPX and PyBaMM's parameters, behave as they do there.
#![cfg(feature = "simulator")]

use std::fs;
use std::path::{Path, PathBuf};

use galvani::battery::current::file::CurrentFile;
use galvani::battery::current::knot::{Course, RowTimes};
use galvani::battery::simulation::trace::{Start, Trace, simulate, simulate_knots};
use galvani::battery::{Cell, Thermal};

fn root(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn corpus(name: &str) -> Cell {
    Cell::load(&root("corpora/cells").join(name)).unwrap_or_else(|error| panic!("{error}"))
}

fn text(name: &str) -> String {
    fs::read_to_string(root("golden/spme").join(name)).unwrap()
}

/// The columns of a table: time, voltage, open-circuit voltage, temperature.
fn rows(name: &str) -> Vec<[f64; 4]> {
    let text = text(name);
    let row = |line: &str| {
        let numbers: Vec<f64> = line.split(',').map(|number| number.parse().unwrap()).collect();
        numbers.try_into().unwrap()
    };
    text.lines().skip(1).map(row).collect()
}

#[test]
fn a_bpx_cell_warms_as_in_pybamm() {
    let cell = corpus("bpx_1_1.json");
    let steps = CurrentFile::read(&root("golden/spme/bpx__steps.current.csv")).unwrap();
    let steps = steps.knots(Course::Linear, RowTimes::Even).unwrap();
    // PyBaMM's states of charge are those of the file's stoichiometries, and not of its voltage limits.
    let start = |name| Start { soc: cell.state_of_charge(rows(name)[0][2], 298.15), ambient: 25.0 };
    let traces = [("bpx__steps.csv", simulate_knots(&cell, Thermal::Lumped, &steps, start("bpx__steps.csv")))];
    for (name, trace) in traces {
        let columns = [
            ("voltage", &trace.voltage, 1, 1e-4),
            ("open-circuit voltage", &trace.ocv, 2, 1e-4),
            ("temperature", &trace.core_temperature, 3, 5e-3),
        ];
        let rows = rows(name);
        assert!(rows.len() > 100);
        for (column, value, place, allowed) in columns {
            let off = |row: &[f64; 4]| (value[row[0] as usize] - row[place]).abs();
            let worst = rows.iter().map(off).fold(0.0, f64::max);
            println!("{name} {column}: {worst:.2e}");
            assert!(worst < allowed, "{name}: {column} is off by {worst:e}");
        }
    }
}

fn pulse(cell: &Cell) -> Trace {
    let current: Vec<f64> = (0..1800).map(|second| if second % 600 < 300 { 5.0 } else { -1.0 }).collect();
    let soc = cell.state_of_charge(4.0, 298.15);
    simulate(cell, Thermal::Isothermal, &current, Start { soc, ambient: 15.0 })
}

#[test]
fn parameters_of_pybamm_are_those_of_the_built_in_cell() {
    let expected = pulse(&Cell::named("chen2020").unwrap());
    for name in ["pybamm_chen2020.json", "pybamm_plain.json"] {
        let found = pulse(&corpus(name));
        let off = found.voltage.iter().zip(&expected.voltage).map(|(a, b)| (a - b).abs());
        let worst = off.fold(0.0, f64::max);
        assert!(worst < 2e-5, "{name}: {worst:e}");
    }
}

#[test]
fn mistakes_in_pybamm_parameters_are_named() {
    let text = fs::read_to_string(root("corpora/cells/pybamm_plain.json")).unwrap();
    for (from, to, message) in [
        ("\"Separator porosity\"", "\"Separator  porosity\"", "`Separator porosity` is missing"),
        ("np.exp(-39.3631 * sto)", "exp(-39.3631 * stoich)", "there is no `stoich`"),
        ("\"Negative electrode porosity\": 0.25", "\"Negative electrode porosity\": \"a\"", "this is not a number"),
        ("\"Reference temperature", "\"Secondary: x\": 1, \"Reference temperature", "blended electrodes"),
        (
            "\"Reference temperature",
            "\"Positive electrode lithiation OCP [V]\": 1, \"Reference temperature",
            "hysteresis",
        ),
        (
            "\"Maximum concentration in negative electrode [mol.m-3]\"",
            "\"Exchange-current density for lithium metal electrode [A.m-2]\"",
            "a lithium metal electrode cannot be held",
        ),
        ("1.9793 * np.exp", "1.9793 * np.arcsin", "there is no function `arcsin`"),
    ] {
        assert!(text.contains(from), "{from}");
        let wrong = Cell::parse(Path::new("mine.json"), &text.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(wrong.contains(message) && wrong.contains("mine.json"), "{message}: {wrong}");
    }
}
