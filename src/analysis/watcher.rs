//! Watcher: an observer of an analysis, which is told how far it is and may end it.
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use thiserror::Error;

/// An observer of an analysis. Threads call it side by side.
pub trait Watcher: Sync {
    /// Takes note that `done` of `of` parts of a step are computed.
    fn progress(&self, step: &str, done: usize, of: usize);

    /// True if the analysis is to end without findings.
    fn is_cancelled(&self) -> bool;
}

/// The watcher of an analysis that nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Watcher for Unwatched {
    fn progress(&self, _: &str, _: usize, _: usize) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// The error of an analysis that its watcher ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the analysis was interrupted")]
pub struct Cancelled;

/// Computes the parts of a step side by side; fails once the watcher wants no more.
pub(super) fn each<T: Send, R: Send>(
    watcher: &dyn Watcher,
    step: &str,
    parts: Vec<T>,
    compute: impl Fn(T) -> R + Sync,
) -> Result<Vec<R>, Cancelled> {
    let (done, of) = (AtomicUsize::new(0), parts.len());
    let part = |part: T| {
        if watcher.is_cancelled() {
            return Err(Cancelled);
        }
        let found = compute(part);
        watcher.progress(step, done.fetch_add(1, Ordering::Relaxed) + 1, of);
        Ok(found)
    };
    parts.into_par_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A watcher that wants no more after so many parts.
    struct Impatient(usize, Mutex<Vec<(usize, usize)>>);

    impl Watcher for Impatient {
        fn progress(&self, step: &str, done: usize, of: usize) {
            assert_eq!(step, "models");
            self.1.lock().unwrap().push((done, of));
        }

        fn is_cancelled(&self) -> bool {
            self.1.lock().unwrap().len() >= self.0
        }
    }

    #[test]
    fn a_step_tells_each_part_and_ends_when_asked_to() {
        let patient = Impatient(9, Mutex::default());
        assert_eq!(each(&patient, "models", vec![1, 2, 3], |part| 2 * part), Ok(vec![2, 4, 6]));
        let mut told = patient.1.into_inner().unwrap();
        told.sort_unstable();
        assert_eq!(told, [(1, 3), (2, 3), (3, 3)]);
        assert_eq!(each(&Impatient(0, Mutex::default()), "models", vec![1], |part| part), Err(Cancelled));
    }
}
