//! Tables of the page: the numbers behind each figure.
use std::fmt::Write;

use crate::analysis::failure::FailureRate;
use crate::analysis::front::Front;
use crate::analysis::headline::BestTrial;
use crate::analysis::trial_line::TrialLine;
use crate::analysis::{Findings, ReportInput};
use crate::report::draw::markup::escape;
use crate::report::draw::words;
use crate::report::draw::words::{amount, decimal, feature, number, percent, percent_range, unit, value, values};

/// Cells of the table of trials at most; a browser takes seconds for more.
const CELLS: usize = 40_000;

/// A cell: its text, and its number if it has one, by which columns are sorted.
pub(super) struct Cell {
    pub text: String,
    pub number: Option<f64>,
}

pub(super) fn word(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), number: None }
}

pub(super) fn figure(x: f64) -> Cell {
    Cell { text: number(x), number: Some(x) }
}

pub(super) fn maybe(x: Option<f64>) -> Cell {
    x.map_or(word(""), figure)
}

/// A table; `class` gives the class of a row by its index.
pub(super) fn table(
    kind: &str,
    heads: &[&str],
    mut rows: Vec<Vec<Cell>>,
    class: &dyn Fn(usize) -> &'static str,
) -> String {
    (0..heads.len()).for_each(|column| tell_apart(&mut rows, column));
    let numeric = |column: usize| rows.iter().any(|row| row.get(column).is_some_and(|cell| cell.number.is_some()));
    // It may be wider than the page, so that a keyboard has to reach it.
    let mut text = format!("<div class=\"wide\" tabindex=\"0\"><table class=\"{kind}\"><thead><tr>");
    for (column, head) in heads.iter().enumerate() {
        let class = if numeric(column) { " class=\"n\"" } else { "" };
        let cell = if head.is_empty() { "td" } else { "th" };
        let scope = if head.is_empty() { "" } else { " scope=\"col\"" };
        write!(text, "<{cell}{class}{scope}>{}</{cell}>", escape(head)).expect("a string grows");
    }
    text += "</tr></thead><tbody>\n";
    for (index, row) in rows.iter().enumerate() {
        write!(text, "<tr class=\"{}\">", class(index)).expect("a string grows");
        for (column, cell) in row.iter().enumerate() {
            let class = if numeric(column) { " class=\"n\"" } else { "" };
            let data = cell.number.map(|number| format!(" data-v=\"{number}\"")).unwrap_or_default();
            write!(text, "<td{class}{data}>{}</td>", escape(&cell.text)).expect("a string grows");
        }
        text += "</tr>\n";
    }
    text + "</tbody></table></div>\n"
}

/// Writes the numbers of a column with more digits where three would make most of them alike.
fn tell_apart(rows: &mut [Vec<Cell>], column: usize) {
    let plain = |cell: &&mut Cell| cell.number.is_some_and(|own| cell.text == number(own));
    let mut cells: Vec<&mut Cell> = rows.iter_mut().filter_map(|row| row.get_mut(column)).filter(plain).collect();
    let numbers: Vec<f64> = cells.iter().filter_map(|cell| cell.number).collect();
    cells.iter_mut().zip(words::column(&numbers)).for_each(|(cell, text)| cell.text = text);
}

pub(super) fn details(summary: &str, table: String) -> String {
    format!("<details><summary>{}</summary>{table}</details>\n", escape(summary))
}

pub(super) fn plain(_: usize) -> &'static str {
    ""
}

/// The cost of the best configuration beside others, at the end of the run and on unseen data.
pub(crate) fn costs(findings: &Findings) -> String {
    let headline = &findings.headline;
    let mut rows = Vec::new();
    if let Some((cost, budget)) = headline.default {
        rows.push(vec![word(format!("default, at {}", amount(budget, &findings.unit))), figure(cost)]);
    }
    rows.extend(headline.baseline.map(|cost| vec![word("constant predictor"), figure(cost)]));
    let mut text = if rows.is_empty() { String::new() } else { table("", &["", findings.noun()], rows, &plain) };
    if let Some(verdict) = &headline.verdict {
        let mut rows = vec![
            vec![word("best"), figure(verdict.incumbent_cost)],
            vec![word("default"), verdict.default_cost.map_or(word("no result"), figure)],
        ];
        rows.extend(verdict.persistence_cost.map(|cost| vec![word("last value repeated"), figure(cost)]));
        rows.push(vec![word("constant predictor"), figure(verdict.baseline_cost)]);
        text += &format!("<h3 style=\"margin-top:18px\">on {}</h3>", escape(&verdict.on));
        text += &table("", &["", "cost"], rows, &|row| if row == 0 { "best" } else { "" });
    }
    text
}

