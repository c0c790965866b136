//! Sentences of the page: the answer of each chapter.
use crate::analysis::Findings;
use crate::analysis::dependence::Dimension;
use crate::analysis::front::{Front, TrialCosts};
use crate::analysis::importance::Importance;
use crate::analysis::prediction::overall_error;
use crate::report::draw::words::{coefficient, count, duration, feature, number, percent, percent_range, unit};
use crate::report::figure::predictions;
use crate::report::page::table::failure_range;
use crate::trial::outcome::OutcomeKind;

/// The trials on the front of several objectives.
pub(crate) fn front(front: &Front) -> String {
    let ends = [front.members.first(), front.members.last()].map(|trial| front.point(*trial?));
    let [Some(first), Some(last)] = ends else { return "No result yet.".into() };
    let costs = |point: &TrialCosts| {
        let named = front.objectives.iter().zip(&point.costs);
        named.map(|(name, cost)| format!("{name} {}", number(*cost))).collect::<Vec<_>>().join(", ")
    };
    let name = |point: &TrialCosts| match point.evaluated {
        true => format!("configuration {}, evaluated at the end", point.configuration_id),
        false => format!("configuration {}, trial {}", point.configuration_id, point.trial),
    };
    if front.members.len() == 1 {
        return format!("One configuration is the best in every objective: {} ({}).", name(first), costs(first));
    }
    format!(
        "{} that no other dominates: from {} ({}) to {} ({}).",
        count(front.members.len(), "configuration"),
        name(first),
        costs(first),
        name(last),
        costs(last)
    )
}

/// The number of trials since the last improvement.
pub(crate) fn progress(findings: &Findings) -> String {
    let convergence = &findings.convergence;
    if let Some(last) = findings.front.as_ref().and_then(|front| front.progress.last()) {
        let (ended, since) = (convergence.ended, convergence.ended.saturating_sub(last.ended));
        let verdict = match since {
            _ if ended == 1 => return "Too early to say: one trial has ended.".into(),
            0 => return "Yes: the front has grown with the last trial that ended.".into(),
            since if 4 * since < ended => "Possibly",
            _ => "Not lately",
        };
        let (ended, times) =
            (count(ended, "trial"), count(findings.front.iter().map(|front| front.progress.len()).sum(), "time"));
        return format!("{verdict}: the front has grown {times}, and {since} of {ended} ended after the last of them.");
    }
    match convergence.since {
        None => "No trial has succeeded.".into(),
        Some(_) if convergence.ended == 1 => "Too early to say: one trial has ended.".into(),
        Some(_) if convergence.is_flat() => format!("No: every trial has the same {}.", findings.noun()),
        Some(0) => "Yes: the last trial that ended is the best.".into(),
        Some(since) => {
            let verdict = if convergence.is_recent() == Some(true) { "Possibly" } else { "Not lately" };
            let ended = count(convergence.ended, "trial");
            format!("{verdict}: {since} of {ended} ended after the best was found.")
        }
    }
}

/// The rank correlation of costs at the two highest budgets.
pub(crate) fn fidelity(findings: &Findings) -> String {
    let Some(last) = findings.fidelity.last() else {
        return "Unknown: no configuration has results at two budgets.".into();
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
            format!("{verdict}: {span} the rank correlation is ρ = {rho:.2} ({n}, only those that were promoted).")
        }
        _ => format!("Unknown: only {n} ran at both of these budgets, {span}."),
    }
}

/// The number of failures by outcome, and the value at which they are most frequent.
pub(crate) fn failure(findings: &Findings) -> String {
    let is_failure = |word: &str| {
        word.parse()
            .is_ok_and(|kind| !matches!(kind, OutcomeKind::Finished | OutcomeKind::Pruned | OutcomeKind::Forgotten))
    };
    let counts = findings.headline.outcomes.iter().filter(|(word, _)| is_failure(word));
    let all: Vec<String> = counts.map(|(word, n)| format!("{n} {}", word.replace('_', " "))).collect();
    if all.is_empty() {
        return "No trial has failed.".into();
    }
    let most = findings.failures.first().filter(|failure| failure.trials > 1).map(|failure| {
        format!(
            "; most often where {} is {} ({} of {})",
            failure.hyperparameter,
            failure_range(failure),
            failure.failed,
            failure.trials
        )
    });
    format!("Of {}, {}{}.", count(findings.trials.len(), "trial"), all.join(", "), most.unwrap_or_default())
}

