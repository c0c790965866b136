//! `ask-tell` over HTTP: several programs, on this machine or others, share a study.
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Response, StatusCode, Uri};
use axum::routing::post;
use serde_json::Value as Json;

use super::hub::{Hub, NAMES, unknown};
use super::reply::ReplyError;
use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::cli::message::{narrate, say};
use crate::document::diagnostic::Diagnostic;
use crate::document::json;
use crate::experiment::Experiment;
use crate::experiment::ask_tell::AskTellSession;
use crate::experiment::folder::RunFolder;
use crate::experiment::ledger::queue::Queue;
use crate::fleet::coordinator_file::CoordinatorFile;
use crate::fleet::service::{Service, answer, refusal};
use crate::http::address::ListenAddress;
use crate::http::token::Token;

/// The time between two looks whether the program is to end.
const GLANCE: Duration = Duration::from_millis(50);

/// The study, and the reason why it cannot go on.
struct Shared {
    hub: Mutex<Hub>,
    broken: Mutex<Option<String>>,
}

/// Answers requests until an interruption.
pub(super) fn listen(
    experiment: Experiment,
    session: AskTellSession,
    folder: &RunFolder,
    address: ListenAddress,
    lease: Duration,
) -> Result<(), Failure> {
    let interrupts = interrupt::count().map_err(Failure::input)?;
    let path = folder.coordinator();
    let path = std::path::absolute(&path).unwrap_or(path);
    let epoch = CoordinatorFile::read(&path).map_or(0, |file| file.epoch).saturating_add(1);
    let hub = Hub::new(experiment, session, Queue::of(folder), lease);
    let shared = Arc::new(Shared { hub: Mutex::new(hub), broken: Mutex::new(None) });
    let router = NAMES.iter().fold(Router::new(), |router, name| router.route(&format!("/{name}"), post(handle)));
    let token = Token::random().map_err(Failure::input)?;
    let service = Service::start(address, token.clone(), router.with_state(shared.clone())).map_err(Failure::input)?;
    let file = CoordinatorFile {
        address: service.reached_at(),
        epoch,
        token: token.text().to_owned(),
        directory: std::env::current_dir().map_err(Failure::input)?,
        pid: std::process::id(),
    };
    file.write(&path).map_err(Failure::input)?;
    say(&path.display().to_string());
    narrate(&format!("programs reach this study at http://{}, with the token of that file", service.reached_at()));
    let broken = || shared.broken.lock().unwrap_or_else(PoisonError::into_inner).clone();
    while interrupts.load(Ordering::Relaxed) == 0 && broken().is_none() {
        thread::sleep(GLANCE);
    }
    drop(service);
    let _ = std::fs::remove_file(&path);
    broken().map_or(Ok(()), |error| Err(Failure::Input(error)))
}

async fn handle(State(shared): State<Arc<Shared>>, uri: Uri, body: Bytes) -> Response<Body> {
    // A proposal takes a moment, and the disk another.
    let answered = tokio::task::spawn_blocking(move || {
        let name = uri.path().trim_start_matches('/');
        reply(&shared, name, &body)
    });
    match answered.await {
        Ok(response) => response,
        Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR, &Diagnostic::new("the request was not answered")),
    }
}

fn reply(shared: &Shared, name: &str, body: &[u8]) -> Response<Body> {
    let read = || -> Result<Json, Diagnostic> {
        if !NAMES.contains(&name) {
            return Err(unknown(name));
        }
        if body.trim_ascii().is_empty() {
            return Ok(Json::Object(serde_json::Map::new()));
        }
        let text = std::str::from_utf8(body).map_err(|_| Diagnostic::new("the body is not text in UTF-8"))?;
        json::value(text).map_err(|error| Diagnostic::new(format!("the body is not JSON: {error}")))
    };
    let body = match read() {
        Ok(body) => body,
        Err(reason) => return refusal(StatusCode::BAD_REQUEST, &reason),
    };
    let mut hub = shared.hub.lock().unwrap_or_else(PoisonError::into_inner);
    let result = hub.answer(name, body);
    hub.take_warnings().iter().for_each(|warning| narrate(&format!("warning: {warning}")));
    match result {
        Ok(reply) => answer(StatusCode::OK, &reply),
        Err(ReplyError::Refused(reason)) => refusal(StatusCode::BAD_REQUEST, &reason),
        Err(ReplyError::Broken(error)) => {
            let reason = Diagnostic::new(error.to_string());
            *shared.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
            refusal(StatusCode::INTERNAL_SERVER_ERROR, &reason)
        }
    }
}
