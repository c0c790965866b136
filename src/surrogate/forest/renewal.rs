//! The schedule by which trees are regrown: it depends on the number of results alone.
//!
//! Growing all trees at every result takes most of the time and changes little once there are many results. Instead
//! they are regrown in turn, so that none lacks more than the last 1/32 of the results; in between, its leaves take in
//! every result. Since the schedule counts results, a replayed log ends with the same trees.

use crate::surrogate::refit::stride;

/// Below twice so many results, every tree is grown from all.
const EAGER: usize = 32;

/// Groups of trees that are regrown at different times, so that no ask waits for all of them.
const GROUPS: usize = 16;

/// The number of first results that `tree` is grown from once there are `results`.
pub(super) fn renewed(tree: usize, results: usize) -> usize {
    if results < 2 * EAGER {
        return results;
    }
    // Between EAGER * stride and twice that many, a tree is renewed every `stride` results, at an offset of its own.
    let stride = stride(results, EAGER);
    let offset = tree % GROUPS * stride / GROUPS;
    let renewed = results - (results + stride - offset) % stride;
    if renewed >= EAGER * stride { renewed } else { self::renewed(tree, EAGER * stride - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_are_renewed_in_turn_and_none_is_old() {
        let trees = 16;
        let mut before = vec![0; trees];
        for results in 0..20_000 {
            let mut grown = 0;
            for (tree, before) in before.iter_mut().enumerate() {
                let from = renewed(tree, results);
                assert!(from <= results && from >= *before && results - from <= results / EAGER, "{tree} {results}");
                grown += usize::from(from != *before);
                *before = from;
            }
            let stride = (results / EAGER).max(1);
            let most = if stride == 1 { trees } else { (trees / GROUPS) * GROUPS.div_ceil(stride.min(GROUPS)) };
            assert!(grown <= 2 * most, "{grown} trees at {results} results");
        }
    }
}
