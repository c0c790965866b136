//! Notes of a simulation: where its result should not be trusted, and where its input looks mistaken.
use crate::battery::cell::Cell;
use crate::battery::simulation::Simulator;
use crate::battery::simulation::balance::Balance;
use crate::battery::simulation::thermal::Thermal;
use crate::battery::simulation::trace::Trace;
use crate::cli::message::narrate;

/// The difference between the voltages of the states of charge 0 and 1 and the limits that is worth a note, V.
const NOTABLE: f64 = 0.005;

/// Narrates where the cell's states of charge and its voltage limits disagree.
pub(super) fn cell(cell: &Cell) {
    let (low, high) = cell.limits.voltage;
    let reference = cell.reference_temperature;
    let ends = [(0.0, low, "lower"), (1.0, high, "upper")].into_iter().filter_map(|(soc, limit, name)| {
        let voltage = cell.open_circuit_voltage(soc);
        if (voltage - limit).abs() < NOTABLE {
            return None;
        }
        let (least, largest) = cell.possible_charge();
        let at = |soc| cell.open_circuit_voltage_at(soc, reference);
        let is_reached = (at(least)..=at(largest)).contains(&limit);
        let beyond = match is_reached {
            true => format!("is {:.4}", cell.state_of_charge(limit, reference)),
            false => "is never reached".to_owned(),
        };
        Some(format!("state of charge {soc} is {voltage:.3} V, and the {name} voltage limit, {limit} V, {beyond}"))
    });
    let ends: Vec<String> = ends.collect();
    if !ends.is_empty() {
        narrate(&format!("note: by the cell's file {}; `--initial-voltage` starts by voltage", ends.join("; ")));
    }
}

/// Narrates where the result should not be trusted.
pub(super) fn trace(cell: &Cell, thermal: Thermal, trace: &Trace, charge_positive: bool) {
    let simulator = Simulator::new(cell, thermal);
    let misfits: Vec<String> = simulator.misfits().iter().map(ToString::to_string).collect();
    if !misfits.is_empty() {
        narrate(&format!("note: fitted functions deviate from the cell's file: {}", misfits.join(", ")));
    }
    for part in simulator.unknown_parts() {
        let (low, high) = part.known;
        narrate(&format!(
            "note: `{}` can be followed from s = {low:.4} to {high:.4} only, and keeps its last value beyond",
            part.function
        ));
    }
    let (low, high) = cell.limits.voltage;
    let outside = |voltage: &f64| *voltage < low - 1e-6 || *voltage > high + 1e-6;
    if let Some(row) = trace.voltage.iter().position(outside) {
        let (voltage, time) = (trace.voltage[row], trace.time[row]);
        narrate(&format!("note: {voltage:.3} V at {time} s is outside of the cell's window, {low} to {high} V"));
    }
    for (row, complaint) in &trace.complaints {
        narrate(&format!("note: not valid from {} s: {complaint}", trace.time[*row]));
    }
    turned_sign(trace, charge_positive);
}

/// Narrates the balances of charge and energy of a trace.
pub(super) fn balances(cell: &Cell, thermal: Thermal, trace: &Trace) {
    let (Some(&from), Some(&to)) = (trace.soc.first(), trace.soc.last()) else { return };
    let last = trace.time.len() - 1;
    let at = |row: usize| [trace.core_temperature[row], trace.surface_temperature[row]];
    balance(cell, thermal, &trace.balance, ([from, to], [at(0), at(last)]));
}

/// States of charge, and temperatures of core and surface, °C, at the beginning and the end of a simulation.
type Ends = ([f64; 2], [[f64; 2]; 2]);

/// Narrates the balances of charge and energy between two ends.
pub(super) fn balance(cell: &Cell, thermal: Thermal, balance: &Balance, ([from, to], temperatures): Ends) {
    let (charge, fallen) = (balance.charge / 3600.0, (from - to) * cell.capacity_ah);
    narrate(&format!(
        "note: charge: {charge:.6} A.h were taken out, and the state of charge fell by {:.7} of {} A.h; they differ by {:.0e} A.h",
        from - to,
        cell.capacity_ah,
        (charge - fallen).abs()
    ));
    let energy = balance.energy(cell, thermal, [from, to], temperatures);
    let hour = |joule: f64| format!("{:.6}", joule / 3600.0);
    narrate(&format!(
        "note: energy: the chemistry gave {} W.h: {} of electrical work, {} of heat, and {} in concentration differences within particles, which no thermal model takes; they differ by {:.0e} W.h",
        hour(energy.chemical),
        hour(balance.work),
        hour(energy.heat - balance.collectors),
        hour(balance.mixing),
        (energy.misfit / 3600.0).abs()
    ));
    let Some(stored) = energy.stored else { return };
    let collectors = match balance.collectors {
        0.0 => String::new(),
        heat => format!(", {} of it in the current collectors, whose loss the voltage does not see", hour(heat)),
    };
    let differ = match thermal {
        Thermal::TwoTemperature => "this thermal model does not conserve energy".to_owned(),
        _ => format!("they differ by {:.0e} W.h", ((energy.heat - stored - energy.given_off) / 3600.0).abs()),
    };
    narrate(&format!(
        "note: heat: {} W.h{collectors}: {} warm the cell, {} were given off; {differ}",
        hour(energy.heat),
        hour(stored),
        hour(energy.given_off)
    ));
}

/// Narrates where the state of charge leaves 0 to 1, and would not with the other sign of the current.
fn turned_sign(trace: &Trace, charge_positive: bool) {
    let is_within = |soc: f64| (-1e-9..=1.0 + 1e-9).contains(&soc);
    let Some(&first) = trace.soc.first() else { return };
    let Some(row) = trace.soc.iter().position(|soc| !is_within(*soc)).filter(|_| is_within(first)) else { return };
    let (soc, time) = (trace.soc[row], trace.time[row]);
    let is_turned = trace.soc.iter().all(|soc| is_within(2.0 * first - soc));
    let hint = match (is_turned, charge_positive) {
        (true, false) => "; the current looks turned: if charging is positive in it, give `--charge-positive`",
        (true, true) => "; the current looks turned: if discharging is positive in it, leave out `--charge-positive`",
        (false, _) => "",
    };
    narrate(&format!("note: the state of charge is {soc:.4} at {time} s, beyond 0 and 1 of the cell's file{hint}"));
}
