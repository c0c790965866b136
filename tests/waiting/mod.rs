//! Waiting for the end of a trial, for the tests of what runs one.
use std::time::{Duration, Instant};

use galvani::executor::process::Processes;
use galvani::executor::{Event, Executor};
use galvani::store::record::Ended;

/// Longer than anything takes on a machine that is busy otherwise.
pub const LONG: Duration = Duration::from_secs(60);

/// The next end, and the events before it.
pub fn end(executor: &mut Processes) -> (Ended, Vec<Event>) {
    let begun = Instant::now();
    let mut events = Vec::new();
    while begun.elapsed() < LONG {
        match executor.wait(Duration::from_millis(100)) {
            Some(Event::Ended(ended)) => return (ended, events),
            Some(event) => events.push(event),
            None => {}
        }
    }
    panic!("no end in {LONG:?}")
}
