//! The page: one HTML file that needs no network and no other file, readable without JavaScript.
mod answer;
mod money;
mod proposals;
pub(crate) mod result;
pub(crate) mod sentence;
mod shortlist;
pub(crate) mod table;

use std::fmt::Write;

use crate::analysis::{Findings, ReportInput};
use crate::report::draw::markup::{escape, typeface};
use crate::report::draw::theme::{REPLACED, hex};
use crate::report::draw::words::{amount, count};

/// The width for which figures of a small screen are laid out.
pub(crate) const NARROW: f64 = 358.0;

/// The SVGs of a figure for wide screens, and for small ones where it has another layout there.
type Drawn<'a> = (&'a str, Option<&'a str>);

/// The HTML of the page; `figure` gives the SVGs of a figure by its name, for wide and for small screens.
pub(crate) fn page<'a>(findings: &Findings, input: &ReportInput, figure: &dyn Fn(&str) -> Option<Drawn<'a>>) -> String {
    let mut body = String::new();
    headline(&mut body, findings, input);
    let show = |name: &str, caption: &str| {
        figure(name).map(|(wide, narrow)| {
            // What is wider than a small screen scrolls, by keyboard too.
            let (class, scrolls) = match narrow {
                Some(_) => ("wide", String::new()),
                None => ("only", format!(" tabindex=\"0\" role=\"group\" aria-label=\"{name}\"")),
            };
            let narrow = narrow.map(|narrow| inline(narrow, name, "narrow", caption)).unwrap_or_default();
            let drawn = inline(wide, name, class, caption) + &narrow;
            format!("<figure{scrolls}>{drawn}<figcaption>{caption}</figcaption></figure>\n")
        })
    };
    let mut chapter = |question: &str, answer: &str, rest: &str| {
        let answer = escape(answer);
        writeln!(body, "<section><h2>{question}</h2>\n<p class=\"answer\">{answer}</p>\n{rest}</section>")
            .expect("a string grows");
    };
    if let Some(front) = &findings.front {
        let caption = "Every trial at the highest budget. Blue: the front, which no other trial dominates.";
        let drawn = show("front", caption).unwrap_or_default();
        chapter("Which trials are on the front?", &sentence::front(front), &(drawn + &table::front(front)));
    }
    let convergence = match &findings.front {
        Some(front) if !front.progress.is_empty() => {
            "The share of the hypervolume between the best costs and a reference point that some trial dominates."
        }
        _ if findings.fidelity.is_empty() => {
            "Lines: the best so far at each budget. Dots: trials. Hollow dots: drawn at random."
        }
        _ => {
            "Lines: the best so far at each budget. Dots: trials. Hollow dots: drawn at random. Last panel: the same configurations at two budgets; crossing lines are changing ranks."
        }
    };
    let drawn = show("convergence", convergence).unwrap_or_default();
    chapter("Is it still improving?", &sentence::progress(findings), &drawn);
    if let Some(learning) = &findings.learning {
        let caption = "Lines: the costs that trials reported on their way, joined over the budgets of a configuration. Thick: the recommended one.";
        let drawn = show("learning", caption).unwrap_or_default();
        chapter("How did the trials learn on their way?", &answer::learning(learning), &drawn);
    }
    chapter("Can small budgets be trusted?", &sentence::fidelity(findings), &table::fidelity(findings));
    chapter("Which trials failed?", &sentence::failure(findings), &table::failures(findings));
    let caption = "Each tile is the mean prediction over legal configurations with those two values.";
    let mut rest = show("interactions", caption).unwrap_or_default();
    rest += &table::importance(findings);
    rest += &table::levels(findings);
    chapter("Which hyperparameters matter, and how do they interact?", &sentence::interaction(findings), &rest);
    if let Some(locality) = &findings.locality {
        let caption = "Grey: share of the variance among all legal configurations. Then among the quarter of them that the model predicts to be the best, and if values of the best configuration are changed one at a time (with the 80 % interval of refits). Further objectives have models of their own.";
        let drawn = show("locality", caption).unwrap_or_default();
        chapter("Which hyperparameters matter near the best?", &answer::locality(locality), &drawn);
    }
    if let Some(answer) = answer::ablation(findings) {
        let caption = "From top to bottom, one change at a time: the one that helps most, by the model. Filled: both ends were measured at the highest budget. Hollow: predicted. What a change activates comes with it.";
        let drawn = show("ablation", caption).unwrap_or_default();
        chapter("Which changes made the difference?", &answer, &drawn);
    }
    if let Some(shortlist) = &findings.shortlist {
        let caption = "Each line is a trial at the highest budget, in the colour of its cost. Dashed: failed trials, at any budget. Values of lists are spread a little so that lines stay apart.";
        let drawn = show("parallel", caption).unwrap_or_default();
        let answer = answer::common(shortlist);
        chapter(
            "What do the best configurations have in common?",
            &answer,
            &(drawn + &shortlist::table(findings, shortlist, input)),
        );
    }
    if let Some(footprint) = &findings.footprint {
        let caption = "Near on the plane means alike in all hyperparameters, but for what a plane cannot keep. The axes have no unit. Hollow rings: random configurations that were not tried.";
        let drawn = show("footprint", caption).unwrap_or_default();
        chapter("What was tried, and what was not?", &answer::footprint(footprint), &drawn);
    }
    if let Some((outlook, shortlist)) = findings.outlook.as_ref().zip(findings.shortlist.as_ref()) {
        let caption = match (outlook.drawn.is_empty(), shortlist.candidates.len() > 1) {
            (false, _) => {
                "Numbered: untried configurations with the greatest expected improvement, one a region, with 80 % intervals. Dashed: the predicted cost of the recommended configuration."
            }
            (true, true) => "The number of results of each configuration is behind its number.",
            (true, false) => "",
        };
        let drawn = show("outlook", caption).unwrap_or_default();
        let answer = answer::outlook(findings, outlook, shortlist);
        chapter("What to try next?", &answer, &(drawn + &proposals::table_of(findings, outlook)));
    }
    if let Some(drawn) =
        show("predictions", "Truth and free-running prediction of the best model on series that no trial has seen.")
    {
        let rest = drawn + &table::predictions(findings);
        chapter("What does the best model predict?", &sentence::prediction(findings), &rest);
    }
    if !findings.metrics.is_empty() {
        let caption = "Each dot is a trial at the highest budget. Blue: the recommended one.";
        let drawn = show("metrics", caption).unwrap_or_default();
        let answer = sentence::metrics(findings);
        chapter("What else did the trials measure?", &answer, &(drawn + &table::metrics(findings)));
    }
    if let Some(timetable) = &findings.timetable {
        let caption = "A bar is an attempt at a trial, in the colour of its budget. The time between two sessions of the program is left out.";
        let drawn = show("timetable", caption).unwrap_or_default();
        chapter("Were the workers busy?", &answer::timetable(timetable), &drawn);
    }
    if let Some(spending) = &findings.spending {
        let caption = "Times of all attempts, over all workers. Where times clearly go with a hyperparameter, those of each configuration against it, as a share of the mean at the same budgets.";
        let drawn = show("spending", caption).unwrap_or_default();
        let answer = answer::spending(findings, spending);
        chapter("What did it cost?", &answer, &(drawn + &money::tables(findings, spending)));
    }
    let trials = format!(
        "{} of {}.",
        count(findings.trials.len(), "trial"),
        count(findings.headline.configurations, "configuration")
    );
    chapter("Which configurations were tried?", &trials, &table::trials(findings, input));
    if !input.sources.is_empty() {
        let source = |source: &crate::analysis::Source| {
            format!("<h3>{}</h3><pre>{}</pre>\n", escape(&source.title), escape(&source.text))
        };
        let rest: String = input.sources.iter().map(source).collect();
        chapter("How can this run be reproduced?", "With these files.", &rest);
    }
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · galvani</title>\n<style>\n{typeface}{css}</style></head>\n<body><main>\n{body}</main>\n<script>\n{js}</script></body></html>\n",
        title = escape(&findings.experiment),
        typeface = typeface(),
        css = include_str!("page.css"),
        js = include_str!("page.js"),
    )
}

