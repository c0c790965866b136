//! Tables of the spending: the rules with their assumptions, budgets, and the most expensive configurations.
use super::table::{Cell, details, figure, maybe, plain, table, word};
use crate::analysis::Findings;
use crate::analysis::chain::Rule;
use crate::analysis::spending::{ConfigurationSpending, Otherwise, Spending};
use crate::report::draw::words::duration;

/// Configurations that are listed at most.
const LISTED: usize = 15;

/// The tables of the chapter.
pub(crate) fn tables(findings: &Findings, spending: &Spending) -> String {
    let time = |seconds: f64| Cell { text: duration(seconds), number: Some(seconds) };
    let price = |seconds: f64| spending.price_per_hour.map(|price| price * seconds / 3600.0);
    let spent = format!("budget ({})", findings.unit);
    let with_price = spending.price_per_hour.is_some();
    let cut = |mut row: Vec<Cell>| {
        if !with_price {
            row.remove(2);
        }
        row
    };
    let heads = |all: [&'static str; 4]| -> Vec<&'static str> {
        all.into_iter().enumerate().filter(|(index, _)| with_price || *index != 2).map(|(_, head)| head).collect()
    };
    let rule =
        |each: &Otherwise| cut(vec![word(name(each.rule)), time(each.seconds), maybe(each.money), figure(each.budget)]);
    let mut rule_heads = heads(["", "time", "price", ""]);
    let last = rule_heads.len() - 1;
    rule_heads[last] = &spent;
    let mut rules = table("", &rule_heads, spending.otherwise.iter().map(rule).collect(), &plain);
    let assumed = |each: &Otherwise| format!("{}: {}", name(each.rule), assumption(each.rule, spending.continued));
    let assumed: Vec<String> = spending.otherwise.iter().map(assumed).collect();
    rules += &format!("<p class=\"muted\">Taken for this: {}.</p>\n", assumed.join("; "));
    let budget = |each: &crate::analysis::spending::BudgetSpending| {
        cut(vec![figure(each.budget), time(each.seconds), maybe(price(each.seconds)), figure(each.trials as f64)])
    };
    let budgets = spending.by_budget.iter().map(budget).collect();
    let budgets =
        details("time by budget", table("sortable", &heads(["budget", "time", "price", "trials"]), budgets, &plain));
    let configuration = |each: &ConfigurationSpending| {
        let mut row = cut(vec![
            figure(f64::from(each.configuration_id)),
            time(each.seconds),
            maybe(price(each.seconds)),
            figure(each.trials as f64),
        ]);
        row.extend([maybe(each.reached.map(|reached| reached.0)), maybe(each.reached.map(|reached| reached.1))]);
        row
    };
    let mut expensive_heads = heads(["configuration", "time", "price", "trials"]);
    expensive_heads.extend(["highest budget", findings.noun()]);
    let rows = spending.configurations.iter().take(LISTED).map(configuration).collect();
    let most = details("the most expensive configurations", table("sortable", &expensive_heads, rows, &plain));
    rules + &budgets + &most
}

fn name(rule: Rule) -> &'static str {
    match rule {
        Rule::Actual => "as it was",
        Rule::WithoutStopping => "without early stopping",
        Rule::WithoutContinuing => "without continuing from checkpoints",
        Rule::WithContinuing => "with continuing from checkpoints",
    }
}

fn assumption(rule: Rule, continued: Option<bool>) -> &'static str {
    match (rule, continued) {
        (Rule::Actual, Some(true)) => "the times show that trials at higher budgets continued",
        (Rule::Actual, Some(false)) => "the times show that trials at higher budgets began anew",
        (Rule::Actual, None) => {
            "the times cannot tell whether trials at higher budgets continued, and it is taken that they did"
        }
        (Rule::WithoutStopping, _) => {
            "each configuration that did not fail goes on to the full budget at its own pace, without another start, and the same ones are tried"
        }
        (Rule::WithoutContinuing, _) => {
            "a trial at a higher budget first spends the budget of the earlier one again, at the same pace"
        }
        (Rule::WithContinuing, _) => {
            "a trial at a higher budget spends only what is beyond the earlier one, at the same pace"
        }
    }
}
