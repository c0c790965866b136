//! The verb `ask-tell`: the optimizer as a server of JSON lines, for programs in any language.
mod fields;
mod reply;
mod request;

use std::io::{BufRead, Read, Write};
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value as Json, json};

use super::failure::Failure;
use super::message::{count, narrate};
use crate::experiment::Experiment;
use crate::experiment::ask_tell::AskTellSession;
use crate::experiment::folder::RunFolder;
use reply::{ReplyError, reply};
use request::ClientRequest;

/// The longest line that is read, in bytes.
const LONGEST: usize = 1 << 20;

#[derive(Args)]
pub(super) struct Arguments {
    /// The experiment's file; it needs no task
    file: PathBuf,
    /// The folder of all runs; this one is in FOLDER/NAME
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    dir: PathBuf,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let experiment = Experiment::read(&arguments.file).map_err(Failure::input)?;
    let folder = RunFolder::of(&arguments.dir, &experiment.name);
    let (mut session, warnings) = AskTellSession::open(&experiment, &folder).map_err(Failure::input)?;
    warnings.iter().for_each(|warning| narrate(&format!("warning: {warning}")));
    let ended = session.history().ended().count();
    if !session.history().trials().is_empty() {
        let again = count(session.waiting(), "trial");
        narrate(&format!("resumed: {} told, {again} without an outcome given away again", count(ended, "trial")));
    }
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        // One byte more than the longest line tells it from a longer one.
        let read = (&mut input).take(LONGEST as u64 + 1).read_until(b'\n', &mut line);
        match read {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(Failure::Input(format!("standard input cannot be read: {error}"))),
        }
        if line.len() > LONGEST && !line.ends_with(b"\n") {
            skip(&mut input);
            answer(&json!({ "error": format!("a line has at most {LONGEST} bytes") }))?;
            continue;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let reply = match ClientRequest::parse(&line) {
            Ok(request) => reply(&experiment, &mut session, request),
            Err(refused) => Err(refused.into()),
        };
        session.take_warnings().iter().for_each(|warning| narrate(&format!("warning: {warning}")));
        match reply {
            Ok(reply) => answer(&reply)?,
            Err(ReplyError::Refused(refused)) => answer(&json!({ "error": refused.to_string() }))?,
            Err(ReplyError::Broken(error)) => {
                // The store is what the next session goes on from; without it nothing may be promised.
                answer(&json!({ "error": error.to_string() }))?;
                return Err(Failure::input(error));
            }
        }
    }
}

/// Reads to the end of an overlong line.
fn skip(input: &mut impl BufRead) {
    loop {
        let (used, ended) = match input.fill_buf() {
            Ok([]) | Err(_) => return,
            Ok(buffer) => match buffer.iter().position(|&byte| byte == b'\n') {
                Some(end) => (end + 1, true),
                None => (buffer.len(), false),
            },
        };
        input.consume(used);
        if ended {
            return;
        }
    }
}

/// Prints one line at once; a reader that has gone away ends the session without an error.
fn answer(reply: &Json) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{reply}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
    Ok(())
}
