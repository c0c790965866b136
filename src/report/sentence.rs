//! Each chapter's answer in a sentence.
use super::words::{count, duration, number, percent, value};
use crate::analysis::Findings;

/// What came out.
pub fn result(findings: &Findings) -> String {
    let headline = &findings.headline;
    let Some(best) = &headline.best else {
        return match findings.trials.is_empty() {
            true => "Nothing yet: no trial has run.".into(),
            false => "Nothing yet: no trial has succeeded.".into(),
        };
    };
    let mut text = format!(
        "Configuration {} costs {} at {} {}",
        best.configuration_id,
        number(best.cost),
        number(best.budget),
        findings.unit
    );
    match headline.default {
        Some((cost, budget)) if budget == best.budget && cost > 0.0 && best.cost > 0.0 => match best.cost < cost {
            true => text += &format!(", {} times less than the default's {}", number(cost / best.cost), number(cost)),
            false => text += &format!("; the default's {} was not beaten", number(cost)),
        },
        Some((cost, budget)) => {
            text += &format!("; the default ran only to {} {} ({})", number(budget), findings.unit, number(cost));
        }
        None => text += "; the default configuration has no result to compare with",
    }
    if headline.highest.is_some_and(|highest| best.budget < highest) {
        text += ", and no trial has succeeded at a higher budget yet";
    }
    text + "."
}

/// Whether it still improves.
pub fn progress(findings: &Findings) -> String {
    let convergence = &findings.convergence;
    match convergence.since {
        None => "There is no success to draw.".into(),
        Some(0) => "Yes: the last trial that ended is the best.".into(),
        Some(since) => {
            let verdict = if 4 * since < convergence.ended { "It may" } else { "Not lately" };
            let (since, ended) = (count(since, "trial"), count(convergence.ended, "trial"));
            format!("{verdict}: the best was found {since} before the end, of {ended}.")
        }
    }
}

/// Whether small budgets foretell large ones.
pub fn fidelity(findings: &Findings) -> String {
    let Some(last) = findings.fidelity.last() else {
        return "Nothing can be said: no configuration has results at two budgets.".into();
    };
    let span = format!("from {} to {} {}", number(last.low), number(last.high), findings.unit);
    let n = count(last.pairs.len(), "configuration");
    match (last.rank_correlation, last.enough) {
        (Some(rho), true) => {
            let verdict = match rho {
                rho if rho >= 0.7 => "Yes",
                rho if rho >= 0.4 => "Somewhat",
                _ => "No",
            };
            format!("{verdict}: {span} the ranks correlate with ρ = {rho:.2} ({n}, and only those that were promoted).")
        }
        _ => format!("Not enough pairs: {span} there are only {n}."),
    }
}

/// What fails.
pub fn failure(findings: &Findings) -> String {
    let failures = ["diverged", "crashed", "timed_out", "out_of_memory", "lost"];
    let counts = findings.headline.outcomes.iter().filter(|(word, _)| failures.contains(&word.as_str()));
    let all: Vec<String> = counts.map(|(word, n)| format!("{n} {}", word.replace('_', " "))).collect();
    if all.is_empty() {
        return "No trial has failed.".into();
    }
    let most = findings.failures.first().filter(|failure| failure.trials > 1).map(|failure| {
        format!(
            "; most often where {} is {} ({} of {})",
            failure.hyperparameter,
            value(&failure.value),
            failure.failed,
            failure.trials
        )
    });
    format!("Of {}, {}{}.", count(findings.trials.len(), "trial"), all.join(", "), most.unwrap_or_default())
}

/// What matters and how it interacts.
pub fn interaction(findings: &Findings) -> String {
    let matrix = &findings.matrix;
    if let Some(distrust) = &matrix.distrust {
        return format!("Not to be believed: {distrust}.");
    }
    let share = |importance: &crate::analysis::importance::Importance| percent(importance.share.unwrap_or(0.0));
    let real = matrix.dimensions.iter().filter(|dimension| dimension.importance.is_real()).take(3);
    let real: Vec<String> = real.map(|each| format!("{} ({})", each.name, share(&each.importance))).collect();
    let mut text = match real.is_empty() {
        true => "No hyperparameter alone explains more than its values exchanged at random would".to_owned(),
        false => format!(
            "{} explain{} more than with values exchanged at random",
            real.join(", "),
            if real.len() == 1 { "s" } else { "" }
        ),
    };
    let strongest = matrix.pairs.iter().max_by(|a, b| a.strength.total_cmp(&b.strength));
    if let Some(pair) = strongest.filter(|pair| pair.strength >= 0.02) {
        let (row, column) = (&matrix.dimensions[pair.row].name, &matrix.dimensions[pair.column].name);
        text += &format!("; {row} and {column} together add {}", percent(pair.strength));
    }
    text + "."
}

/// How far the predictions are off.
pub fn prediction(findings: &Findings) -> String {
    let Some(first) = findings.predictions.first() else { return String::new() };
    let errors = first.features.iter().enumerate().filter(|(_, errors)| !errors.given);
    let mean = |index: usize| {
        let all = findings.predictions.iter().filter_map(|each| each.features.get(index));
        let squares: Vec<f64> = all.map(|errors| errors.root_mean_square.powi(2)).collect();
        (squares.iter().sum::<f64>() / squares.len().max(1) as f64).sqrt()
    };
    let all: Vec<String> = errors
        .map(|(index, errors)| {
            let unit = if errors.unit == "1" { "" } else { &errors.unit };
            format!("{} {} {unit}", errors.name.replace('_', " "), number(mean(index))).trim_end().to_owned()
        })
        .collect();
    format!(
        "Root mean square error over {}: {}.",
        count(findings.predictions.len(), "series").replace("seriess", "series"),
        all.join(", ")
    )
}

/// How long it took.
pub fn effort(findings: &Findings) -> Option<String> {
    let (worked, elapsed) = findings.headline.worked_s.zip(findings.headline.elapsed_s)?;
    Some(format!("{} of trials in {}", duration(worked), duration(elapsed)))
}
