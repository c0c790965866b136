//! The parts of the voltage, concentrations and heat of a simulation agree with PyBaMM; its balances close.
#![cfg(feature = "simulator")]

use std::fs;
use std::path::{Path, PathBuf};

use galvani::battery::simulation::trace::{Start, Trace, simulate_knots};
use galvani::battery::{Cell, Thermal};

use galvani::battery::current::file::CurrentFile;
use galvani::battery::current::knot::{Course, RowTimes};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/spme").join(name)
}

/// A table of numbers: names and columns.
fn table(name: &str) -> Vec<(String, Vec<f64>)> {
    let text = fs::read_to_string(golden(name)).unwrap();
    let mut lines = text.lines();
    let mut columns: Vec<(String, Vec<f64>)> =
        lines.next().unwrap().split(',').map(|name| (name.to_owned(), Vec::new())).collect();
    for line in lines {
        for (column, number) in columns.iter_mut().zip(line.split(',')) {
            column.1.push(number.parse().unwrap());
        }
    }
    columns
}

fn run(cell: &Cell, thermal: Thermal, profile: &str, start: Start) -> Trace {
    let file = CurrentFile::read(&golden(profile)).unwrap();
    simulate_knots(cell, thermal, &file.knots(Course::Linear, RowTimes::Even).unwrap(), start)
}

#[test]
fn parts_concentrations_and_heat_are_those_of_pybamm() {
    for (name, thermal) in
        [("chen2020", Thermal::Isothermal), ("marquis2019", Thermal::Lumped), ("oregan2022", Thermal::Lumped)]
    {
        let cell = Cell::named(name).unwrap();
        let trace = run(&cell, thermal, &format!("outputs__{name}.current.csv"), Start::default());
        let collectors = cell.collector_resistance();
        let heat = |row: usize| trace.current[row] * (-trace.concentration[row] - trace.ohmic[row]);
        let value = |column: &str, row: usize| match column {
            "current_a" => trace.current[row],
            "voltage_v" => trace.voltage[row],
            "ocv_v" => trace.ocv[row],
            "particle_overpotential_v" => trace.particle[row],
            "reaction_overpotential_v" => trace.reaction[row],
            "concentration_overpotential_v" => trace.concentration[row],
            "electrolyte_ohmic_loss_v" => trace.ohmic[row] - trace.solid[row],
            "solid_ohmic_loss_v" => trace.solid[row],
            "negative_surface_stoichiometry" => trace.surface[0][row],
            "positive_surface_stoichiometry" => trace.surface[1][row],
            "least_electrolyte_mol_m3" => trace.electrolyte[0][row],
            "largest_electrolyte_mol_m3" => trace.electrolyte[1][row],
            "ohmic_heat_w" => heat(row) + trace.current[row].powi(2) * collectors,
            "irreversible_heat_w" => -trace.current[row] * trace.reaction[row],
            "reversible_heat_w" => trace.reversible_heat[row],
            "core_temperature_c" => trace.core_temperature[row],
            other => panic!("{other}"),
        };
        let columns = table(&format!("outputs__{name}.csv"));
        let times = &columns[0].1;
        assert!(times.len() > 100);
        let has_heat = thermal != Thermal::Isothermal;
        for (column, expected) in columns[1..].iter().filter(|(column, _)| has_heat || !column.ends_with("_w")) {
            // 0.1 mV; a mol/m3; a milliwatt, for about as many amperes as 0.1 mV; 1 mK.
            let allowed = match column.as_str() {
                column if column.ends_with("_v") => 1e-4,
                column if column.ends_with("_mol_m3") => 1.0,
                column if column.ends_with("_w") => 1e-3,
                column if column.ends_with("_c") => 1e-3,
                // Its diffusivity changes a hundredfold within a tenth of the stoichiometry: the surface follows by up to 3.5e-3 a
                // second, and PyBaMM itself moves by 1.4e-4 from 480 shells to 960.
                _ if name == "oregan2022" => 5e-4,
                _ => 1e-4,
            };
            let found = times.iter().zip(expected).map(|(time, expected)| {
                let row = *time as usize;
                assert_eq!(trace.time[row], *time);
                ((value(column, row) - expected).abs(), *time)
            });
            let (worst, time) = found.fold((0.0, 0.0), |worst, each| if each.0 > worst.0 { each } else { worst });
            println!("{name} {column}: {worst:.2e} at {time} s");
            assert!(worst < allowed, "{name}: {column} is off by {worst:e} at {time} s");
        }
    }
}

#[test]
fn parts_add_up_and_balances_close() {
    // Without and with entropy, and without thermal parameters.
    for name in ["chen2020", "marquis2019", "prada2013"] {
        let cell = Cell::named(name).unwrap();
        let thermal = if cell.thermal.is_some() { Thermal::TwoNode } else { Thermal::Isothermal };
        let ampere = cell.capacity_ah;
        let points =
            [(0.0, 0.7), (600.0, 0.7), (600.0, 0.0), (900.0, 0.0), (901.0, -0.5), (1400.0, -0.5), (1700.0, 1.0)];
        let (time, current) = points.map(|(time, share)| (time, share * ampere)).into_iter().unzip();
        let file = CurrentFile { time, current };
        // The balances know the steps between the rows, too.
        let knots = file.knots(Course::Linear, RowTimes::Input).unwrap();
        let trace = simulate_knots(&cell, thermal, &knots, Start { soc: 0.8, ambient: 30.0 });
        let last = trace.time.len() - 1;
        for row in 0..=last {
            let sum = trace.ocv[row]
                + trace.particle[row]
                + trace.reaction[row]
                + trace.concentration[row]
                + trace.ohmic[row];
            assert!((sum - trace.voltage[row]).abs() < 1e-12, "{name}: {sum} {}", trace.voltage[row]);
        }
        let balance = &trace.balance;
        let charge = (trace.soc[0] - trace.soc[last]) * cell.capacity();
        assert!((balance.charge - charge).abs() < 1e-9 * cell.capacity(), "{name}: {} {charge}", balance.charge);
        let ends = [0, last].map(|row| [trace.core_temperature[row], trace.surface_temperature[row]]);
        let energy = balance.energy(&cell, thermal, [trace.soc[0], trace.soc[last]], ends);
        println!("{name}: {energy:?} {balance:?}");
        assert!(energy.misfit.abs() < 1e-6 * energy.chemical.abs(), "{name}: {energy:?}");
        assert!(balance.mixing > 0.0 && energy.heat > 0.0);
        if let Some(stored) = energy.stored {
            let differ = energy.heat - stored - energy.given_off;
            assert!(differ.abs() < 2e-3 * energy.heat, "{name}: {energy:?}");
        }
    }
}
