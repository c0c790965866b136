//! Jitter: cells of one production, whose parameters differ a little from the nominal ones.
use crate::battery::cell::Cell;
use crate::battery::dataset::specification::{Specification, Split};
use crate::battery::simd::lanes::LANES;
use crate::numeric::stream::Stream;

/// The cell of a series; those that are simulated side by side share one.
pub(crate) fn cell_of(specification: &Specification, nominal: &Cell, split: Split, series: usize) -> Cell {
    let first = series / LANES * LANES;
    let mut stream = Stream::of(specification.seed, &format!("cell {}", split.name()), first as u64);
    jittered(nominal, specification.jitter, &mut stream)
}

/// A cell whose size, particles, pores and cooling are each scaled by a factor within `1 ± amount`.
///
/// The size scales area and capacity alike, so that states of charge keep their meaning and the open-circuit voltage
/// its curve; a larger particle is slower and has less surface; narrower pores hinder the electrolyte.
pub(crate) fn jittered(cell: &Cell, amount: f64, stream: &mut Stream) -> Cell {
    let mut factor = || 1.0 + amount * (2.0 * stream.uniform() - 1.0);
    let mut cell = cell.clone();
    let size = factor();
    cell.area *= size;
    cell.capacity_ah *= size;
    cell.negative.radius *= factor();
    cell.positive.radius *= factor();
    let pores = factor();
    cell.negative.porosity *= pores;
    cell.separator.porosity *= pores;
    cell.positive.porosity *= pores;
    let cooling = factor();
    if let Some(thermal) = &mut cell.thermal {
        thermal.cooling_area *= cooling;
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::simulation::thermal::Thermal;
    use crate::battery::simulation::trace::{Start, simulate};

    #[test]
    fn cells_differ_in_resistance_and_capacity_but_not_in_open_circuit_voltage() {
        let cell = Cell::named("chen2020").unwrap();
        let end = |cell: &Cell| {
            let trace = simulate(cell, Thermal::Lumped, &[5.0; 1801], Start { soc: 0.8, ambient: 25.0 });
            [trace.soc[1800], trace.voltage[1800] - trace.ocv[1800], trace.ocv[0]]
        };
        let nominal = end(&cell);
        assert_eq!(end(&jittered(&cell, 0.0, &mut Stream::of(1, "jitter", 0))), nominal);
        for index in 0..5 {
            let [soc, loss, open] = end(&jittered(&cell, 0.1, &mut Stream::of(1, "jitter", index)));
            assert!((soc - nominal[0]).abs() > 1e-4 && (soc - nominal[0]).abs() < 0.06, "{soc}");
            assert!((loss - nominal[1]).abs() > 1e-4 && (loss - nominal[1]).abs() < 0.05, "{loss}");
            assert!((open - nominal[2]).abs() < 1e-9, "{open}");
        }
    }
}