/// The hyperparameters that matter and the strongest interaction; or the reason why nobody knows, once.
pub(crate) fn interaction(findings: &Findings) -> String {
    let matrix = &findings.matrix;
    let explained = matrix.quality.as_ref().and_then(|quality| Some((quality, quality.r2?))).map(|(quality, r2)| {
        let model = quality.model.in_words();
        format!("the {model} explains R² {} of at most {:.2} out of fold", coefficient(r2), quality.noise.ceiling)
    });
    if let Some(distrust) = &matrix.distrust {
        return format!("Unknown: {distrust}{}.", explained.map(|text| format!(" ({text})")).unwrap_or_default());
    }
    let total = |importance: &Importance| importance.total_interval.map(percent_range).unwrap_or_default();
    let of_others = matrix.others.iter().filter(|(_, importance)| importance.real).count();
    let real: Vec<&Dimension> = matrix.dimensions.iter().filter(|dimension| dimension.importance.real).collect();
    let named: Vec<String> =
        real.iter().take(4).map(|each| format!("{} ({})", each.name, total(&each.importance))).collect();
    let mut text = match (named.is_empty(), real.len() + of_others - named.len()) {
        (true, _) if matrix.dimensions.iter().all(|each| each.importance.worsening.is_none()) => {
            "Too few trials to say which hyperparameters matter".to_owned()
        }
        (true, _) => {
            "Exchanging the values of any hyperparameter worsens predictions by no more than noise does".to_owned()
        }
        (false, 0) if named.len() == 1 => {
            format!("{} matters: its share of the variance with its interactions", named[0])
        }
        (false, more) => {
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            format!(
                "{}{more} matter: shares of the variance, where an interaction counts for each that it joins",
                named.join(", ")
            )
        }
    };
    let strongest = matrix.pairs.iter().max_by(|a, b| a.strength.total_cmp(&b.strength));
    if let Some(pair) = strongest.filter(|pair| pair.strength >= 0.02) {
        let (row, column) = (&matrix.dimensions[pair.row].name, &matrix.dimensions[pair.column].name);
        text += &format!("; {row} and {column} together explain {} beyond their sum", percent(pair.strength));
    }
    if let Some(explained) = explained {
        text += &format!("; {explained}");
    }
    text + "."
}

/// The error of the best model's predictions, feature by feature.
pub(crate) fn prediction(findings: &Findings) -> String {
    let Some(first) = findings.predictions.first() else { return String::new() };
    let errors = first.features.iter().enumerate().filter(|(_, errors)| !errors.given);
    let all: Vec<String> = errors
        .map(|(index, errors)| {
            let unit = unit(&errors.unit);
            format!("{} {} {unit}", feature(&errors.name), number(overall_error(&findings.predictions, index)))
                .trim_end()
                .to_owned()
        })
        .collect();
    let part = match findings.predictions.len() {
        all if all > predictions::DRAWN => format!(" ({} of them drawn)", predictions::DRAWN),
        _ => String::new(),
    };
    format!("Root mean square error over {} series{part}: {}.", findings.predictions.len(), all.join(", "))
}

/// The time that the trials took.
pub(crate) fn effort(findings: &Findings) -> Option<String> {
    let (worked, elapsed) = findings.headline.worked_s.zip(findings.headline.elapsed_s)?;
    Some(format!("{} of trials within {}", duration(worked), duration(elapsed)))
}

/// The metrics that go with the cost most closely.
pub(crate) fn metrics(findings: &Findings) -> String {
    let reported = count(findings.metrics.len(), "metric");
    let known = findings.metrics.iter().filter_map(|metric| Some((metric, metric.correlation?)));
    match known.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())) {
        Some((closest, correlation)) => format!(
            "Trials reported {reported} beside the {}. The ranks of {} go with it most closely: the correlation is {correlation:.2}.",
            findings.noun(),
            closest.name
        ),
        None => format!("Trials reported {reported} beside the {}.", findings.noun()),
    }
}
