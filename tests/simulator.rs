//! The simulator agrees with converged PyBaMM, and keeps charge and energy.
#![cfg(feature = "simulator")]

use std::fs;
use std::path::Path;

use galvani::battery::cell::Cell;
use galvani::battery::thermal::Thermal;
use galvani::battery::trace::{Start, Trace, simulate};

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
    // Largest deviation allowed of voltage and its losses, mV, and of the temperatures, mK. The electrolyte nearly runs
    // dry in the 3 C pulses of `step_4h`.
    for (profile, name, thermal, millivolt, millikelvin) in [
        ("const_1C", "const_1C__two_temperature", Thermal::TwoTemperature, 0.05, 2.5),
        ("drive_4h", "drive_4h__two_temperature", Thermal::TwoTemperature, 0.03, 0.5),
        ("step_4h", "step_4h__two_temperature", Thermal::TwoTemperature, 0.3, 4.0),
        ("step_4h", "step_4h__isothermal", Thermal::Isothermal, 0.3, 1e-3),
        ("step_4h", "step_4h__lumped", Thermal::Lumped, 0.3, 4.0),
    ] {
        let trace = simulate(&chen(), thermal, &current(profile), Start::default());
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
        assert!(rows > 240, "{name} has {rows} rows");
    }
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
    let cooling = cell.thermal.lumped * cell.thermal.cooling_area;
    let given_off = cooling * trapezoid(&|k| trace.core_temperature[k] - 25.0);
    let stored = cell.heat_capacity() * (trace.core_temperature[last] - 25.0);
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
