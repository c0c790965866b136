//! Interrupts: SIGINT and SIGTERM, which a verb counts and obeys at its next step.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::failure::INTERRUPTED;

/// The time after a second interruption in which the program should have ended by itself.
const LAST: Duration = Duration::from_secs(3);

/// Counts the signals from now on; a trial's processes do not see the terminal's. Some time after the second one, and at the
/// third, the program ends whatever it does: the journal survives that, and the kernel ends the trials with it.
pub(super) fn count() -> std::io::Result<Arc<AtomicUsize>> {
    let interrupts = Arc::new(AtomicUsize::new(0));
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let counted = interrupts.clone();
    thread::spawn(move || {
        for _ in signals.forever() {
            match counted.fetch_add(1, Ordering::Relaxed) {
                0 => {}
                1 => drop(thread::spawn(|| {
                    thread::sleep(LAST);
                    std::process::exit(INTERRUPTED.into());
                })),
                _ => std::process::exit(INTERRUPTED.into()),
            }
        }
    });
    Ok(interrupts)
}
