//! Misspelt names: the nearest known one, and the hint that offers it.
use strsim::osa_distance;

/// The candidate that a writer most likely meant; `None` where nothing is near.
pub(crate) fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let fold = |name: &str| name.to_lowercase().replace(['-', ' '], "_");
    let written = fold(written);
    let reach = (written.chars().count() / 3).clamp(1, 3);
    let apart = |candidate: &str| {
        let candidate = fold(candidate);
        // An abbreviation is as near as one slip.
        let short = written.len() >= 3 && candidate.starts_with(&written);
        osa_distance(&written, &candidate).min(if short { 1 } else { usize::MAX })
    };
    candidates
        .into_iter()
        .map(|candidate| (apart(candidate), candidate))
        .filter(|(distance, _)| *distance <= reach)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The hint for a name that is not known: the nearest one, or else all of them.
pub(crate) fn suggestion<'a>(written: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(written, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", backticked(known)),
    }
}

/// Names in backticks, with commas between them.
pub(crate) fn backticked<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
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
        assert_eq!(suggestion("mni", names), "did you mean `min`?");
        assert_eq!(suggestion("dropout", ["min", "max"]), "there are `min`, `max`");
    }
}
