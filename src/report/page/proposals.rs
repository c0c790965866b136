//! Tables of the outlook: untried configurations, and ranges that are worth widening.
use super::table::{Cell, figure, plain, table, word};
use crate::analysis::Findings;
use crate::analysis::outlook::{Outlook, Promising, WiderRange};
use crate::report::draw::markup::escape;
use crate::report::draw::words::{number, percent, value};

/// Hyperparameters of the table at most: the most important ones.
const COLUMNS: usize = 8;

/// The tables of the chapter.
pub(crate) fn table_of(findings: &Findings, outlook: &Outlook) -> String {
    let names: Vec<&str> =
        findings.matrix.dimensions.iter().take(COLUMNS).map(|dimension| dimension.name.as_str()).collect();
    let predicted = format!("predicted {}", findings.noun());
    let mut heads = vec!["", predicted.as_str(), "80 % interval", "chance to be better", "distance"];
    heads.extend(&names);
    let row = |(index, each): (usize, &Promising)| {
        let (low, high) = each.interval;
        let mut row = vec![
            figure(index as f64 + 1.0),
            figure(each.predicted),
            word(format!("{} to {}", number(low), number(high))),
            Cell { text: percent(each.chance), number: Some(each.chance) },
            Cell { text: format!("{:.2}", each.distance), number: Some(each.distance) },
        ];
        row.extend(names.iter().map(|name| word(each.config.get(*name).map_or("–".into(), value))));
        row
    };
    let mut text = String::new();
    if !outlook.proposals.is_empty() {
        text += &table("", &heads, outlook.proposals.iter().enumerate().map(row).collect(), &plain);
        let line = |each: &Promising| {
            format!("galvani enqueue {} '{}'", word_of_shell(&findings.experiment), each.ron.replace('\'', r"'\''"))
        };
        let lines: Vec<String> = outlook.proposals.iter().map(line).collect();
        text += &format!(
            "<details><summary>commands that try them</summary><pre>{}</pre></details>\n",
            escape(&lines.join("\n"))
        );
    }
    if !outlook.wider.is_empty() {
        let row = |range: &WiderRange| {
            let (at_end, all) = range.at_end;
            vec![
                word(&range.hyperparameter),
                word(if range.upper { "upper" } else { "lower" }),
                figure(range.end),
                figure(range.wider),
                word(format!("{at_end} of {all}")),
            ]
        };
        let heads = ["hyperparameter", "end", "now", "wider by a quarter", "best in the last tenth"];
        text += &table("", &heads, outlook.wider.iter().map(row).collect(), &plain);
    }
    text
}

/// A word for a shell: in quotes if it has any sign that may mean something there.
fn word_of_shell(text: &str) -> String {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "-_./".contains(sign);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
