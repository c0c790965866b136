//! The view of a run: it redraws on a terminal, and says a line for each trial elsewhere.
use std::time::{Duration, Instant};

use console::Term;

use super::message::{amount, colour, count, duration, narrate, number};
use crate::experiment::event::{Event, Running, Standing, Watcher};
use crate::trial::incumbent::{default_at, incumbent};
use crate::trial::outcome::Outcome;
use crate::trial::{Origin, Proposal};

/// How often the view is redrawn while nothing happens.
const REFRESH: Duration = Duration::from_millis(500);

/// A watcher that writes to stderr.
pub(super) struct Live {
    terminal: Option<Term>,
    /// Lines of the last drawing, which the next one replaces.
    drawn: usize,
    at: Instant,
    shown: i32,
}

impl Live {
    pub(super) fn new() -> Self {
        let terminal = Term::stderr();
        let terminal = terminal.is_term().then_some(terminal);
        Self { terminal, drawn: 0, at: Instant::now() - REFRESH, shown: -1 }
    }

    /// A line that stays.
    fn say(&mut self, line: &str) {
        self.clear();
        narrate(line);
    }

    fn clear(&mut self) {
        if let Some(terminal) = &self.terminal {
            let _ = terminal.clear_last_lines(std::mem::take(&mut self.drawn));
        }
    }

    fn draw(&mut self, lines: &[String]) {
        self.clear();
        let Some(terminal) = &self.terminal else { return };
        let width = terminal.size().1 as usize;
        for line in lines {
            let _ = terminal.write_line(&console::truncate_str(line, width.saturating_sub(1), "…"));
        }
        self.drawn = lines.len();
        self.at = Instant::now();
    }

    /// A share that grows, as a bar on a terminal and as tenths elsewhere.
    fn share(&mut self, what: &str, share: f64) {
        let text = format!("{what} {} {:.0} %", bar(share, 20), 100.0 * share);
        if self.terminal.is_some() {
            self.draw(&[text]);
        } else if (share * 4.0) as i32 > self.shown {
            self.shown = (share * 4.0) as i32;
            narrate(&format!("{what} {:.0} %", 100.0 * share));
        }
        if share >= 1.0 {
            self.clear();
            self.shown = -1;
        }
    }
}

impl Watcher for Live {
    fn notice(&mut self, event: &Event, standing: &Standing) {
        match event {
            Event::Warning(text) => self.say(&format!("warning: {text}")),
            Event::Resumed { ended, again } => {
                let again =
                    if *again > 0 { format!(", {} started again", count(*again, "trial")) } else { String::new() };
                self.say(&format!("resumed: {} done{again}", count(*ended, "trial")));
            }
            Event::Preparing { share } => self.share("dataset", *share),
            Event::Validating { share } => self.share("best and default at the full budget", *share),
            Event::Retrying { trial } => self.say(&format!("trial {trial} lost its process and is started again")),
            Event::Stopping { running } => {
                self.say(&format!(
                    "stopping after {}; press ctrl-c again to stop at once",
                    count(*running, "running trial")
                ));
            }
            Event::Started { .. } => self.draw(&view(standing)),
            Event::Ended { proposal, outcome, seconds, is_incumbent } => {
                let line = ended(standing, proposal, outcome, *seconds, *is_incumbent);
                self.say(&line);
                self.draw(&view(standing));
            }
        }
    }

