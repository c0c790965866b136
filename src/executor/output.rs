//! The output of a job: kept in a log of bounded size, searched for messages.
use std::fs::File;
use std::io::{Read, Write};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::executor::excerpt::{keep_end, legible};
use crate::executor::message::{self, Message};

/// The beginning of the output that a log keeps, in bytes.
const HEAD: usize = 1 << 20;
/// The end of the output that a log keeps.
const TAIL: usize = 256 << 10;
/// The longest line that is searched for a message; a longer one is for people.
const LONGEST_LINE: usize = 1 << 20;
/// The end of the errors that becomes part of a failed trial's message.
const LAST_ERRORS: usize = 2000;
/// The end of the output in which a near miss is looked for.
const LAST_OUTPUT: usize = 8 << 10;

/// A part of the output that was understood.
#[derive(Debug)]
pub(crate) enum Heard {
    Message(Message),
    /// The end of its errors, when there will be no more.
    Errors(String),
}

/// The state of an output: its end so far, for messages about what it lacks.
#[derive(Debug, Default)]
pub(crate) struct OutputEnd(Mutex<OutputState>);

/// The last bytes of an output, and what became of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct OutputState {
    pub last: Vec<u8>,
    /// The length of the longest line that was too long to be searched; 0 where there was none.
    pub overlong: u64,
    /// True where there will be no more.
    pub is_closed: bool,
}

impl OutputEnd {
    /// The state now.
    pub(crate) fn state(&self) -> MutexGuard<'_, OutputState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was printed: another job begins.
    pub(crate) fn renew(&self) {
        let mut state = self.state();
        state.last.clear();
        state.overlong = 0;
    }
}

/// Reads standard output to its end; while nobody takes the messages, it blocks, and so does the trial.
///
/// `said` is called after each message that was sent, and with true before one that must wait.
pub(crate) fn listen(
    mut pipe: impl Read,
    log: Option<File>,
    heard: SyncSender<Heard>,
    end: &OutputEnd,
    said: impl Fn(bool),
) {
    let (mut log, mut lines) = (BoundedLog::new(log), Lines::default());
    let mut say = |line: &[u8]| {
        if let Some(message) = message::parse(line) {
            // A receiver that is gone no longer waits for this trial.
            if let Err(TrySendError::Full(message)) = heard.try_send(Heard::Message(message)) {
                said(true);
                let _ = heard.send(message);
            }
            said(false);
        }
    };
    read(&mut pipe, |bytes| {
        log.write(bytes);
        {
            let mut state = end.state();
            keep_end(&mut state.last, bytes, LAST_OUTPUT);
            state.overlong = state.overlong.max(lines.overlong_with(bytes));
        }
        lines.push(bytes, &mut say);
    });
    lines.push(b"\n", &mut say);
    log.finish();
    end.state().is_closed = true;
}

/// Reads standard error to its end.
pub(crate) fn listen_to_errors(mut pipe: impl Read, log: Option<File>, heard: SyncSender<Heard>) {
    let mut log = BoundedLog::new(log);
    let mut last = Vec::new();
    read(&mut pipe, |bytes| {
        log.write(bytes);
        keep_end(&mut last, bytes, LAST_ERRORS);
    });
    log.finish();
    let _ = heard.send(Heard::Errors(legible(&last)));
}

