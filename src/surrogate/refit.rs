//! The schedule by which models are refitted: it depends on the number of results alone.

/// The results between two refits: the largest power of two that is at most a `share`th of all, at least 1.
pub(super) fn stride(results: usize, share: usize) -> usize {
    1 << (results / share).max(1).ilog2()
}

/// The number of first results that a model is fitted to: all, but for less than a `share`th.
pub(super) fn fitted(results: usize, share: usize) -> usize {
    results - results % stride(results, share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_are_never_old() {
        for share in [8, 32] {
            let mut before = 0;
            for results in 1..20_000 {
                let from = fitted(results, share);
                assert!(from <= results && from >= before && results - from <= results / share, "{results}: {from}");
                before = from;
            }
        }
    }
}
