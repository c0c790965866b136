//! Fixtures for tests: a circuit whose numbers are known.
use crate::battery::baseline::equivalent_circuit::{EquivalentCircuit, OPEN_KNOTS, SOC_KNOTS};

/// A circuit that is known: what a fit should find, and an estimator may trust.
pub(crate) fn known() -> EquivalentCircuit {
    let open = |k: usize| 3.0 + 0.011 * k as f64 + 0.05 * (0.12 * k as f64).sin();
    let table = |ohm: f64| {
        SOC_KNOTS.iter().map(|soc| vec![ohm * (1.6 - 0.8 * soc), ohm * (1.2 - 0.6 * soc)]).collect::<Vec<_>>()
    };
    EquivalentCircuit {
        capacity: 18_000.0,
        time_constants: [25.0, 700.0],
        temperatures: vec![0.0, 40.0],
        open_circuit_voltage: (0..OPEN_KNOTS).map(open).collect(),
        resistances: [table(0.03), table(0.015), table(0.01)],
    }
}