fn read(pipe: &mut impl Read, mut take: impl FnMut(&[u8])) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match pipe.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => take(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// A file with the beginning of what is written, and at last its end.
struct BoundedLog {
    /// `None` once it cannot be written: a full disk is no reason to fail the trial.
    file: Option<File>,
    head: usize,
    tail: Vec<u8>,
    beyond: u64,
}

impl BoundedLog {
    fn new(file: Option<File>) -> Self {
        Self { file, head: 0, tail: Vec::new(), beyond: 0 }
    }

    fn write(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(HEAD - self.head));
        self.head += head.len();
        self.put(head);
        self.beyond += rest.len() as u64;
        keep_end(&mut self.tail, rest, TAIL);
    }

    fn finish(mut self) {
        let tail = std::mem::take(&mut self.tail);
        let left_out = self.beyond - tail.len() as u64;
        if left_out > 0 {
            self.put(format!("\n[{left_out} bytes left out]\n").as_bytes());
        }
        self.put(&tail);
    }

    fn put(&mut self, bytes: &[u8]) {
        if self.file.as_mut().is_some_and(|file| file.write_all(bytes).is_err()) {
            self.file = None;
        }
    }
}

/// Lines out of pieces of any size.
#[derive(Default)]
struct Lines {
    partial: Vec<u8>,
    /// The bytes of the present line.
    length: u64,
    overlong: bool,
}

impl Lines {
    /// The length of the longest overlong line once these bytes are pushed; 0 where none is.
    fn overlong_with(&self, bytes: &[u8]) -> u64 {
        let mut length = self.length;
        let mut longest = 0;
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            length += piece.len() as u64;
            longest = longest.max(length);
            length = if piece.ends_with(b"\n") { 0 } else { length };
        }
        if longest > LONGEST_LINE as u64 { longest } else { 0 }
    }

    fn push(&mut self, bytes: &[u8], say: &mut impl FnMut(&[u8])) {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.length += piece.len() as u64;
            self.overlong |= self.partial.len() + piece.len() > LONGEST_LINE;
            if self.overlong {
                self.partial.clear();
            } else {
                self.partial.extend_from_slice(piece);
            }
            if piece.ends_with(b"\n") {
                say(&self.partial);
                self.partial.clear();
                (self.length, self.overlong) = (0, false);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn messages(output: &[u8]) -> usize {
        let (sender, receiver) = mpsc::sync_channel(100);
        let end = OutputEnd::default();
        listen(output, None, sender, &end, |_| ());
        let state = end.state();
        assert!(state.is_closed && output.ends_with(&state.last) && state.last.len() <= LAST_OUTPUT);
        assert_eq!(state.overlong > 0, output.len() > LONGEST_LINE);
        receiver.try_iter().count()
    }

    #[test]
    fn messages_are_found_between_any_bytes() {
        let long = [vec![b'{'; LONGEST_LINE + 5], b"\"cost\": 1}\n{\"cost\": 2}\n".to_vec()].concat();
        let table: [(&[u8], usize); 5] = [
            (b"{\"cost\": 1}\nhello\n{\"progress\": 0.5}\n", 2),
            (b"\xff\x00\n{\"cost\": 1}", 1),
            (b"{\"cost\": 1", 0),
            (b"", 0),
            (&long, 1),
        ];
        for (output, expected) in table {
            assert_eq!(messages(output), expected, "{}", String::from_utf8_lossy(&output[..output.len().min(80)]));
        }
    }

    #[test]
    fn a_log_keeps_both_ends_and_counts_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        for (size, left_out) in [(10, None), (HEAD + TAIL, None), (5_000_000, Some(5_000_000 - HEAD - TAIL))] {
            let output: Vec<u8> = (0..size).map(|byte| b'a' + (byte % 23) as u8).collect();
            let mut log = BoundedLog::new(Some(File::create(&path).unwrap()));
            output.chunks(70_001).for_each(|piece| log.write(piece));
            log.finish();
            let written = std::fs::read(&path).unwrap();
            match left_out {
                None => assert_eq!(written, output),
                Some(count) => {
                    assert!(written.starts_with(&output[..HEAD]) && written.ends_with(&output[size - TAIL..]));
                    let note = format!("\n[{count} bytes left out]\n");
                    assert_eq!(written.len(), HEAD + TAIL + note.len());
                    assert_eq!(&written[HEAD..HEAD + note.len()], note.as_bytes());
                }
            }
        }
    }
}