    fn tick(&mut self, standing: &Standing) {
        if self.terminal.is_some() && self.at.elapsed() >= REFRESH {
            self.draw(&view(standing));
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The line of a trial that ended.
fn ended(standing: &Standing, proposal: &Proposal, outcome: &Outcome, seconds: f64, is_incumbent: bool) -> String {
    let result = match outcome {
        Outcome::Finished { cost } => format!("cost {}", number(*cost)),
        Outcome::Crashed { message } => {
            let last = message.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
            format!("crashed: {last}")
        }
        other => other.name().replace('_', " "),
    };
    let best = match (is_incumbent, colour()) {
        (true, true) => "   \u{1b}[1;32mbest so far\u{1b}[0m",
        (true, false) => "   best so far",
        (false, _) => "",
    };
    let left = match (&standing.left, standing.planned) {
        (Some(left), Some(planned)) if standing.history.ended().count() < planned.trials as usize => {
            format!("   {} left", duration(left.seconds))
        }
        _ => String::new(),
    };
    format!(
        "trial {:>3}  configuration {:>3}  {:>5} {}  {result:<14} {:>7}{left}{best}",
        proposal.trial,
        proposal.configuration_id,
        amount(proposal.budget.amount()),
        standing.experiment.unit,
        duration(seconds),
    )
}

/// The whole view: best, rungs, what runs, what is left.
fn view(standing: &Standing) -> Vec<String> {
    let (history, unit) = (standing.history, &standing.experiment.unit);
    let mut lines = vec![String::new()];
    let ended = history.ended().count();
    let of = standing.planned.map(|planned| format!(" of {}", planned.trials)).unwrap_or_default();
    lines.push(format!("{}   {ended}{of} trials   {}", standing.experiment.name, duration(standing.seconds)));
    if let Some(best) = incumbent(history) {
        let cost = best.outcome.as_ref().and_then(|outcome| outcome.cost()).unwrap_or(f64::NAN);
        let default = default_at(history, best.proposal.budget).and_then(|trial| trial.outcome.as_ref()?.cost());
        let beside = match default {
            _ if best.proposal.origin == Origin::Default => "   the default itself".into(),
            Some(default) => format!("   default {}", number(default)),
            None => String::new(),
        };
        lines.push(format!(
            "best     {} at {} {unit}, configuration {}{beside}",
            number(cost),
            amount(best.proposal.budget.amount()),
            best.proposal.configuration_id
        ));
    }
    lines.extend(rungs(standing));
    lines.extend(standing.running.iter().map(|running| line_of(running, unit)));
    if let Some(left) = &standing.left {
        lines.push(format!("left     about {} (± {})", duration(left.seconds), duration(left.spread)));
    }
    lines
}

fn line_of(running: &Running, unit: &str) -> String {
    format!(
        "running  trial {}  {} {unit}  {} {:.0} %  {}",
        running.proposal.trial,
        amount(running.proposal.budget.amount()),
        bar(running.share, 10),
        100.0 * running.share,
        duration(running.since.elapsed().as_secs_f64())
    )
}

/// A line for each bracket that has trials, newest last.
fn rungs(standing: &Standing) -> Vec<String> {
    let trials = standing.history.trials();
    let mut numbers: Vec<_> = trials.iter().map(|trial| trial.proposal.bracket).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let newest = numbers.len().saturating_sub(3);
    numbers[newest..]
        .iter()
        .map(|&number| {
            let schedule = &standing.experiment.schedule;
            let bracket = standing.choice.bracket(schedule, number);
            let closes = standing.choice.closes(schedule);
            let rungs = bracket.rungs.iter().enumerate().map(|(index, rung)| {
                let here = trials.iter().filter(|trial| {
                    trial.proposal.bracket == number && trial.proposal.rung as usize == index && trial.outcome.is_some()
                });
                let done = here.count();
                if !closes {
                    return format!("{:>5} {done} done", amount(rung.budget.amount()));
                }
                let share = done as f64 / f64::from(rung.configurations.max(1));
                format!("{:>5} {} {done}/{}", amount(rung.budget.amount()), bar(share, 9), rung.configurations)
            });
            format!("bracket {number}  {}", rungs.collect::<Vec<_>>().join("   "))
        })
        .collect()
}

fn bar(share: f64, width: usize) -> String {
    let full = ((share * width as f64).round() as usize).min(width);
    format!("{}{}", "#".repeat(full), ".".repeat(width - full))
}
