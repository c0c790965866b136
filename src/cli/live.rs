//! The view of a run: redrawn on a terminal, elsewhere a line for each trial.
use std::time::{Duration, Instant};

use console::Term;

use super::incumbent::{evidence, front_words};
use super::message::{amount, colour, count, duration, measured, narrate, number, of_amount};
use super::trial_row;
use crate::executor::excerpt::quoted;
use crate::executor::job::WorkerEvent;
use crate::experiment::Experiment;
use crate::experiment::ledger::answer::Attempt;
use crate::experiment::run::event::{RunEvent, RunStatus, Watcher};
use crate::experiment::run::trials::FAREWELL;
use crate::store::record::Forfeit;
use crate::trial::incumbent::default_at;
use crate::trial::outcome::{Outcome, OutcomeKind};
use crate::trial::recommendation::Recommendation;
use crate::trial::{ConfigurationId, Origin, Proposal};

/// The time between two drawings of the view: while nothing happens, and at least.
const REFRESH: Duration = Duration::from_millis(500);
const FASTEST: Duration = Duration::from_millis(80);

/// A watcher that writes to stderr.
pub(super) struct Live {
    terminal: Option<Term>,
    /// Lines that stay and are not written yet: trials may end faster than a terminal scrolls.
    lines: Vec<String>,
    /// The widths of the lines of the last drawing, which the next one replaces.
    drawn: Vec<usize>,
    at: Instant,
    shown: i32,
    /// The configuration that was last said to be the best, with the cost that was expected of it.
    best: Option<(ConfigurationId, f64)>,
}

impl Live {
    /// A view that redraws where stderr is a terminal, unless it must stay plain because others write there too.
    pub(super) fn new(is_plain: bool) -> Self {
        let terminal = Some(Term::stderr()).filter(|terminal| !is_plain && terminal.is_term());
        Self { terminal, lines: Vec::new(), drawn: Vec::new(), at: Instant::now() - REFRESH, shown: -1, best: None }
    }

    /// A line that stays, at once.
    fn say(&mut self, line: String) {
        self.lines.push(line);
        self.clear();
    }

    /// Takes away what was drawn and writes the lines that stay.
    fn clear(&mut self) {
        if let Some(terminal) = &self.terminal {
            // A terminal that became narrower has broken the lines.
            let width = usize::from(terminal.size().1).max(1);
            let rows = std::mem::take(&mut self.drawn).into_iter().map(|drawn| drawn.div_ceil(width).max(1)).sum();
            let _ = terminal.clear_last_lines(rows);
        }
        if !self.lines.is_empty() {
            narrate(&std::mem::take(&mut self.lines).join("\n"));
        }
    }

    fn draw(&mut self, lines: &[String]) {
        self.clear();
        let Some(terminal) = &self.terminal else { return };
        let (height, width) = terminal.size();
        // What does not fit could not be taken away again.
        let lines = &lines[..lines.len().min(usize::from(height).saturating_sub(1))];
        let lines: Vec<String> = lines.iter().map(|line| fitted(line, usize::from(width).saturating_sub(1))).collect();
        let _ = terminal.write_str(&lines.iter().map(|line| format!("{line}\n")).collect::<String>());
        self.drawn = lines.iter().map(|line| console::measure_text_width(line)).collect();
        self.at = Instant::now();
    }

    /// Draws where that was not done for a while, and writes at once where nothing is drawn.
    fn refresh(&mut self, status: &RunStatus, after: Duration) {
        if self.terminal.is_none() {
            self.clear();
        } else if self.at.elapsed() >= after {
            self.draw(&view(status));
        }
    }

    /// The words for the recommended configuration, where the trial that has just ended is its best or has made it the
    /// recommended one. Where less is expected of it than was said before, the words say so.
    fn best_so_far(
        &mut self,
        experiment: &Experiment,
        is_it: bool,
        recommended: Option<&Recommendation>,
    ) -> Option<String> {
        let best = recommended?;
        let before = self.best;
        if !is_it && before.is_none_or(|(configuration, _)| configuration == best.configuration) {
            return None;
        }
        let value = |cost: f64| number(experiment.direction().turn(cost));
        let mut text = "best so far".to_owned();
        if !is_it {
            text += &format!(" is configuration {}", best.configuration);
        }
        if !best.is_measured() || best.deviation.is_some() || !is_it {
            text += &format!(", expected {} at {}", value(best.expected), amount(best.target.amount()));
        }
        if let Some((_, earlier)) = before.filter(|(_, earlier)| *earlier < best.expected) {
            text += &format!(", no longer {}", value(earlier));
        }
        self.best = Some((best.configuration, best.expected));
        Some(text)
    }

