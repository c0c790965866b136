//! Table of the shortlist: the best configurations side by side, with the values that differ from the first in bold.
use std::fmt::Write;

use crate::analysis::shortlist::{Candidacy, Shortlist};
use crate::analysis::{Findings, ReportInput};
use crate::report::draw::markup::escape;
use crate::report::draw::words::{number, value};

/// Hyperparameters of the table at most.
const ROWS: usize = 40;

/// The table, a column for each configuration; hyperparameters with one value in all are below it.
pub(crate) fn table(findings: &Findings, shortlist: &Shortlist, input: &ReportInput) -> String {
    let candidates = &shortlist.candidates;
    let mut text = String::from("<div class=\"wide\"><table class=\"side\"><thead><tr><th>configuration</th>");
    for each in candidates {
        write!(text, "<th class=\"n\">{}</th>", each.configuration_id).expect("a string grows");
    }
    text += "</tr></thead><tbody>\n";
    let mut row = |name: &str, cell: &dyn Fn(&Candidacy) -> (String, bool)| {
        write!(text, "<tr><td>{}</td>", escape(name)).expect("a string grows");
        for each in candidates {
            let (own, differs) = cell(each);
            let own = escape(&own);
            let own = if differs { format!("<b>{own}</b>") } else { own };
            write!(text, "<td class=\"n\">{own}</td>").expect("a string grows");
        }
        text += "</tr>\n";
    };
    let unit = |budget: f64| format!("{} at {}", findings.noun(), number(budget));
    let is_one_budget = candidates.iter().all(|each| each.reached == shortlist.budget);
    let name = if is_one_budget { unit(shortlist.budget) } else { findings.noun().to_owned() };
    row(&name, &|each| (number(each.cost), false));
    if !is_one_budget {
        row("at", &|each| (number(each.reached), false));
    }
    if candidates.iter().any(|each| each.expected != each.cost) {
        row("expected", &|each| (number(each.expected), false));
    }
    if candidates.iter().any(|each| each.results > 1) {
        row("results", &|each| (each.results.to_string(), false));
    }
    let first = &candidates[0].config;
    let names: Vec<&str> = by_importance(findings, input);
    let varied = |name: &&&str| candidates.iter().any(|each| each.config.get(**name) != first.get(**name));
    let shown: Vec<&str> = names.iter().filter(varied).copied().collect();
    for name in shown.iter().take(ROWS) {
        row(name, &|each| {
            let own = each.config.get(*name);
            (own.map_or("–".into(), value), own != first.get(*name))
        });
    }
    text += "</tbody></table></div>\n";
    let mut notes = Vec::new();
    if shown.len() > ROWS {
        notes.push(format!("{} more hyperparameters differ", shown.len() - ROWS));
    }
    match names.len() - shown.len() {
        0 => {}
        n if candidates.len() > 1 => {
            notes.push(format!("{n} of {} hyperparameters have one value in all", names.len()))
        }
        _ => {}
    }
    if !notes.is_empty() {
        text += &format!("<p class=\"muted\">{}; bold: unlike the first.</p>\n", escape(&notes.join("; ")));
    }
    text
}

/// The names of all hyperparameters, the most important first.
fn by_importance<'a>(findings: &'a Findings, input: &'a ReportInput) -> Vec<&'a str> {
    let drawn = findings.matrix.dimensions.iter().map(|dimension| dimension.name.as_str());
    let mut names: Vec<&str> = drawn.chain(findings.matrix.others.iter().map(|(name, _)| name.as_str())).collect();
    for hyperparameter in input.space.hyperparameters() {
        if !names.contains(&hyperparameter.name.as_str()) {
            names.push(&hyperparameter.name);
        }
    }
    names
}
