//! Progress of an analysis on stderr, and its end by an interrupt.
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::message::narrate;
use crate::analysis::Watcher;

/// The time between two lines on a terminal, and elsewhere.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(5)];

/// A watcher that writes how far an analysis is, and ends it after an interrupt.
pub(super) struct AnalysisProgress {
    interrupts: Arc<AtomicUsize>,
    is_terminal: bool,
    /// The time of the last line; that of the start before the first.
    last: Mutex<Instant>,
}

impl AnalysisProgress {
    /// A watcher of an analysis that begins now; `interrupts` counts the signals.
    pub(super) fn new(interrupts: &Arc<AtomicUsize>) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        Self { interrupts: interrupts.clone(), is_terminal, last: Mutex::new(Instant::now()) }
    }
}

impl Watcher for AnalysisProgress {
    fn progress(&self, step: &str, done: usize, of: usize) {
        let pause = PAUSES[usize::from(!self.is_terminal)];
        // Another thread that writes at this moment says the same.
        let Ok(mut last) = self.last.try_lock() else { return };
        if last.elapsed() < pause {
            return;
        }
        *last = Instant::now();
        let line = format!("report: {step} {done} of {of}");
        if self.is_terminal {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K{line}");
        } else {
            narrate(&line);
        }
    }

    fn is_cancelled(&self) -> bool {
        self.interrupts.load(Ordering::Relaxed) > 0
    }
}

impl Drop for AnalysisProgress {
    fn drop(&mut self) {
        if self.is_terminal {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}
