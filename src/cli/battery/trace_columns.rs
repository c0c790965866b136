//! The columns of a simulated profile.
use clap::ValueEnum;

use crate::battery::cell::Cell;
use crate::battery::simulation::trace::Trace;
use crate::cli::columns::{Column, ColumnValues, Digits};

/// Columns beside time, current, voltage, temperatures, state of charge and validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ColumnGroup {
    /// No further column
    Voltage,
    /// The parts of the voltage beside `ocv_v`, whose sum with it is `voltage_v`; negative on discharge
    ///
    /// `particle_overpotential_v` (surface and mean stoichiometry), `reaction_overpotential_v`,
    /// `concentration_overpotential_v` (electrolyte), `electrolyte_ohmic_loss_v`, `solid_ohmic_loss_v`, `contact_loss_v`
    Overpotentials,
    /// Stoichiometries and concentrations of the electrolyte
    ///
    /// `negative_surface_stoichiometry`, `negative_mean_stoichiometry`, the same of the positive electrode,
    /// `least_electrolyte_mol_m3`, `largest_electrolyte_mol_m3`
    Concentrations,
    /// Heat set free within the cell
    ///
    /// `ohmic_heat_w` (electrolyte, solid, contacts, collectors), `irreversible_heat_w` (reactions), `reversible_heat_w`
    /// (entropy), `heat_w` (their sum)
    Heat,
}

/// The columns of a profile of a cell, with those of the groups.
pub(super) fn trace_columns(cell: &Cell, trace: &Trace, groups: &[ColumnGroup]) -> Vec<Column> {
    // Ten-millionths of a volt and millionths of a degree; the time as short as it can be told apart from its neighbours.
    let real = |name: &str, digits: usize, values: Vec<f64>| {
        Column::new(name, ColumnValues::Real(values, Digits::Fixed(digits)))
    };
    let mut columns = vec![
        Column::new("time_s", ColumnValues::Real(trace.time.clone(), Digits::AtMost(7))),
        Column::new("current_a", ColumnValues::Real(trace.current.clone(), Digits::Shortest)),
        real("voltage_v", 7, trace.voltage.clone()),
        real("surface_temperature_c", 6, trace.surface_temperature.clone()),
        real("core_temperature_c", 6, trace.core_temperature.clone()),
        real("soc", 9, trace.soc.clone()),
        real("ocv_v", 7, trace.ocv.clone()),
        Column::new("valid", ColumnValues::Flag(trace.valid.clone())),
    ];
    let rows = 0..trace.time.len();
    let each = |value: &dyn Fn(usize) -> f64| -> Vec<f64> { rows.clone().map(value).collect() };
    if groups.contains(&ColumnGroup::Overpotentials) {
        let contact = |row: usize| -trace.current[row] * cell.contact_resistance;
        columns.extend([
            real("particle_overpotential_v", 9, trace.particle.clone()),
            real("reaction_overpotential_v", 9, trace.reaction.clone()),
            real("concentration_overpotential_v", 9, trace.concentration.clone()),
            real("electrolyte_ohmic_loss_v", 9, each(&|row| trace.ohmic[row] - trace.solid[row])),
            real("solid_ohmic_loss_v", 9, each(&|row| trace.solid[row] - contact(row))),
            real("contact_loss_v", 9, each(&contact)),
        ]);
    }
    if groups.contains(&ColumnGroup::Concentrations) {
        let mean =
            |electrode: usize| each(&|row| cell.stoichiometries((1.0 - trace.soc[row]) * cell.capacity())[electrode]);
        let [negative, positive] = trace.surface.clone();
        let [least, largest] = trace.electrolyte.clone();
        columns.extend([
            real("negative_surface_stoichiometry", 9, negative),
            real("negative_mean_stoichiometry", 9, mean(0)),
            real("positive_surface_stoichiometry", 9, positive),
            real("positive_mean_stoichiometry", 9, mean(1)),
            real("least_electrolyte_mol_m3", 6, least),
            real("largest_electrolyte_mol_m3", 6, largest),
        ]);
    }
    if groups.contains(&ColumnGroup::Heat) {
        let collectors = cell.collector_resistance();
        let ohmic = |row: usize| {
            let current = trace.current[row];
            current * (current * collectors - trace.concentration[row] - trace.ohmic[row])
        };
        let irreversible = |row: usize| -trace.current[row] * trace.reaction[row];
        columns.extend([
            real("ohmic_heat_w", 9, each(&ohmic)),
            real("irreversible_heat_w", 9, each(&irreversible)),
            real("reversible_heat_w", 9, trace.reversible_heat.clone()),
            real("heat_w", 9, each(&|row| ohmic(row) + irreversible(row) + trace.reversible_heat[row])),
        ]);
    }
    columns
}