/// The trials on the front.
pub(crate) fn front(front: &Front) -> String {
    let heads: Vec<&str> =
        ["configuration", "trial"].into_iter().chain(front.objectives.iter().map(String::as_str)).collect();
    let member = |trial: &u32| {
        let point = front.point(*trial)?;
        let of = |number: u32| Cell { text: number.to_string(), number: Some(f64::from(number)) };
        let trial = if point.evaluated { word("evaluated at the end") } else { of(*trial) };
        Some([of(point.configuration_id), trial].into_iter().chain(point.costs.iter().copied().map(figure)).collect())
    };
    table("", &heads, front.members.iter().filter_map(member).collect(), &plain)
}

/// The best configuration beside the default, with the description of each hyperparameter.
pub(crate) fn configuration(best: &BestTrial, input: &ReportInput) -> String {
    let hyperparameters = input.space.hyperparameters();
    let is_described = hyperparameters.iter().any(|each| each.description.is_some());
    let rows = hyperparameters.iter().map(|hyperparameter| {
        let unit = hyperparameter.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
        let own = best.config.get(&hyperparameter.name).map_or("inactive".into(), |own| value(own) + &unit);
        let mut row = vec![word(&hyperparameter.name), word(own), word(value(&hyperparameter.default) + &unit)];
        if is_described {
            row.push(word(hyperparameter.description.as_deref().unwrap_or_default()));
        }
        row
    });
    let heads = ["hyperparameter", "best", "default", "description"];
    table("", &heads[..if is_described { 4 } else { 3 }], rows.collect(), &plain)
}

