//! Answers of the chapters on single configurations, regions, times and prices.
use crate::analysis::Findings;
use crate::analysis::ablation::AblationStep;
use crate::analysis::chain::Rule;
use crate::analysis::footprint::Footprint;
use crate::analysis::learning::Learning;
use crate::analysis::locality::Locality;
use crate::analysis::outlook::Outlook;
use crate::analysis::shortlist::{Agreement, Shortlist};
use crate::analysis::spending::{Otherwise, Spending};
use crate::analysis::timetable::Timetable;
use crate::report::draw::words::{amount, count, duration, number, percent, value, values};
use crate::report::figure::ablation::changes;

/// Hyperparameters that a sentence names at most.
const NAMED: usize = 4;

/// The number of curves, and the share of its budget from which on the best was ahead.
pub(crate) fn learning(learning: &Learning) -> String {
    let mut text = format!("{} with reports on the way", count(learning.all, "curve"));
    let mut parts = Vec::new();
    if learning.stopped > 0 {
        parts.push(format!("{} stopped before the highest budget", learning.stopped));
    }
    if learning.failed > 0 {
        parts.push(format!("{} failed", learning.failed));
    }
    if !parts.is_empty() {
        text += &format!(", of which {}", parts.join(" and "));
    }
    if let Some(share) = learning.ahead {
        text += &match share {
            share if share > 0.999 => "; the recommended one was among the best quarter only at its end".to_owned(),
            share if share < 0.01 => {
                "; the recommended one was among the best quarter from its first reports on".to_owned()
            }
            share => {
                format!("; the recommended one was among the best quarter from {} of its budget on", percent(share))
            }
        };
    }
    text + "."
}

/// The hyperparameter that matters most around the best, beside the one that matters most everywhere, and those of the
/// further objectives.
pub(crate) fn locality(locality: &Locality) -> String {
    let greatest = |pick: &dyn Fn(&crate::analysis::locality::LocalImportance) -> Option<f64>| {
        let all = locality.near.iter().filter_map(|each| Some((each.hyperparameter.as_str(), pick(each)?)));
        all.filter(|(_, share)| *share > 0.0).max_by(|a, b| a.1.total_cmp(&b.1))
    };
    let mut text = match (greatest(&|each| each.around_best), greatest(&|each| each.everywhere)) {
        (None, _) => "Around the best the model predicts the same everywhere".to_owned(),
        (Some((name, share)), everywhere) => {
            let head =
                format!("Around the best {name} matters most, with {} of the variance there by itself", percent(share));
            match everywhere {
                Some((other, share)) if other == name => {
                    head + &format!("; everywhere it does too ({})", percent(share))
                }
                Some((other, share)) => head + &format!("; everywhere it is {other} ({})", percent(share)),
                None => head,
            }
        }
    };
    for objective in &locality.objectives {
        let known = locality.near.iter().zip(&objective.worsening).filter(|(_, (_, real))| *real);
        let most = known.max_by(|a, b| a.1.0.total_cmp(&b.1.0)).map(|(each, _)| &each.hyperparameter);
        text += &match (&objective.unknown, most) {
            (Some(reason), _) => format!("; for {} nobody knows ({reason})", objective.objective),
            (None, Some(name)) => format!("; for {} it is {name}", objective.objective),
            (None, None) => format!("; for {} none is told from noise", objective.objective),
        };
    }
    text + "."
}

/// The change that made the greatest difference; `None` where the chapter has nothing to say.
pub(crate) fn ablation(findings: &Findings) -> Option<String> {
    let best = findings.headline.best.as_ref()?;
    let Some(ablation) = &findings.ablation else {
        let is_untrusted = findings.matrix.distrust.is_some() && best.origin != "default";
        return is_untrusted.then(|| "Unknown: that takes a model that can be trusted.".into());
    };
    let (first, last) = (ablation.steps.first()?, ablation.steps.last()?);
    let ends = first.measured.zip(last.measured);
    let (from, to) = ends.unwrap_or((first.predicted, last.predicted));
    let how = if ends.is_some() { "measured" } else { "predicted" };
    let start = if ablation.from_default { "the default's" } else { "the median configuration's" };
    let span = format!("from {start} {} to {} ({how})", number(from), number(to));
    let (step, gain) = ablation.greatest(findings.direction)?;
    let whole = ablation.whole(findings.direction)?;
    let improves = if ablation.logarithmic { gain > 1.0 } else { gain > 0.0 };
    if !improves {
        return Some(format!("No single one, by the model: {span}."));
    }
    let is_measured = |step: &AblationStep| step.measured.is_some();
    let place = ablation.steps.iter().position(|own| own == step)?;
    let how = match is_measured(step) && is_measured(&ablation.steps[place - 1]) {
        true => "measured",
        false => "predicted",
    };
    let size = match ablation.logarithmic {
        true => format!("{} times less ({how})", number(gain)),
        false => format!("{} ({how})", number(gain)),
    };
    let all = match ablation.logarithmic {
        true if whole > 1.0 => format!(", of {} times in all", number(whole)),
        false if whole > 0.0 => format!(", of {} in all", number(whole)),
        _ => String::new(),
    };
    Some(format!("Most of all {}: {size}{all}, {span}.", changes(step)))
}

