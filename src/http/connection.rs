//! Connections: how many there may be, and how long one may be silent.
use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::{Instant, Sleep, sleep_until};

/// The connections that are open at a time.
pub(crate) const MOST: usize = 128;
/// The time in which something must be written to a connection: it ends one that sends its request letter by letter, one that
/// does not read its answer, and one that is kept open for nothing. A stream of events has heartbeats.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A connection that ends with an error when nothing was written to it for a while.
pub(crate) struct LimitedStream {
    inner: TcpStream,
    patience: Duration,
    deadline: Pin<Box<Sleep>>,
    /// True once anything was written.
    was_answered: Arc<AtomicBool>,
}

impl LimitedStream {
    /// A connection with so much patience; `was_answered` becomes true with the first answer.
    pub(crate) fn new(inner: TcpStream, patience: Duration, was_answered: Arc<AtomicBool>) -> Self {
        Self { inner, patience, deadline: Box::pin(sleep_until(Instant::now() + patience)), was_answered }
    }

    /// The error of a connection that has been silent for too long.
    fn check<T>(&mut self, context: &mut Context) -> Poll<io::Result<T>> {
        match self.deadline.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }

    fn written<T>(&mut self, result: Poll<io::Result<T>>, context: &mut Context) -> Poll<io::Result<T>> {
        match result {
            Poll::Ready(Ok(written)) => {
                self.was_answered.store(true, Ordering::Relaxed);
                let next = Instant::now() + self.patience;
                self.deadline.as_mut().reset(next);
                Poll::Ready(Ok(written))
            }
            Poll::Ready(error) => Poll::Ready(error),
            Poll::Pending => self.check(context),
        }
    }
}

impl AsyncRead for LimitedStream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context, buffer: &mut ReadBuf) -> Poll<io::Result<()>> {
        // A client that sends without end is not heard beyond the deadline either.
        if let Poll::Ready(error) = self.check(context) {
            return Poll::Ready(error);
        }
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl AsyncWrite for LimitedStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.written(result, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context,
        bytes: &[io::IoSlice],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write_vectored(context, bytes);
        self.written(result, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

/// The open connections, of which there are at most so many. A new one takes the place of the oldest that has had no answer:
/// who opens connections and asks nothing does not keep others out.
#[derive(Clone)]
pub(crate) struct Connections {
    open: Arc<Mutex<BTreeMap<u64, OpenConnection>>>,
    most: usize,
}

struct OpenConnection {
    task: AbortHandle,
    was_answered: Arc<AtomicBool>,
}

impl Connections {
    /// No connection yet, and at most so many.
    pub(crate) fn at_most(most: usize) -> Self {
        Self { open: Arc::default(), most }
    }

    /// True where there is room for another connection, if need be in place of one that has had no answer.
    pub(crate) fn has_room(&self) -> bool {
        let mut open = self.all();
        if open.len() < self.most {
            return true;
        }
        let silent =
            open.iter().find(|(_, each)| !each.was_answered.load(Ordering::Relaxed)).map(|(number, _)| *number);
        let ended = silent.and_then(|number| open.remove(&number));
        ended.inspect(|connection| connection.task.abort()).is_some()
    }

    /// Counts a connection under a number of its own.
    pub(crate) fn add(&self, number: u64, task: AbortHandle, was_answered: Arc<AtomicBool>) {
        // It may have ended before it was counted.
        if !task.is_finished() {
            self.all().insert(number, OpenConnection { task, was_answered });
        }
    }

    /// Forgets a connection that has ended.
    pub(crate) fn remove(&self, number: u64) {
        self.all().remove(&number);
    }

    /// True where any is open.
    pub(crate) fn is_busy(&self) -> bool {
        !self.all().is_empty()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<u64, OpenConnection>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