/// The rank correlation of each budget with the next.
pub(crate) fn fidelity(findings: &Findings) -> String {
    let rows: Vec<Vec<Cell>> = (findings.fidelity.iter())
        .map(|fidelity| {
            let interval = fidelity.interval.map(|(low, high)| format!("{low:.2} to {high:.2}"));
            let remark = if fidelity.enough { "" } else { "not enough pairs" };
            vec![
                figure(fidelity.low),
                figure(fidelity.high),
                figure(fidelity.pairs.len() as f64),
                fidelity.rank_correlation.map_or(word(""), |rho| Cell { text: format!("{rho:.2}"), number: Some(rho) }),
                word(interval.unwrap_or_default()),
                word(remark),
            ]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    table("", &["from", "to", "configurations", "Spearman's ρ", "80 % interval", ""], rows, &plain)
}

/// The values at which trials fail, such as `0.5 to 0.7`, `at least 0.7` or `adam`.
pub(crate) fn failure_range(failure: &FailureRate) -> String {
    match (&failure.least, &failure.greatest) {
        (Some(least), Some(greatest)) if least == greatest => value(least),
        (Some(least), Some(greatest)) => values([least, greatest].into_iter()).join(" to "),
        (Some(least), None) => format!("at least {}", value(least)),
        (None, Some(greatest)) => format!("at most {}", value(greatest)),
        (None, None) => "any".into(),
    }
}

/// The failures by kind and message, and the values at which they are frequent.
pub(crate) fn failures(findings: &Findings) -> String {
    let groups: Vec<Vec<Cell>> = (findings.failure_groups.iter().take(12))
        .map(|group| {
            let trials: Vec<String> = group.trials.iter().map(ToString::to_string).collect();
            let more = if group.count > trials.len() { ", ..." } else { "" };
            vec![
                word(group.outcome.in_words()),
                figure(group.count as f64),
                word(trials.join(", ") + more),
                word(group.message.lines().last().unwrap_or_default()),
            ]
        })
        .collect();
    if groups.is_empty() {
        return String::new();
    }
    let ends = findings.failure_groups.iter().filter(|group| group.message.lines().count() > 1).take(12);
    let ends: String = ends.map(|group| format!("<pre>{}</pre>\n", escape(&group.message))).collect();
    let mut logs = if ends.is_empty() { ends } else { details("ends of the messages", ends) };
    let tails = findings.failure_groups.iter().take(12).filter_map(|group| {
        let title = format!("trial {}, {}", group.last, group.outcome.in_words());
        Some(format!("<h3>{}</h3><pre>{}</pre>\n", escape(&title), escape(group.log.as_ref()?)))
    });
    let tails: String = tails.collect();
    if !tails.is_empty() {
        logs += &details("ends of the logs, of the last trial of each kind", tails);
    }
    let rows: Vec<Vec<Cell>> = (findings.failures.iter().take(24))
        .map(|failure| {
            let (low, high) = failure.interval;
            vec![
                word(&failure.hyperparameter),
                word(failure_range(failure)),
                word(failure.outcome.in_words()),
                figure(failure.failed as f64),
                figure(failure.trials as f64),
                word(format!("{} to {}", percent(low), percent(high))),
            ]
        })
        .collect();
    let heads = ["hyperparameter", "value", "outcome", "failed", "trials", "rate, 90 % interval"];
    let rates = table("sortable", &heads, rows, &plain);
    table("", &["outcome", "trials", "such as", "message"], groups, &plain)
        + &logs
        + &details("where failures are more frequent than on average", rates)
}

/// The importance of each hyperparameter, and its shares of variance if the model is trusted.
pub(crate) fn importance(findings: &Findings) -> String {
    let drawn = findings.matrix.dimensions.iter().map(|dimension| (&dimension.name, &dimension.importance));
    let all = drawn.chain(findings.matrix.others.iter().map(|(name, importance)| (name, importance)));
    let shared = |x: Option<f64>, ends: Option<(f64, f64)>| {
        let text = x.zip(ends).map(|(x, ends)| {
            // As many decimals as the range has.
            let point = if ends.1 < 0.02 { format!("{} %", decimal(100.0 * x)) } else { percent(x) };
            format!("{point} ({})", percent_range(ends))
        });
        Cell { text: text.unwrap_or_default(), number: x }
    };
    let rows: Vec<Vec<Cell>> = all
        .map(|(name, importance)| {
            let text = importance.worsening.zip(importance.worsening_interval).map(|(worsening, (low, high))| {
                let [worsening, low, high] = [worsening, low, high].map(|share| decimal(100.0 * share));
                format!("{worsening} % ({low} to {high} %)")
            });
            let is_above_noise = importance.worsening_interval.is_some_and(|(low, _)| low > 0.0);
            vec![
                word(name),
                Cell { text: text.unwrap_or_default(), number: importance.worsening },
                word(match (importance.worsening, importance.real) {
                    (None, _) => "too few trials to say",
                    (_, true) => "yes",
                    (_, false) if is_above_noise => "too little to matter",
                    (_, false) => "not more than noise",
                }),
                shared(importance.share, importance.interval),
                shared(importance.total, importance.total_interval),
            ]
        })
        .collect();
    if rows.is_empty() || findings.matrix.quality.is_none() {
        return String::new();
    }
    let heads = [
        "hyperparameter",
        "error if exchanged, of the variance (interval; above 0: more than noise)",
        "matters",
        "share alone (80 % interval)",
        "share with interactions (80 % interval)",
    ];
    let shares = findings.matrix.distrust.is_none();
    let rows = rows.into_iter().map(|row| row.into_iter().take(if shares { 5 } else { 3 }).collect()).collect();
    details("importance of each hyperparameter", table("sortable", &heads[..if shares { 5 } else { 3 }], rows, &plain))
}

/// The partial dependence, level by level.
pub(crate) fn levels(findings: &Findings) -> String {
    let mut all = findings.matrix.dimensions.iter().flat_map(|dimension| &dimension.levels);
    if all.all(|level| level.cost.is_none()) {
        return String::new();
    }
    let levels = findings.matrix.dimensions.iter().flat_map(|dimension| {
        dimension.levels.iter().map(move |level| {
            vec![
                word(&dimension.name),
                word(value(&level.bin.value)),
                figure(level.trials as f64),
                maybe(level.cost),
                maybe(level.band.map(|band| band.0)),
                maybe(level.band.map(|band| band.1)),
            ]
        })
    });
    let predicted = format!("predicted {}", findings.noun());
    let heads = ["hyperparameter", "value", "trials", &predicted, "80 % interval from", "to"];
    details("partial dependence, value by value", table("sortable", &heads, levels.collect(), &plain))
}

/// The errors of predictions by series and feature.
pub(crate) fn predictions(findings: &Findings) -> String {
    let rows = findings.predictions.iter().flat_map(|accuracy| {
        accuracy.features.iter().filter(|errors| !errors.given).map(|errors| {
            vec![
                word(&accuracy.title),
                word(feature(&errors.name)),
                figure(errors.root_mean_square),
                figure(errors.greatest),
                word(unit(&errors.unit)),
            ]
        })
    });
    let heads = ["series", "feature", "root mean square error", "greatest error", "unit"];
    details("errors, series by series", table("sortable", &heads, rows.collect(), &plain))
}

/// The metrics that trials reported beside their cost.
pub(crate) fn metrics(findings: &Findings) -> String {
    let rows = findings.metrics.iter().map(|metric| {
        vec![
            word(&metric.name),
            figure(metric.trials as f64),
            figure(metric.least),
            figure(metric.median),
            figure(metric.greatest),
            maybe(metric.at_best),
            maybe(metric.correlation),
        ]
    });
    let heads = ["metric", "trials", "least", "median", "greatest", "in the recommended trial", "rank correlation"];
    table("sortable", &heads, rows.collect(), &plain)
}

/// The trials; of many, the best and the last.
pub(crate) fn trials(findings: &Findings, input: &ReportInput) -> String {
    let names: Vec<&str> = input.space.hyperparameters().iter().map(|each| each.name.as_str()).collect();
    let mut heads =
        vec!["trial", "configuration", "budget", findings.noun(), "outcome", "origin", "bracket", "rung", "seconds"];
    heads.extend(&names);
    let row = |line: &TrialLine| {
        let mut row = vec![
            figure(f64::from(line.trial)),
            figure(f64::from(line.configuration_id)),
            figure(line.budget),
            maybe(line.cost),
            word(line.outcome.replace('_', " ")),
            word(&line.origin),
            figure(f64::from(line.bracket)),
            figure(f64::from(line.rung)),
            maybe(line.seconds),
        ];
        row.extend((0..names.len()).map(|index| match line.config.get(index) {
            None => word("–"),
            Some(own) => Cell { text: value(own), number: own.number() },
        }));
        row
    };
    let best = findings.headline.best.as_ref().map(|best| best.trial);
    let shown = shown(findings, heads.len());
    let class = |index: usize| match shown[index] {
        line if Some(line.trial) == best => "best",
        line if line.cost.is_none() => "failed",
        _ => "",
    };
    let note = match findings.trials.len() - shown.len() {
        0 => String::new(),
        more => format!("<p class=\"muted\">The best and the last trials; {more} more are in report.json.</p>\n"),
    };
    note + &table("sortable trials", &heads, shown.iter().map(|line| row(line)).collect(), &class)
}

/// All trials, or the best and the last if their cells are too many for a page.
fn shown(findings: &Findings, columns: usize) -> Vec<&TrialLine> {
    let trials = &findings.trials;
    let room = (CELLS / columns.max(1)).max(40);
    if trials.len() <= room {
        return trials.iter().collect();
    }
    let last = trials.len() - room / 2;
    let mut best: Vec<&TrialLine> = trials[..last].iter().filter(|line| line.cost.is_some()).collect();
    // Costs at one budget compare; the highest come first.
    let cost = |line: &TrialLine| line.cost.map_or(f64::INFINITY, |cost| findings.direction.turn(cost));
    best.sort_by(|a, b| b.budget.total_cmp(&a.budget).then(cost(a).total_cmp(&cost(b))));
    best.truncate(room / 2);
    best.sort_by_key(|line| line.trial);
    best.into_iter().chain(&trials[last..]).collect()
}
