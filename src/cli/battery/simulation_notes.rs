//! Notes of a simulation: where its result should not be trusted, and where its input looks mistaken.
use crate::battery::cell::Cell;
use crate::battery::simulation::Simulator;
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
    for part in Simulator::new(cell, thermal).unknown_parts() {
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
