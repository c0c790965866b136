//! Each chapter's answer in a sentence.
use crate::analysis::Findings;
use crate::analysis::front::{Front, Point};
use crate::report::figure::predictions;
use crate::report::page::words::{count, duration, feature, number, percent, unit, value};

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
        Some((cost, budget)) if budget == best.budget => match best.cost < cost {
            true if best.cost > 0.0 => {
                let times = number(cost / best.cost);
                text += &format!(", {times} times less than the default's {} there", number(cost));
            }
            true => text += &format!(", less than the default's {} there", number(cost)),
            false => text += &format!("; the default's {} there was not beaten", number(cost)),
        },
        // Costs at two budgets do not compare.
        Some(_) => text += "; the default configuration has no result at that budget to compare with",
        None => text += "; the default configuration has no result to compare with",
    }
    if headline.highest.is_some_and(|highest| best.budget < highest) {
        text += ", and no trial has succeeded at a higher budget yet";
    }
    text + "."
}

/// What several objectives leave to choose.
pub fn front(front: &Front) -> String {
    let ends = [front.members.first(), front.members.last()].map(|trial| front.point(*trial?));
    let [Some(first), Some(last)] = ends else { return "Nothing yet.".into() };
    let costs = |point: &Point| {
        let named = front.objectives.iter().zip(&point.costs);
        named.map(|(name, cost)| format!("{name} {}", number(*cost))).collect::<Vec<_>>().join(", ")
    };
    if front.members.len() == 1 {
        return format!("One trial is the best in every objective: number {}, {}.", first.trial, costs(first));
    }
    format!(
        "{}, none of which another beats in every objective: from number {} ({}) to number {} ({}).",
        count(front.members.len(), "trial"),
        first.trial,
        costs(first),
        last.trial,
        costs(last)
    )
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
    let failures = ["diverged", "crashed", "timed_out", "out_of_memory", "out_of_device_memory", "lost"];
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

/// What it means for the reader where the model does not explain the results; `None` where it does.
pub fn distrust(findings: &Findings) -> Option<String> {
    let matrix = &findings.matrix;
    // Without a quality no tile is drawn, and without R² all costs are equal.
    matrix.distrust.as_ref().and(matrix.quality.as_ref()?.r2)?;
    let budget = match matrix.sample.budget {
        Some(budget) if matrix.sample.budgets.len() > 1 => format!(" at {} {}", number(budget), findings.unit),
        _ => String::new(),
    };
    Some(format!(
        "What this means: do not read the tiles, and use the raw trials that are drawn instead; it is common after a search that has converged, because its trials are alike, so that there is little variance to explain{budget}."
    ))
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
            let unit = unit(&errors.unit);
            format!("{} {} {unit}", feature(&errors.name), number(mean(index))).trim_end().to_owned()
        })
        .collect();
    let part = match findings.predictions.len() {
        all if all > predictions::DRAWN => format!(" ({} of them drawn)", predictions::DRAWN),
        _ => String::new(),
    };
    format!("Root mean square error over {} series{part}: {}.", findings.predictions.len(), all.join(", "))
}

/// How long it took.
pub fn effort(findings: &Findings) -> Option<String> {
    let (worked, elapsed) = findings.headline.worked_s.zip(findings.headline.elapsed_s)?;
    Some(format!("{} of trials in {}", duration(worked), duration(elapsed)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Findings, ReportInput};
    use crate::space::Space;
    use crate::space::hyperparameter::{Domain, Hyperparameter, Value};
    use crate::trial::budget::Budget;
    use crate::trial::history::History;
    use crate::trial::outcome::Outcome;
    use crate::trial::{Origin, Proposal};

    #[test]
    fn the_default_is_compared_at_the_best_s_budget_only() {
        let domain = Domain::Float { min: 0.0, max: 1.0, log: false };
        let x = Hyperparameter::new("x", domain, Value::Float(0.5));
        let space = Space::new("line".into(), vec![x], vec![], vec![]).expect("a legal space");
        let sentence = |cost: f64, default: Option<(f64, f64)>| {
            let configuration = space.configuration(vec![Some(Value::Float(0.1))]).expect("legal");
            let mut history = History::default();
            let (trial, configuration_id) = (history.next_trial(), history.number_of(&configuration));
            let (budget, origin) = (Budget::new(540.0).expect("positive"), Origin::Design);
            history.ask(Proposal {
                trial,
                configuration_id,
                configuration,
                budget,
                bracket: 0,
                rung: 0,
                seed: 0,
                instance: None,
                origin,
            });
            history.tell(trial, Outcome::Finished { cost });
            result(&Findings::of(&ReportInput {
                experiment: "test",
                space: &space,
                history: &history,
                unit: "steps",
                measure: "cost",
                objectives: &[],
                timings: &[],
                baseline: None,
                default,
                verdict: None,
                predictions: &[],
                warnings: &[],
                sources: &[],
            }))
        };
        let cases = [
            (0.1, Some((540.0, 0.4)), ", 4 times less than the default's 0.4 there."),
            (-0.1, Some((540.0, 0.4)), ", less than the default's 0.4 there."),
            (0.5, Some((540.0, 0.4)), "; the default's 0.4 there was not beaten."),
            (0.1, Some((60.0, 0.4)), "; the default configuration has no result at that budget to compare with."),
            (0.1, None, "; the default configuration has no result to compare with."),
        ];
        for (cost, default, end) in cases {
            let text = sentence(cost, default);
            assert_eq!(text, format!("Configuration 1 costs {} at 540 steps{end}", number(cost)));
        }
    }
}
