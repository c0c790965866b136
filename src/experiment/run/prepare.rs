//! Preparation: makes the data that all trials share, such as a dataset, before the first trial.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::experiment::error::RunError;
use crate::experiment::run::event::RunEvent;
use crate::experiment::run::jobs::Finish;
use crate::experiment::run::session::Session;

/// The time between two looks at the progress.
const PAUSE: Duration = Duration::from_millis(10);

/// Makes the data that all trials share, and shows the progress to the watcher.
///
/// An interruption leaves the thread behind: it ends with this process, and a half-made file counts for nothing.
pub(crate) fn prepare(session: &mut Session, interrupts: &AtomicUsize) -> Result<Finish, RunError> {
    let (objective, data) = (session.objective.clone(), session.folder.data());
    let share = Arc::new(AtomicU64::new(0));
    let told = share.clone();
    let worker = thread::spawn(move || match objective.task() {
        Some(task) => task.prepare(&data, &|now| told.store(now.to_bits(), Ordering::Relaxed)),
        None => Ok(()),
    });
    let mut shown = 0;
    while !worker.is_finished() {
        if interrupts.load(Ordering::Relaxed) > 0 {
            return Ok(Finish::Interrupted);
        }
        thread::sleep(PAUSE);
        let now = share.load(Ordering::Relaxed);
        if now != shown {
            session.announce(&RunEvent::Preparing { share: f64::from_bits(now) });
            shown = now;
        }
    }
    worker.join().expect("a task reports its errors")?;
    Ok(Finish::Complete)
}
