//! The nearest known name to a misspelt one.

/// The candidate that a writer most likely meant; `None` where nothing is near.
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let fold = |name: &str| name.to_lowercase().replace(['-', ' '], "_");
    let written = fold(written);
    let reach = (written.chars().count() / 3).clamp(1, 3);
    let apart = |candidate: &str| {
        let candidate = fold(candidate);
        // An abbreviation is as near as one slip.
        let short = written.len() >= 3 && candidate.starts_with(&written);
        distance(&written, &candidate).min(if short { 1 } else { usize::MAX })
    };
    candidates
        .into_iter()
        .map(|candidate| (apart(candidate), candidate))
        .filter(|(distance, _)| *distance <= reach)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Edits between two words, where exchanging neighbours is one edit (Damerau and Levenshtein, restricted).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = usize::from(a[i - 1] != b[j - 1]);
                let mut least = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + change);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_nonsense_finds_nothing() {
        let names = ["dim_model", "n_heads", "n_layer", "min", "max"];
        for (written, meant) in [
            ("dim_modle", Some("dim_model")),
            ("dim-model", Some("dim_model")),
            ("n_head", Some("n_heads")),
            ("N_LAYERS", Some("n_layer")),
            ("mni", Some("min")),
            ("dim", Some("dim_model")),
            ("dropout", None),
        ] {
            assert_eq!(nearest(written, names), meant, "{written}");
        }
    }
}
