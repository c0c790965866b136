//! The first sentences of the page: the result of the run.
use super::sentence::front;
use crate::analysis::Findings;
use crate::analysis::headline::{BestTrial, Headline};
use crate::report::draw::words::{amount, apart, number, percent, value};
use crate::trial::direction::Direction;

/// The result: on data that no trial has seen where there are any, then the recommended configuration with its evidence; of
/// several objectives, the front.
pub(crate) fn result(findings: &Findings) -> String {
    let headline = &findings.headline;
    if let Some(front_of_run) = &findings.front {
        return front(front_of_run);
    }
    let Some(best) = &headline.best else {
        return match findings.trials.is_empty() {
            true => "No result yet: no trial has run.".into(),
            false => "No result yet: no trial has succeeded.".into(),
        };
    };
    let mut text = untouched(headline).unwrap_or_default();
    if findings.convergence.is_flat() {
        let at = amount(best.budget, &findings.unit);
        return text + &format!("All trials have the same {}: {} at {at}.", findings.noun(), number(best.cost));
    }
    let is_default = best.origin == "default";
    text += &if is_default {
        format!("The default configuration is the best: it has the {}", findings.noun())
    } else {
        format!("Configuration {} has the {}", best.configuration_id, findings.noun())
    };
    text += &format!(" {} at {}", exact(headline, best.cost), amount(best.budget, &findings.unit));
    text += &expectation(findings, best);
    if !is_default {
        text += &beside_default(findings, best);
    }
    if headline.highest.is_some_and(|highest| best.target < highest) {
        text += ", and no trial has succeeded at a higher budget yet";
    }
    text.push('.');
    if let Some((cost, configuration)) = best.lowest {
        let extreme = if findings.direction == Direction::Minimize { "lowest" } else { "highest" };
        text += &format!(
            " The {extreme} that was measured at {} is {}, of configuration {configuration}.",
            amount(best.target, &findings.unit),
            exact(headline, cost)
        );
    }
    if !best.ties.is_empty() {
        let numbers: Vec<String> = best.ties.iter().map(u32::to_string).collect();
        let plural = if numbers.len() == 1 { "" } else { "s" };
        text += &format!(" Within the noise it ties with configuration{plural} {}.", numbers.join(", "));
    }
    text
}

/// The costs on data that no trial has seen.
fn untouched(headline: &Headline) -> Option<String> {
    let verdict = headline.verdict.as_ref()?;
    let (best, default) = (verdict.incumbent_cost, verdict.default_cost);
    let beside = match default {
        Some(default) if best > 0.0 && default > best => {
            format!(", {} times less than the default's {}", number(default / best), number(default))
        }
        Some(default) => format!(", the default's is {}", number(default)),
        None => String::new(),
    };
    Some(format!("On {} the best configuration has the cost {}{beside}. ", verdict.on, number(best)))
}

/// The words for what is expected at the highest budget, where that is more than one measurement.
fn expectation(findings: &Findings, best: &BestTrial) -> String {
    if best.budget == best.target && best.deviation.is_none() {
        return String::new();
    }
    let spread = best.deviation.map(|deviation| format!(" ± {}", number(deviation))).unwrap_or_default();
    let expected = exact(&findings.headline, best.expected);
    format!(", and {expected}{spread} is expected at {}", amount(best.target, &findings.unit))
}

/// One of the costs of the result, with as many digits as tell it from the others.
pub(crate) fn exact(headline: &Headline, cost: f64) -> String {
    let best = headline.best.as_ref();
    let of_best =
        best.into_iter().flat_map(|best| [Some(best.cost), Some(best.expected), best.lowest.map(|(cost, _)| cost)]);
    let others = of_best.chain([headline.default.map(|(cost, _)| cost)]).flatten();
    apart(&std::iter::once(cost).chain(others).collect::<Vec<_>>()).swap_remove(0)
}

