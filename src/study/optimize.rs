//! The loops of a study: one trial after another, or several threads.
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use super::error::Result;
use super::result::IntoOutcome;
use super::session::{Next, locked};
use super::trial::Trial;
use super::{Study, wrong_number};
use crate::document::diagnostic::Diagnostic;
use crate::trial::outcome::Outcome;

impl Study {
    /// Evaluates trials one after another until a limit is reached, the space has no more, or the next one depends on a trial
    /// that [`ask`](Self::ask) gave and nobody has told; [`ended`](Self::ended) is then `None`.
    ///
    /// The function returns a cost, several costs, an [`Outcome`], or a `Result` of one of them. One that fails or panics is
    /// a crashed trial with its message, a cost that is not finite a diverged one; neither ends the study. Without any
    /// limit an infinite space never ends.
    ///
    /// ```
    /// use galvani::{Float, Space, Study};
    ///
    /// let space = Space::builder("parabola").add("x", Float::new(-1.0, 1.0)).build()?;
    /// let mut study = Study::builder(space).stop_after(15).build()?;
    /// study.optimize(|trial| -> galvani::Result<f64> { Ok((trial.float("x")? - 0.3).powi(2)) })?;
    /// assert!(study.best()?.cost() < Some(0.01));
    /// # Ok::<(), galvani::Error>(())
    /// ```
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn optimize<R: IntoOutcome>(&mut self, mut function: impl FnMut(&Trial) -> R) -> Result<()> {
        while let Some(trial) = self.ask()? {
            let outcome = evaluate(&trial, self.experiment.costs(), &mut function);
            locked(&self.session).tell(trial.id(), outcome)?;
        }
        Ok(())
    }

    /// Evaluates trials as [`optimize`](Self::optimize) does, in `workers` threads. Give the builder the same number of
    /// [`workers`](crate::StudyBuilder::workers), for what it says of the time left.
    ///
    /// Results come in another order each time, so that proposals differ from run to run.
    ///
    /// ```
    /// use galvani::{Float, Space, Study};
    ///
    /// let space = Space::builder("parabola").add("x", Float::new(-1.0, 1.0)).build()?;
    /// let mut study = Study::builder(space).workers(4).stop_after(20).build()?;
    /// study.optimize_parallel(4, |trial| trial.float("x").map(|x| (x - 0.3).powi(2)))?;
    /// assert_eq!(study.trials().len(), 20);
    /// # Ok::<(), galvani::Error>(())
    /// ```
    ///
    /// # Errors
    /// The journal cannot be written, `workers` is 0, or the system gives no thread. Trials that run when an error comes are
    /// waited for.
    pub fn optimize_parallel<R: IntoOutcome>(
        &mut self,
        workers: usize,
        function: impl Fn(&Trial) -> R + Sync,
    ) -> Result<()> {
        if workers == 0 {
            let hint = "1 evaluates one trial at a time";
            return Err(Diagnostic::new("`workers` must be at least 1").hint(hint).field("workers").into());
        }
        let shared = Shared { study: self, over: Mutex::new(None), told: Condvar::new(), running: AtomicUsize::new(0) };
        thread::scope(|scope| {
            for _ in 0..workers {
                let worker = || shared.work(&function);
                if let Err(error) = thread::Builder::new().spawn_scoped(scope, worker) {
                    let hint = "ask for fewer workers";
                    shared.end(Err(Diagnostic::new(format!("no thread can be started: {error}")).hint(hint).into()));
                    break;
                }
            }
        });
        let over = shared.over.into_inner().unwrap_or_else(PoisonError::into_inner);
        match over {
            Some(Ok(reason)) => {
                self.ended = reason;
                Ok(())
            }
            Some(Err(error)) => Err(error),
            None => Ok(()),
        }
    }
}

/// The study and the signals that the threads share.
struct Shared<'a> {
    study: &'a Study,
    /// The reason why the study ended, absent where it may go on, or the error that ended it.
    over: Mutex<Option<Result<Option<String>>>>,
    /// A trial was told, so that there may be another.
    told: Condvar,
    /// The number of trials that these threads evaluate; it changes under the session's lock.
    running: AtomicUsize,
}

impl Shared<'_> {
    fn work<R: IntoOutcome>(&self, function: impl Fn(&Trial) -> R) {
        while let Some(trial) = self.next() {
            let outcome = evaluate(&trial, self.study.experiment.costs(), &function);
            let told = {
                let mut session = locked(&self.study.session);
                self.running.fetch_sub(1, Ordering::Relaxed);
                session.tell(trial.id(), outcome)
            };
            if let Err(error) = told {
                self.end(Err(error));
            }
            self.told.notify_all();
        }
    }

    /// The next trial, once there is one; `None` where the study is over.
    fn next(&self) -> Option<Trial> {
        let mut session = locked(&self.study.session);
        loop {
            if self.over.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
                return None;
            }
            match session.ask() {
                Ok(Next::Trial(proposal)) => {
                    self.running.fetch_add(1, Ordering::Relaxed);
                    return Some(self.study.trial(proposal));
                }
                // What is waited for was asked by the caller, who cannot tell it before this returns.
                Ok(Next::Wait) if self.running.load(Ordering::Relaxed) == 0 => self.end(Ok(None)),
                Ok(Next::Wait) => {
                    session = self.told.wait(session).unwrap_or_else(PoisonError::into_inner);
                }
                Ok(Next::Done(reason)) => self.end(Ok(Some(reason))),
                Err(error) => self.end(Err(error)),
            }
        }
    }

    /// Ends the study; the first reason counts.
    fn end(&self, how: Result<Option<String>>) {
        self.over.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(how);
        self.told.notify_all();
    }
}

/// The outcome of a trial whose function is called; a panic is a crash.
fn evaluate<R: IntoOutcome>(trial: &Trial, objectives: usize, function: impl FnOnce(&Trial) -> R) -> Outcome {
    // Only the message of a panic goes on from here, and the trial is over.
    let outcome = match catch_unwind(AssertUnwindSafe(|| function(trial).into_outcome())) {
        Ok(outcome) => outcome,
        Err(panic) => Outcome::Crashed { message: format!("panicked: {}", said(&*panic)) },
    };
    match wrong_number(&outcome, objectives) {
        Some(message) => Outcome::Crashed { message: format!("the trial {message}") },
        None => outcome,
    }
}

/// The message of a panic.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
