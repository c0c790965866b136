//! Which results a tree was grown from: a schedule that depends on how many there are, and on nothing else.
//!
//! Growing all trees at every result takes most of the time and changes little once there are many results. Instead
//! they are renewed in turn, so that none lacks more than the last 1/32 of the results; in between, its leaves go on
//! learning. Since the schedule counts results, a log that is replayed ends with the same trees.

/// Up to so many results, and twice as many, every tree is grown from all.
const EAGER: usize = 32;

/// Groups of trees that are renewed at a time of their own, so that no ask waits for all of them.
const GROUPS: usize = 16;

/// The results, the first so many, that `tree` is grown from once there are `results`.
pub(super) fn renewed(tree: usize, results: usize) -> usize {
    if results < 2 * EAGER {
        return results;
    }
    // Between EAGER * stride and twice that many, a tree is renewed every `stride` results, at a place of its own.
    let stride = 1 << (results / EAGER).ilog2();
    let place = tree % GROUPS * stride / GROUPS;
    let renewed = results - (results + stride - place) % stride;
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