fn beside_default(findings: &Findings, best: &BestTrial) -> String {
    let headline = &findings.headline;
    let Some((cost, budget)) = headline.default else {
        return "; the default configuration has no result to compare with".into();
    };
    let Some(mine) = best.at(budget) else {
        // Costs at two budgets do not compare.
        return "; the default configuration has no result at that budget to compare with".into();
    };
    let (word, is_better) = match findings.direction {
        Direction::Minimize => ("less", mine < cost),
        Direction::Maximize => ("more", mine > cost),
    };
    let default = format!("the default configuration's {} there", exact(headline, cost));
    match (headline.improvement(findings.direction), is_better) {
        (Some(times), _) if times >= 2.0 && findings.direction == Direction::Maximize => {
            format!(", {} times {default}", number(times))
        }
        (Some(times), _) if times >= 2.0 => format!(", {} times {word} than {default}", number(times)),
        (Some(times), _) => {
            let share = if findings.direction == Direction::Maximize { times - 1.0 } else { 1.0 - 1.0 / times };
            match share >= 0.005 {
                true => format!(", {} {word} than {default}", percent(share)),
                false => format!(", {word} than {default}"),
            }
        }
        (None, true) => format!(", {word} than {default}"),
        (None, false) => format!("; no trial is better than {default}"),
    }
}

/// A sentence about values at the end of their range, of hyperparameters that matter; of all, where the model cannot
/// tell. `None` where there is none.
pub(crate) fn bounds(findings: &Findings) -> Option<String> {
    if findings.convergence.is_flat() {
        return None;
    }
    let matrix = &findings.matrix;
    let matters = |name: &str| {
        let dimension = matrix.dimensions.iter().find(|dimension| dimension.name == name);
        let importance = dimension.map(|dimension| dimension.importance);
        let is_known = matrix.distrust.is_none() && importance.is_some_and(|found| found.worsening.is_some());
        !is_known || importance.is_some_and(|found| found.real)
    };
    let at_end =
        findings.headline.best.iter().flat_map(|best| &best.on_bounds).filter(|bound| matters(&bound.hyperparameter));
    let all: Vec<String> = at_end
        .map(|bound| {
            let end = if bound.upper { "upper" } else { "lower" };
            format!("{} = {} ({end} end)", bound.hyperparameter, value(&bound.value))
        })
        .collect();
    (!all.is_empty())
        .then(|| format!("At an end of its range: {}. A wider range may hold a better value.", all.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Course, ReportInput};
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
            let next = history.proposal(configuration, Budget::new(540.0).expect("positive"));
            let trial = next.trial;
            history.ask(Proposal { origin: Origin::Design, ..next });
            history.tell(trial, Outcome::of_cost(cost));
            result(&Findings::of(&ReportInput {
                experiment: "test",
                space: &space,
                history: &history,
                evaluations: &[],
                unit: "steps",
                measure: "cost",
                direction: Direction::Minimize,
                objectives: &[],
                timings: &[],
                course: Course::default(),
                baseline: None,
                default,
                verdict: None,
                model: None,
                predictions: &[],
                metrics: &[],
                logs: &[],
                warnings: &[],
                sources: &[],
            }))
        };
        let cases = [
            (0.1, Some((540.0, 0.4)), ", 4 times less than the default configuration's 0.4 there."),
            (0.36, Some((540.0, 0.4)), ", 10 % less than the default configuration's 0.4 there."),
            (0.3999, Some((540.0, 0.4)), ", less than the default configuration's 0.4 there."),
            (-0.1, Some((540.0, 0.4)), ", less than the default configuration's 0.4 there."),
            (0.5, Some((540.0, 0.4)), "; no trial is better than the default configuration's 0.4 there."),
            (0.1, Some((60.0, 0.4)), "; the default configuration has no result at that budget to compare with."),
            (0.1, None, "; the default configuration has no result to compare with."),
        ];
        for (cost, default, end) in cases {
            let text = sentence(cost, default);
            // What three digits make equal is written with more.
            let cost = if cost == 0.3999 { cost.to_string() } else { number(cost) };
            assert_eq!(text, format!("Configuration 1 has the cost {cost} at 540 steps{end}"));
        }
    }
}