fn headline(body: &mut String, findings: &Findings, input: &ReportInput) {
    let headline = &findings.headline;
    let outcomes: Vec<String> =
        headline.outcomes.iter().map(|(word, n)| format!("{n} {}", word.replace('_', " "))).collect();
    let mut facts = vec![count(findings.trials.len(), "trial")];
    facts.extend((!outcomes.is_empty()).then(|| outcomes.join(", ")));
    facts.push(format!("{} spent", amount(findings.convergence.spent, &findings.unit)));
    facts.extend(sentence::effort(findings));
    let mut text = format!(
        "<header><h1>{}</h1><p class=\"muted\">{}</p></header>\n<section><p class=\"answer\">{}</p>\n",
        escape(&findings.experiment),
        escape(&facts.join(" · ")),
        escape(&result::result(findings))
    );
    for warning in &findings.warnings {
        writeln!(text, "<p class=\"notice\">{}</p>", escape(warning)).expect("a string grows");
    }
    if let Some(best) = &headline.best {
        if let Some(sentence) = result::bounds(findings) {
            writeln!(text, "<p class=\"notice\">{}</p>", escape(&sentence)).expect("a string grows");
        }
        write!(
            text,
            "<div class=\"card\"><div><h2>{}</h2><div class=\"big\">{}</div><p class=\"muted\">trial {}, configuration {}, at {}, origin: {}</p>{}</div>\n\
             <div><h2>best configuration</h2>{}</div><div><h2>as RON</h2><pre>{}</pre></div></div>\n",
            escape(&findings.measure),
            result::exact(headline, best.cost),
            best.trial,
            best.configuration_id,
            escape(&amount(best.budget, &findings.unit)),
            escape(&best.origin),
            table::costs(findings),
            table::configuration(best, input),
            escape(&best.ron),
        )
        .expect("a string grows");
    }
    *body += &(text + "</section>\n");
}

/// The SVG of a figure for the page, with colours that follow the page's theme.
fn inline(svg: &str, name: &str, class: &str, description: &str) -> String {
    let mut svg = svg.to_owned();
    for (colour, name) in REPLACED {
        svg = svg.replace(&format!("\"{}\"", hex(colour)), &format!("\"var(--{name})\""));
    }
    let head =
        format!("<svg class=\"{class}\" data-name=\"{name}\" role=\"img\" aria-label=\"{}\" ", escape(description));
    svg.replacen("<svg ", &head, 1)
}
