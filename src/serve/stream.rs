//! The stream of a run: server-sent events with what has changed, from the result on that its reader knows last.
use std::fmt::Write;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderValue};
use axum::http::{HeaderMap, Response};
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use crate::serve::download::channel;
use crate::serve::run_view::{Run, RunView};
use crate::serve::runs::{SharedView, locked};
use crate::serve::snapshot::snapshot;

/// The time between two looks at a run, which is the shortest between two messages.
const GLANCE: Duration = Duration::from_millis(500);
/// The longest time without a message. Connections that are silent for longer than their patience end.
const HEARTBEAT: Duration = Duration::from_secs(8);
/// The results of one message.
const RESULTS: usize = 2000;

/// The results that a reader has: so many of the journal as it was read for the time `epoch`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Known {
    epoch: u64,
    results: usize,
}

impl Known {
    /// The results that the header `Last-Event-ID` names, which a browser sends when it connects again by itself, or the
    /// link of one that was closed for a while.
    fn of(headers: &HeaderMap, link: Option<&str>) -> Self {
        let id = headers.get("last-event-id").and_then(|id| id.to_str().ok()).or(link);
        let parts = id.and_then(|id| id.split_once('-'));
        let known = parts.and_then(|(epoch, results)| Some((epoch.parse().ok()?, results.parse().ok()?)));
        known.map_or(Self::default(), |(epoch, results)| Self { epoch, results })
    }
}

/// A message, and what its reader knows with it.
struct Message {
    text: String,
    known: Known,
    version: u64,
    /// True where another one follows at once.
    has_more: bool,
}

/// The answer that streams a run until its reader has gone or the listener stops.
pub(crate) fn stream(
    view: SharedView,
    name: String,
    (headers, link): (&HeaderMap, Option<&str>),
    stopped: watch::Receiver<bool>,
    permit: OwnedSemaphorePermit,
) -> Response<Body> {
    let (sender, body) = channel();
    let known = Known::of(headers, link);
    tokio::spawn(async move {
        feed(view, name, known, sender, stopped).await;
        drop(permit);
    });
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

async fn feed(
    view: SharedView,
    name: String,
    mut known: Known,
    sender: mpsc::Sender<Bytes>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut seen = None;
    let mut spoken = Instant::now();
    if sender.send(Bytes::from_static(b"retry: 2000\n\n")).await.is_err() {
        return;
    }
    loop {
        let is_last = *stopped.borrow();
        let (view, name) = (view.clone(), name.clone());
        let look = move || {
            let mut view = locked(&view);
            // No later look will find what the last moment has brought.
            if is_last {
                view.refresh_now()
            } else {
                view.refresh()
            }
            next(&view, &name, known, seen)
        };
        let Ok(message) = spawn_blocking(look).await else { return };
        let has_more = message.as_ref().is_some_and(|message| message.has_more);
        let text = match message {
            Some(message) => {
                (known, seen) = (message.known, Some(message.version));
                Some(message.text)
            }
            None => (spoken.elapsed() >= HEARTBEAT).then(|| ":\n\n".to_owned()),
        };
        if let Some(text) = text {
            spoken = Instant::now();
            if sender.send(text.into()).await.is_err() {
                return;
            }
        }
        if has_more {
            continue;
        }
        if is_last {
            let _ = sender.send(Bytes::from_static(b"event: end\ndata: {}\n\n")).await;
            return;
        }
        tokio::select! {
            () = sleep(GLANCE) => {}
            () = sender.closed() => return,
            _ = stopped.changed() => {}
        }
    }
}

/// The next message for a reader that has seen a version; `None` where nothing has changed.
fn next(view: &RunView, name: &str, known: Known, seen: Option<u64>) -> Option<Message> {
    if seen == Some(view.version) {
        return None;
    }
    let all = view.run.as_ref().map_or(0, |run| run.replay.history.ended().len());
    let from = if known.epoch == view.epoch { known.results.min(all) } else { 0 };
    let to = all.min(from + RESULTS);
    let has_more = to < all;
    let run = if has_more { serde_json::Value::Null } else { snapshot(view, name) };
    let mut text = format!("id: {}-{to}\ndata: {{\"from\":{from},\"results\":[", view.epoch);
    if let Some(run) = &view.run {
        results(run, from, to, &mut text);
    }
    write!(text, "],\"run\":{run}}}\n\n").expect("a string grows");
    let version = if has_more { seen.unwrap_or(view.version.wrapping_sub(1)) } else { view.version };
    Some(Message { text, known: Known { epoch: view.epoch, results: to }, version, has_more })
}

/// The results from one to another: trial, seconds since the beginning, budget, outcome, and the costs of a success.
fn results(run: &Run, from: usize, to: usize, text: &mut String) {
    for (index, trial) in run.replay.history.ended_after(from).take(to - from).enumerate() {
        let proposal = &trial.proposal;
        let ended = run.replay.details.get(proposal.trial.index()).and_then(|details| details.ended.as_ref());
        let seconds = ended.map_or(0.0, |end| end.at.duration_since(run.begun).as_secs_f64());
        let comma = if index == 0 { "" } else { "," };
        write!(text, "{comma}[{},{seconds:.1},{},\"{}\"", proposal.trial, proposal.budget.amount(), trial.word())
            .expect("a string grows");
        let costs = trial.outcome.as_ref().map_or(&[][..], |outcome| outcome.costs());
        for cost in run.experiment.directions.turn(costs) {
            write!(text, ",{}", serde_json::Value::from(cost)).expect("a string grows");
        }
        text.push(']');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_comes_back_says_what_it_knows() {
        for (id, epoch, results) in [("3-120", 3, 120), ("x", 0, 0), ("3-", 0, 0), ("-1-2", 0, 0)] {
            let mut headers = HeaderMap::new();
            headers.insert("last-event-id", HeaderValue::from_static(id));
            assert_eq!(Known::of(&headers, None), Known { epoch, results }, "{id}");
        }
        assert_eq!(Known::of(&HeaderMap::new(), None), Known::default());
        assert_eq!(Known::of(&HeaderMap::new(), Some("2-7")), Known { epoch: 2, results: 7 });
    }
}
