//! The routes of a coordinator: polls and tells of workers.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::routing::post;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout, timeout_at};

use crate::document::diagnostic::Diagnostic;
use crate::document::json::JsonError;
use crate::fleet::protocol::{Commands, POLL, Poll, TELL, Tell};
use crate::fleet::service::{answer, refusal};
use crate::fleet::state::Fleet;

/// The longest that a poll waits for a command; connections that are silent for much longer are closed.
const LONGEST_POLL: Duration = Duration::from_secs(8);
/// The longest that a tell waits for the disk.
const PATIENCE: Duration = Duration::from_secs(15);
/// Slots that a worker may have.
const SLOTS: usize = 1024;

/// A fleet that handlers and the loop of the run share.
pub(crate) type SharedFleet = Arc<Mutex<Fleet>>;

/// The fleet, whatever became of another thread that held it.
pub(crate) fn lock(fleet: &SharedFleet) -> MutexGuard<'_, Fleet> {
    fleet.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The routes over a fleet.
pub(crate) fn router(fleet: SharedFleet) -> Router {
    Router::new().route(POLL, post(poll)).route(TELL, post(tell)).with_state(fleet)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Box<Response<Body>>> {
    serde_json::from_slice(body).map_err(|error| {
        let reason = JsonError::of(&error, &String::from_utf8_lossy(body)).to_string();
        tracing::warn!(reason, "a malformed request was refused");
        Box::new(refusal(StatusCode::BAD_REQUEST, &Diagnostic::new(format!("the body is not understood: {reason}"))))
    })
}

async fn poll(State(fleet): State<SharedFleet>, body: Bytes) -> Response<Body> {
    let poll: Poll = match read(&body) {
        Ok(poll) => poll,
        Err(refused) => return *refused,
    };
    let instance = poll.instance.clone();
    let lease = lock(&fleet).lease;
    if poll.slots.is_empty() || poll.slots.len() > SLOTS {
        let reason = Diagnostic::new(format!("`slots` must name 1 to {SLOTS} slots"));
        return refusal(StatusCode::BAD_REQUEST, &reason);
    }
    let deadline = Instant::now() + (lease / 5).min(LONGEST_POLL);
    let Some(wake) = lock(&fleet).announce(poll) else { return answer(StatusCode::OK, &Commands::default()) };
    loop {
        let commands = lock(&fleet).commands(&instance);
        if !commands.is_empty() || timeout_at(deadline, wake.notified()).await.is_err() {
            return answer(StatusCode::OK, &commands);
        }
    }
}

async fn tell(State(fleet): State<SharedFleet>, body: Bytes) -> Response<Body> {
    let tell: Tell = match read(&body) {
        Ok(tell) => tell,
        Err(refused) => return *refused,
    };
    let (told, durable) = lock(&fleet).tell(tell);
    for end in durable {
        if !matches!(timeout(PATIENCE, end).await, Ok(Ok(()))) {
            let reason = Diagnostic::new("the journal was not written in time").hint("tell it again");
            return refusal(StatusCode::SERVICE_UNAVAILABLE, &reason);
        }
    }
    answer(StatusCode::OK, &told)
}
