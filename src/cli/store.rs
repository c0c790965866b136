//! The verb `store`: check and repair the journal and the index of a run.
use clap::{Args, Subcommand};
use serde_json::json;

use super::failure::Failure;
use super::message::{count, narrate, say};
use super::table::PlainFormat;
use super::target::Target;
use crate::store::Store;
use crate::store::check::{Agreement, Check};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Check every line of the journal and its agreement with the index; change nothing
    Check(CheckArguments),
    /// Repair the journal where the index can, and make the index anew from it
    Rebuild(RebuildArguments),
}

#[derive(Args)]
struct CheckArguments {
    #[command(flatten)]
    target: Target,
    #[arg(long, value_enum, default_value_t = PlainFormat::Table)]
    format: PlainFormat,
}

#[derive(Args)]
struct RebuildArguments {
    #[command(flatten)]
    target: Target,
    /// Give up the first line that cannot be repaired and all that follow it
    #[arg(long)]
    cut: bool,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.action {
        Action::Check(arguments) => check(arguments),
        Action::Rebuild(arguments) => {
            let folder = arguments.target.folder()?.store();
            let done = Store::rebuild(&folder, arguments.cut).map_err(Failure::input)?;
            done.iter().for_each(|sentence| say(sentence));
            Ok(())
        }
    }
}

fn check(arguments: &CheckArguments) -> Result<(), Failure> {
    let folder = arguments.target.folder()?.store();
    let check = Store::check(&folder).map_err(Failure::input)?;
    match arguments.format {
        PlainFormat::Json => {
            let mut object = json!(check);
            object["sound"] = json!(check.is_sound());
            say(&object.to_string());
        }
        PlainFormat::Table => print(&check),
    }
    if check.is_sound() {
        return Ok(());
    }
    let target = folder.parent().unwrap_or(&folder).display();
    let is_lost = check.damaged.iter().any(|damage| damage.is_repairable == Some(false));
    Err(Failure::Input(match (is_lost, check.damaged.is_empty() && check.contradictions.is_empty()) {
        (true, _) => format!(
            "the journal is damaged and the index cannot repair it\n\nhint: restore `{}` from a backup, or keep what is before the damage with `galvani store rebuild {target} --cut`",
            folder.join("journal.jsonl").display()
        ),
        (false, true) => format!(
            "the index needs a repair\n\nhint: `galvani store rebuild {target}`, or the next `galvani run`, makes it anew"
        ),
        (false, false) => format!("the store needs a repair\n\nhint: `galvani store rebuild {target}`"),
    }))
}

fn print(check: &Check) {
    let kinds: Vec<_> = check.records.iter().map(|(kind, records)| format!("{records} {kind}")).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(": {}", kinds.join(", ")) };
    let lines = count(check.lines as usize, "line");
    say(&format!("journal: {lines}, {}{kinds}", size(check.bytes)));
    if check.damaged.is_empty() {
        say(&format!("trials: {} asked for, {} with a result", check.trials, check.ended));
    }
    for damage in &check.damaged {
        let repair = match damage.is_repairable {
            Some(true) => "; the index can restore it",
            Some(false) => "; the index cannot restore it",
            None => "",
        };
        say(&format!("line {}: {}{repair}", damage.line, damage.reason));
    }
    check.contradictions.iter().for_each(|sentence| say(sentence));
    if check.unfinished > 0 {
        let bytes = count(check.unfinished as usize, "byte");
        narrate(&format!("{bytes} of an unfinished line: being written now, or cut off at the next start"));
    }
    say(&match &check.index {
        Agreement::Agrees => "index: agrees with the journal".to_owned(),
        Agreement::Behind { lines } => {
            format!("index: lacks the last {}, added at the next start", count(*lines as usize, "line"))
        }
        Agreement::Missing => "index: missing".to_owned(),
        Agreement::Disagrees => "index: does not agree with the journal".to_owned(),
        Agreement::Unreadable { reason } => format!("index: cannot be read ({reason})"),
        Agreement::Busy { holder } => format!("index: not checked, because it is used by {holder}"),
    });
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => count(bytes as usize, "byte"),
        1024..1_048_576 => format!("{:.0} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}
