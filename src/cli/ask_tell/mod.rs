//! The verb `ask-tell`: the optimizer as a server of JSON lines, for programs in any language.
mod fields;
#[cfg(feature = "serve")]
mod hub;
#[cfg(feature = "serve")]
mod listening;
mod reply;
mod request;

use std::io::{BufRead, Read, Write};
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value as Json, json};

use super::failure::Failure;
use super::message::{count, narrate};
use crate::document::diagnostic::Diagnostic;
use crate::experiment::Experiment;
use crate::experiment::ask_tell::AskTellSession;
use crate::experiment::error::RunError;
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
    /// Answer several programs over HTTP, at 127.0.0.1 or at this address of the machine, port, or both, instead of one on stdin
    #[cfg(feature = "serve")]
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, require_equals = true)]
    listen: Option<Option<crate::http::address::ListenAddress>>,
    /// The seconds after which a trial that nobody has told or kept is given away again, with `--listen`
    #[cfg(feature = "serve")]
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = super::number_argument::within::<u64, 1, 31_536_000>, allow_negative_numbers = true)]
    lease: u64,
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
    #[cfg(feature = "serve")]
    if let Some(address) = arguments.listen {
        let lease = std::time::Duration::from_secs(arguments.lease);
        return listening::listen(experiment, session, &folder, address.unwrap_or_default(), lease);
    }
    serve(&experiment, &mut session, &mut std::io::stdin().lock(), &mut std::io::stdout().lock())
}

/// Answers requests, one a line, until the input ends; where nobody takes the answers, the session ends without an error.
fn serve(
    experiment: &Experiment,
    session: &mut AskTellSession,
    input: &mut impl BufRead,
    output: &mut impl Write,
) -> Result<(), Failure> {
    let mut answer = |reply: &Json| writeln!(output, "{reply}").and_then(|()| output.flush()).is_ok();
    let mut line = Vec::new();
    loop {
        line.clear();
        // One byte more than the longest line tells it from a longer one.
        let read = input.take(LONGEST as u64 + 1).read_until(b'\n', &mut line);
        match read {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(Failure::Input(format!("standard input cannot be read: {error}"))),
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let reply = if line.len() > LONGEST && !line.ends_with(b"\n") {
            skip(input);
            Err(Diagnostic::new(format!("a line has at most {LONGEST} bytes")).into())
        } else {
            match ClientRequest::parse(&line) {
                Ok(request) => reply(experiment, session, request),
                Err(refused) => Err(refused.into()),
            }
        };
        session.take_warnings().iter().for_each(|warning| narrate(&format!("warning: {warning}")));
        let is_heard = match reply {
            Ok(reply) => answer(&reply),
            Err(ReplyError::Refused(refused)) => answer(&json!({ "error": refused.to_string() })),
            Err(ReplyError::Broken(error)) => {
                // The store is what the next session goes on from; without it nothing may be promised.
                answer(&json!({ "error": error.to_string() }));
                return Err(Failure::input(error));
            }
        };
        if !is_heard {
            return Ok(());
        }
    }
}

/// The answers to lines, in a run that is kept in memory.
///
/// # Errors
/// The experiment's space has no legal configuration.
pub fn answers(experiment: &Experiment, lines: &[u8]) -> Result<Vec<u8>, RunError> {
    let (mut session, mut output) = (AskTellSession::in_memory(experiment)?, Vec::new());
    let mut input = lines;
    // In memory nothing breaks.
    let _ = serve(experiment, &mut session, &mut input, &mut output);
    Ok(output)
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