    /// A share that grows, as a bar on a terminal and as tenths elsewhere.
    pub(super) fn share(&mut self, what: &str, share: f64) {
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
    fn notice(&mut self, event: &RunEvent, status: &RunStatus) {
        match event {
            RunEvent::Warning(text) => self.say(format!("warning: {text}")),
            RunEvent::Begun => {}
            RunEvent::Resumed { ended, again } => {
                let again =
                    if *again > 0 { format!(", {} started again", count(*again, "trial")) } else { String::new() };
                self.say(format!("resumed: {} done{again}", count(*ended, "trial")));
            }
            RunEvent::Preparing { share } => self.share("dataset", *share),
            RunEvent::Validating { share } => self.share("best and default at the full budget", *share),
            RunEvent::Retrying { trial, forfeit: Some(Forfeit::Released), .. } => {
                self.say(format!("trial {trial} was given back by its worker and is started again"));
            }
            RunEvent::Retrying { trial, forfeit: Some(Forfeit::Expired), .. } => {
                self.say(format!("trial {trial} lost its worker and is started again"));
            }
            RunEvent::Retrying { trial, after, divisor: None, .. } => self.say(match after {
                OutcomeKind::Transient => {
                    format!("trial {trial} had a transient failure and is started again")
                }
                _ => format!("trial {trial} lost its process and is started again"),
            }),
            RunEvent::Retrying { trial, divisor: Some(divisor), .. } => self.say(format!(
                "trial {trial} found no room on its device and is started again with its batches in {divisor} pieces"
            )),
            RunEvent::Late { trial, attempt, .. } => {
                self.say(format!("trial {trial}: a late result of attempt {attempt} counts for nothing"));
            }
            RunEvent::Worker(WorkerEvent::Joined { name, host, slots }) => {
                self.say(format!("worker {name} on {host} with {}", count(*slots, "slot")));
            }
            RunEvent::Worker(WorkerEvent::Left { name, reason, lost }) => self.say(match lost {
                0 => format!("worker {name} is gone ({reason})"),
                _ => format!("worker {name} is gone ({reason}), with {}", count(*lost, "running trial")),
            }),
            RunEvent::Notice(text) => self.say((*text).to_owned()),
            RunEvent::Stopping { running } => {
                let (running, patience) = (count(*running, "running trial"), FAREWELL.as_secs());
                self.say(format!(
                    "stopping: {running} may end by itself within {patience} s; press ctrl-c again to stop at once"
                ));
            }
            RunEvent::Started { .. } => self.refresh(status, FASTEST),
            RunEvent::Ended { proposal, outcome, seconds, is_incumbent, recommended, .. } => {
                let best = match status.experiment.objectives() {
                    [] => self.best_so_far(status.experiment, *is_incumbent, *recommended),
                    _ => is_incumbent.then(|| "on the front".to_owned()),
                };
                self.lines.push(ended(status, proposal, outcome, *seconds, best));
                self.refresh(status, FASTEST);
            }
            RunEvent::Over { .. } => self.clear(),
        }
    }

    fn tick(&mut self, status: &RunStatus) {
        if self.terminal.is_some() {
            self.refresh(status, if self.lines.is_empty() { REFRESH } else { FASTEST });
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The line of a trial that ended.
fn ended(status: &RunStatus, proposal: &Proposal, outcome: &Outcome, seconds: f64, best: Option<String>) -> String {
    let result = match outcome {
        Outcome::Finished(costs) if costs.len() == 1 => {
            let experiment = status.experiment;
            format!("{} {}", experiment.noun(), number(experiment.direction().turn(costs.primary())))
        }
        Outcome::Finished(costs) => {
            let costs = status.experiment.directions.turn(costs);
            let named = status.experiment.objectives().iter().zip(costs.iter());
            named.map(|(name, cost)| format!("{name} {}", number(*cost))).collect::<Vec<_>>().join(", ")
        }
        Outcome::Crashed { message } => {
            let is_said = |line: &&str| !line.trim().is_empty() && !line.starts_with("hint: ");
            let last = message.lines().rev().find(is_said).unwrap_or_default();
            format!("crashed: {}", quoted(last))
        }
        other => other.kind().in_words(),
    };
    let best = match (best, colour()) {
        (Some(words), true) => format!("   \u{1b}[1;32m{words}\u{1b}[0m"),
        (Some(words), false) => format!("   {words}"),
        (None, _) => String::new(),
    };
    let left = status.seconds_left().filter(|seconds| *seconds > 0.0);
    let left = left.map(|seconds| format!("   {} left", duration(seconds))).unwrap_or_default();
    format!(
        "trial {:>3}  configuration {:>3}  {:>5} {}  {result:<14} {:>7}{left}{best}",
        proposal.trial,
        proposal.configuration_id,
        amount(proposal.budget.amount()),
        of_amount(proposal.budget.amount(), &status.experiment.unit),
        duration(seconds),
    )
}

/// The lines of the view: best cost, rungs, running trials, remaining time.
fn view(status: &RunStatus) -> Vec<String> {
    let (history, unit) = (status.history, &status.experiment.unit);
    let mut lines = vec![String::new()];
    let ended = history.ended().len();
    let of = status.planned.map(|planned| format!(" of {}", planned.trials)).unwrap_or_default();
    // The name comes last, where a narrow terminal cuts.
    lines.push(format!("{ended}{of} trials   {}   {}", duration(status.seconds), status.experiment.name));
    if !status.experiment.objectives().is_empty() {
        if status.recommendation().is_some() {
            lines.push(format!("front    {}", front_words(history, status.evaluations, unit)));
        }
    } else if let Some(best) = status.recommendation() {
        let default = default_at(history, best.budget).and_then(|trial| trial_row::cost(status.experiment, trial));
        let origin = history.trial(best.trial).map(|trial| trial.proposal.origin);
        let beside = match default {
            _ if origin == Some(Origin::Default) => "   the default itself".into(),
            Some(default) => format!("   default {}", number(default)),
            None => String::new(),
        };
        let evidence = evidence(&best, status.experiment);
        lines.push(format!("best     {evidence}, configuration {}{beside}", best.configuration));
    }
    lines.extend(rungs(status));
    lines.extend(status.running.iter().map(|running| line_of(running, unit)));
    if let Some(left) = &status.left() {
        let spread = if left.spread > 0.0 { format!(" (± {})", duration(left.spread)) } else { String::new() };
        lines.push(format!("left     about {}{spread}", duration(left.seconds)));
    }
    if let Some(money) = &status.money() {
        let whole = money.whole.map(|whole| format!(" of about {whole:.2}")).unwrap_or_default();
        lines.push(format!("money    {:.2}{whole}", money.spent));
    }
    lines
}

fn line_of(running: &Attempt, unit: &str) -> String {
    format!(
        "{:<8} trial {}  {}  {} {:.0} %  {}",
        running.slot,
        running.proposal.trial,
        measured(running.proposal.budget.amount(), unit),
        bar(running.share, 10),
        100.0 * running.share,
        duration(running.since.elapsed().as_secs_f64())
    )
}

/// A line for each bracket that has trials, newest last.
fn rungs(status: &RunStatus) -> Vec<String> {
    let history = status.history;
    let lines = (history.brackets().saturating_sub(3)..history.brackets()).map(|number| {
        let (choice, schedule) = (status.choice, status.schedule);
        let bracket = choice.bracket(schedule, number);
        let rungs = (0..).zip(&bracket.rungs).map(|(index, rung)| {
            let done = history.rung(number, index).map_or(0, |rung| rung.trials().len() - rung.running());
            if !choice.closes(schedule) {
                return format!("{:>5} {done} done", amount(rung.budget.amount()));
            }
            let share = done as f64 / f64::from(rung.configurations.max(1));
            format!("{:>5} {} {done}/{}", amount(rung.budget.amount()), bar(share, 9), rung.configurations)
        });
        format!("bracket {number}  {}", rungs.collect::<Vec<_>>().join("   "))
    });
    lines.collect()
}

/// A line of at most so many columns, without what a terminal would interpret.
fn fitted(line: &str, width: usize) -> String {
    let line: String = line.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    console::truncate_str(&line, width, if width > 0 { "…" } else { "" }).into_owned()
}

fn bar(share: f64, width: usize) -> String {
    let full = ((share * width as f64).round() as usize).min(width);
    format!("{}{}", "#".repeat(full), ".".repeat(width - full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_fits_any_width() {
        for (line, width, expected) in [
            ("short", 80, "short"),
            ("longer than that", 8, "longer …"),
            ("名前の長い実験", 7, "名前の…"),
            ("a\nb\u{1b}[2Jc", 80, "a b [2Jc"),
            ("any", 0, ""),
            ("any", 1, "…"),
        ] {
            let fitted = fitted(line, width);
            assert_eq!(fitted, expected);
            assert!(console::measure_text_width(&fitted) <= width);
        }
    }
}