/// The hyperparameters in which the best configurations agree.
pub(crate) fn common(shortlist: &Shortlist) -> String {
    let n = shortlist.candidates.len();
    if n == 1 {
        return "There is only one to show.".into();
    }
    let one = |agreement: &Agreement| {
        let ends = [&agreement.least, &agreement.greatest];
        match agreement.least == agreement.greatest {
            true => format!("{} = {}", agreement.hyperparameter, value(&agreement.least)),
            false => {
                let ends = values(ends.into_iter());
                format!("{} from {} to {}", agreement.hyperparameter, ends[0], ends[1])
            }
        }
    };
    if n < 6 {
        return format!("Too few to say: there are {n} to compare.");
    }
    let all: Vec<String> = shortlist.common.iter().take(NAMED).map(one).collect();
    match shortlist.common.len() {
        0 => format!("Little: the {n} best agree in no hyperparameter."),
        more if more > all.len() => {
            format!("All of the {n} best have {}, and {} more in common.", all.join(", "), more - all.len())
        }
        _ => format!("All of the {n} best have {}.", all.join(", ")),
    }
}

/// The distances of random configurations from what was tried, and the approach to the best.
pub(crate) fn footprint(footprint: &Footprint) -> String {
    let mut text = format!(
        "A random configuration is on average {} of a typical distance away from the nearest of the {} tried",
        percent(footprint.unexplored),
        footprint.tried
    );
    if let Some((first, last)) = footprint.approach {
        text += &match (first, last) {
            (first, last) if last > 0.0 && first / last >= 1.2 => format!(
                "; the search narrowed down: the first third was {} times as far from the best as the last",
                number(first / last)
            ),
            (first, _) if first > 0.0 && last == 0.0 => "; the search narrowed down to the best".into(),
            _ => "; the search has not narrowed down: the last third is as far from the best as the first".to_owned(),
        };
    }
    text + "."
}

/// The regions, the ranges and the seeds that a next run should try.
pub(crate) fn outlook(findings: &Findings, outlook: &Outlook, shortlist: &Shortlist) -> String {
    if findings.convergence.is_flat() {
        return format!("Other hyperparameters or wider ranges: every trial has the same {}.", findings.noun());
    }
    let mut parts = Vec::new();
    match (outlook.is_trusted, outlook.proposals.first()) {
        (false, _) => parts.push("No model explains the results yet, so none proposes anything".to_owned()),
        (true, None) => parts.push("The model finds no untried configuration that is likely to be better".to_owned()),
        (true, Some(first)) => parts.push(format!(
            "{} with a chance to be better: the most promising has {}, with {} {} predicted",
            count(outlook.proposals.len(), "untried region"),
            percent(first.chance),
            findings.shown(),
            number(first.predicted)
        )),
    }
    let ranges: Vec<String> = outlook
        .wider
        .iter()
        .take(NAMED)
        .map(|range| {
            let end = if range.upper { "above" } else { "below" };
            format!("{} {end} {}", range.hyperparameter, number(range.end))
        })
        .collect();
    if !ranges.is_empty() {
        parts.push(format!("wider ranges: {}", ranges.join(", ")));
    }
    let tied: Vec<String> = shortlist.tied().map(|each| each.configuration_id.to_string()).collect();
    if !tied.is_empty() {
        let needed = shortlist.tied().filter_map(|each| each.results_needed).max();
        let more = needed.map(|needed| format!(": about {needed} results of each would tell")).unwrap_or_default();
        let plural = if tied.len() == 1 { "" } else { "s" };
        parts.push(format!(
            "more seeds for configuration{plural} {}, which cannot be told from the best{more}",
            tied.join(", ")
        ));
    } else if !shortlist.is_noise_known && shortlist.candidates.len() > 1 {
        parts.push(
            "no configuration has two results at one budget, so nobody knows whether the best is by luck".to_owned(),
        );
    }
    parts.join("; ") + "."
}

/// The utilisation of the workers, and where they waited.
pub(crate) fn timetable(timetable: &Timetable) -> String {
    let head = format!(
        "{} busy {} of {}",
        match timetable.workers {
            1 => "The worker was".to_owned(),
            n => format!("The {n} workers were"),
        },
        percent(timetable.utilisation),
        duration(timetable.length_s)
    );
    let waits = [
        (timetable.before_s, "before the first trial"),
        (timetable.between_s, "between trials"),
        (timetable.after_s, "at the end, for the last trials"),
    ];
    let all: f64 = waits.iter().map(|(seconds, _)| seconds).sum();
    let (most, place) = waits.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default();
    let mut text = head;
    if all > 0.01 * timetable.busy_s.max(1e-9) {
        text += &format!("; of {} of waiting, {} was {place}", duration(all), duration(most));
    }
    if timetable.repeated_s > 0.0 {
        text += &format!("; {} went to attempts that had to be repeated", duration(timetable.repeated_s));
    }
    text + "."
}

/// The time and the price of the run, and those under other rules.
pub(crate) fn spending(findings: &Findings, spending: &Spending) -> String {
    let money = |money: Option<f64>| money.map(|money| format!(" (price {})", number(money))).unwrap_or_default();
    let mut text = format!("{}{} of workers", duration(spending.seconds), money(spending.money));
    let most = spending.by_budget.iter().max_by(|a, b| a.seconds.total_cmp(&b.seconds));
    if let Some(most) = most.filter(|_| spending.by_budget.len() > 1 && spending.seconds > 0.0) {
        let share = percent(most.seconds / spending.seconds);
        text += &format!(", {share} of it at {}", amount(most.budget, &findings.unit));
    }
    let other = |each: &Otherwise| format!("{}{}", duration(each.seconds), money(each.money));
    if let Some(found) = spending.under(Rule::WithoutStopping) {
        text += &format!("; without early stopping the same configurations would have taken {}", other(found));
    }
    if let Some(found) = spending.under(Rule::WithoutContinuing) {
        text += &format!("; without continuing from checkpoints {}", other(found));
    }
    if let Some(found) = spending.under(Rule::WithContinuing) {
        text += &format!(
            "; trials began anew at each budget, and with continuing from checkpoints it had been {}",
            other(found)
        );
    }
    text + "."
}
