//! Low-discrepancy points: Sobol sequences and Latin hypercubes, spread evenly over the unit cube.
use super::stream::Stream;

/// The dimensions that the Sobol sequence covers evenly; further ones are uniform.
const SOBOL_DIMENSIONS: usize = 256;
/// The points after which the Sobol sequence starts again under another scrambling.
const SOBOL_POINTS: usize = 1 << 16;

/// The first `points` of a Sobol sequence in `[0, 1)`, Owen-scrambled, one row a point.
///
/// Each half, quarter, ... of an axis gets its share of every power of two of points. A longer sequence under the
/// same address begins with the shorter one.
pub(crate) fn sobol(points: usize, dimensions: usize, seed: u64, purpose: &str) -> Vec<Vec<f64>> {
    let mut fine = Stream::of(seed, purpose, 0);
    let scrambling: Vec<u64> = {
        let mut stream = Stream::of(seed, purpose, 1);
        (0..=points / SOBOL_POINTS).map(|_| stream.bits()).collect()
    };
    let coordinate = |point: usize, dimension: usize, uniform: f64| {
        if dimension >= SOBOL_DIMENSIONS {
            return uniform;
        }
        let scrambling = scrambling[point / SOBOL_POINTS] as u32;
        let coarse = sobol_burley::sample((point % SOBOL_POINTS) as u32, dimension as u32, scrambling);
        // The sequence has 24 bits; lower ones are drawn.
        (f64::from(coarse) + uniform / f64::from(1 << 24)).min(1.0 - f64::EPSILON)
    };
    (0..points)
        .map(|point| (0..dimensions).map(|dimension| coordinate(point, dimension, fine.uniform())).collect())
        .collect()
}

/// `points` in `[0, 1)`, one row a point, with exactly one in each of the `points` equal slices of every axis.
pub(crate) fn latin_hypercube(points: usize, dimensions: usize, stream: &mut Stream) -> Vec<Vec<f64>> {
    let mut rows = vec![vec![0.0; dimensions]; points];
    for dimension in 0..dimensions {
        let mut slices: Vec<usize> = (0..points).collect();
        stream.shuffle(&mut slices);
        for (row, slice) in rows.iter_mut().zip(slices) {
            row[dimension] = (slice as f64 + stream.uniform()) / points as f64;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slices_hit(rows: &[Vec<f64>], dimension: usize) -> usize {
        let mut slices: Vec<usize> = rows.iter().map(|row| (row[dimension] * rows.len() as f64) as usize).collect();
        slices.sort();
        slices.dedup();
        slices.len()
    }

    #[test]
    fn every_axis_is_covered_evenly() {
        let mut stream = Stream::of(5, "test", 0);
        for rows in [sobol(64, 40, 5, "test"), latin_hypercube(64, 40, &mut stream)] {
            for dimension in 0..40 {
                assert_eq!(slices_hit(&rows, dimension), 64, "dimension {dimension}");
            }
        }
    }

    #[test]
    fn sobol_pairs_are_covered_evenly_too() {
        let rows = sobol(256, 8, 1, "test");
        let mut cells = [0; 16];
        rows.iter().for_each(|row| cells[(row[3] * 4.0) as usize * 4 + (row[6] * 4.0) as usize] += 1);
        assert!(cells.iter().all(|&count| (8..=24).contains(&count)), "{cells:?}");
    }

    #[test]
    fn a_longer_sequence_begins_with_the_shorter() {
        assert_eq!(sobol(8, 3, 2, "test")[..5], sobol(5, 3, 2, "test"));
        assert_ne!(sobol(5, 3, 2, "test"), sobol(5, 3, 3, "test"));
        assert!(sobol(3, 300, 2, "test").iter().flatten().all(|x| (0.0..1.0).contains(x)));
    }
}
