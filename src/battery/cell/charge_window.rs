//! The charge window of a cell: its states of charge 0 and 1 from the voltage limits, where its file does not say them.
use crate::battery::cell::parameters::Cell;
use crate::document::diagnostic::Diagnostic;

/// The least capacity, A h.
const LEAST: f64 = 1e-5;

/// Sets the stoichiometries at the state of charge 1, which now are those of both electrodes at any one moment, to those at the
/// upper voltage limit.
///
/// # Errors
/// The relaxed cell never has that voltage.
pub(crate) fn fill(cell: &mut Cell) -> Result<(), Diagnostic> {
    let charge = charge_at(cell, cell.limits.voltage.1, "upper")?;
    [cell.negative.full, cell.positive.full] = cell.stoichiometries(charge);
    Ok(())
}

/// Sets the capacity to the charge between the state of charge 1 and the lower voltage limit.
///
/// # Errors
/// The relaxed cell never has that voltage, or is below it at the state of charge 1.
pub(crate) fn measure(cell: &mut Cell) -> Result<(), Diagnostic> {
    let capacity = charge_at(cell, cell.limits.voltage.0, "lower")? / 3600.0;
    if capacity.is_nan() || capacity <= LEAST {
        let message =
            format!("the cell is at {:.3} V when full, below its lower voltage limit", cell.open_circuit_voltage(1.0));
        return Err(Diagnostic::new(message).hint("are the limits, and `full` of both electrodes, right?"));
    }
    cell.capacity_ah = capacity;
    Ok(())
}

/// The charge, A s, that is taken out from the state of charge 1 until the relaxed cell has a voltage.
fn charge_at(cell: &Cell, voltage: f64, name: &str) -> Result<f64, Diagnostic> {
    let (least, largest) = cell.possible_charge();
    let [low, high] = [least, largest].map(|soc| cell.open_circuit_voltage(soc));
    if !(low..=high).contains(&voltage) {
        let message = format!(
            "the {name} voltage limit, {voltage} V, is never reached: between empty and full electrodes the cell has {low:.3} to {high:.3} V"
        );
        return Err(Diagnostic::new(message).hint("give `full` of both electrodes and `capacity`"));
    }
    Ok((1.0 - cell.state_of_charge(voltage, cell.reference_temperature)) * cell.capacity())
}
