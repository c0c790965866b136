//! Routes: the addresses of the page and of its data.
use std::fs::File;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json as JsonBody, Router};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;

use crate::document::diagnostic::Diagnostic;
use crate::report::draw::markup::{escape, typeface};
use crate::serve::download::{LARGEST, attachment, sent};
use crate::serve::files;
use crate::serve::guard::said;
use crate::serve::run_view::RunView;
use crate::serve::runs::{Runs, locked};
use crate::serve::snapshot::snapshot;
use crate::serve::stream::stream;
use crate::serve::trial_page::trial_page;
use crate::serve::trial_table::{TableQuery, table};
use crate::trial::TrialId;

/// The streams that are open at a time.
const STREAMS: usize = 32;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = concat!(
    include_str!("page/words.js"),
    include_str!("page/chart.js"),
    include_str!("page/list.js"),
    include_str!("page/table.js"),
    include_str!("page/run.js"),
    include_str!("page/trial.js"),
    include_str!("page/start.js"),
);

/// All that the handlers share.
struct Shared {
    runs: Runs,
    stopped: watch::Receiver<bool>,
    streams: Arc<Semaphore>,
}

type Answer = Response<Body>;
type Served = State<Arc<Shared>>;

/// The router of the page.
pub(crate) fn router(runs: Runs, stopped: watch::Receiver<bool>) -> Router {
    let shared = Shared { runs, stopped, streams: Arc::new(Semaphore::new(STREAMS)) };
    Router::new()
        .route("/", get(list_page))
        .route("/runs.json", get(list))
        .route("/page.css", get(async |headers: HeaderMap| asset(&headers, "text/css", typeface() + STYLE)))
        .route("/page.js", get(async |headers: HeaderMap| asset(&headers, "text/javascript", SCRIPT.to_owned())))
        .route("/run/{name}", get(run_page))
        .route("/run/{name}/state.json", get(run_state))
        .route("/run/{name}/stream", get(run_stream))
        .route("/run/{name}/trials.json", get(trials))
        .route("/run/{name}/experiment", get(experiment))
        .route("/run/{name}/report", get(report))
        .route("/run/{name}/trial/{number}", get(one_trial_page))
        .route("/run/{name}/trial/{number}/trial.json", get(one_trial))
        .route("/run/{name}/trial/{number}/{part}/{*path}", get(file))
        .fallback(async || said(StatusCode::NOT_FOUND, "there is no such page\nhint: / lists the runs\n"))
        .with_state(Arc::new(shared))
}

/// Runs something that reads files beside the connections.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Answer> {
    let failed = |_| said(StatusCode::INTERNAL_SERVER_ERROR, "the page has failed here; the run goes on\n");
    spawn_blocking(work).await.map_err(failed)
}

fn no_run() -> Answer {
    said(StatusCode::NOT_FOUND, "there is no such run\nhint: / lists the runs\n")
}

/// The answer where a trial is not there, or not read yet.
fn no_trial(view: &RunView) -> Answer {
    if view.reading.is_some() {
        return said(StatusCode::SERVICE_UNAVAILABLE, "the run is still being read\nhint: load the page again\n");
    }
    said(StatusCode::NOT_FOUND, "there is no such trial\n")
}

fn wrong(status: StatusCode, diagnostic: &Diagnostic) -> Answer {
    (status, JsonBody(json!({ "error": diagnostic.message, "hint": diagnostic.hint }))).into_response()
}

/// Something of a run, which is read up to now before.
async fn of_run<T: Send + 'static>(
    shared: &Arc<Shared>,
    name: &str,
    read: impl FnOnce(&RunView, &str) -> Result<T, Answer> + Send + 'static,
) -> Result<T, Answer> {
    let (shared, name) = (shared.clone(), name.to_owned());
    beside(move || {
        let view = shared.runs.view(&name).ok_or_else(no_run)?;
        let mut view = locked(&view);
        view.refresh();
        read(&view, &name)
    })
    .await?
}

/// A page with its first data inside.
fn page(title: &str, kind: &str, data: &Json) -> Answer {
    // In a script, `<` is the only letter that could end it.
    let data = json!({ "kind": kind, "data": data }).to_string().replace('<', "\\u003c");
    let (before, rest) = PAGE.split_once("{title}").expect("the page has a title");
    let (between, after) = rest.split_once("{data}").expect("the page has data");
    let html = [before, &escape(title), between, &data, after].concat();
    let mut response = Response::new(Body::from(html));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// A part of the page that changes with the program alone.
fn asset(headers: &HeaderMap, kind: &'static str, text: String) -> Answer {
    let tag = format!("\"{:08x}\"", crc32fast::hash(text.as_bytes()));
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = Response::new(if is_known { Body::empty() } else { Body::from(text) });
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    for (name, value) in [
        (header::CONTENT_TYPE, format!("{kind}; charset=utf-8")),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::ETAG, tag),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_str(&value).expect("plain letters"));
    }
    response
}

async fn list_page(State(shared): Served) -> Result<Answer, Answer> {
    let list = beside(move || shared.runs.list()).await?;
    Ok(page("runs", "list", &list))
}

async fn list(State(shared): Served) -> Result<JsonBody<Json>, Answer> {
    Ok(JsonBody(beside(move || shared.runs.list()).await?))
}

async fn run_page(State(shared): Served, Path(name): Path<String>) -> Result<Answer, Answer> {
    of_run(&shared, &name, |view, name| {
        let rows = view.run.as_ref().and_then(|run| table(run, &TableQuery::newest_first()).ok());
        Ok(page(name, "run", &json!({ "run": snapshot(view, name), "table": rows })))
    })
    .await
}

async fn run_state(State(shared): Served, Path(name): Path<String>) -> Result<JsonBody<Json>, Answer> {
    of_run(&shared, &name, |view, name| Ok(JsonBody(snapshot(view, name)))).await
}

/// The results that the reader of a stream has.
#[derive(Default, Deserialize)]
#[serde(default)]
struct StreamQuery {
    known: Option<String>,
}

async fn run_stream(
    State(shared): Served,
    Path(name): Path<String>,
    Query(query): Query<StreamQuery>,
    headers: HeaderMap,
) -> Result<Answer, Answer> {
    let Ok(permit) = shared.streams.clone().try_acquire_owned() else {
        return Err(said(StatusCode::SERVICE_UNAVAILABLE, "too many readers watch at a time\n"));
    };
    let view = shared.runs.view(&name).ok_or_else(no_run)?;
    Ok(stream(view, name, (&headers, query.known.as_deref()), shared.stopped.clone(), permit))
}

async fn trials(
    State(shared): Served,
    Path(name): Path<String>,
    Query(query): Query<TableQuery>,
) -> Result<JsonBody<Json>, Answer> {
    of_run(&shared, &name, move |view, _| match &view.run {
        Some(run) => table(run, &query).map(JsonBody).map_err(|it| wrong(StatusCode::BAD_REQUEST, &it)),
        None => Ok(JsonBody(json!({ "all": 0, "found": 0, "offset": 0, "rows": [] }))),
    })
    .await
}

async fn experiment(State(shared): Served, Path(name): Path<String>) -> Result<Answer, Answer> {
    of_run(&shared, &name, |view, _| {
        let run = view.run.as_ref().ok_or_else(no_run)?;
        let mut response = Response::new(Body::from(run.experiment.text.clone()));
        let kind = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        Ok(response)
    })
    .await
}

/// The report as it was written, in a sandbox: what it holds reaches nothing of this page.
async fn report(State(shared): Served, Path(name): Path<String>) -> Result<Answer, Answer> {
    let path = of_run(&shared, &name, |view, _| Ok(view.report())).await?;
    let file = beside(move || File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)))).await?;
    let missing = "there is no report yet\nhint: `galvani report NAME` writes it\n";
    let (length, file) = file.map_err(|_| said(StatusCode::NOT_FOUND, missing))?;
    let policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; font-src data:; img-src data:; \
                  base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts";
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (HeaderName::from_static("content-security-policy"), policy.to_owned()),
    ];
    Ok(sent(file, length, &headers))
}

/// One trial with its run.
fn trial_data(view: &RunView, name: &str, number: u32) -> Result<Json, Answer> {
    let run = view.run.as_ref().ok_or_else(no_run)?;
    let trial = run.replay.history.trial(TrialId(number)).ok_or_else(|| no_trial(view))?;
    let unreadable = |_| said(StatusCode::INTERNAL_SERVER_ERROR, "the journal cannot be read\n");
    let own = trial_page(view, run, trial).map_err(unreadable)?;
    Ok(json!({ "run": snapshot(view, name), "trial": own }))
}

async fn one_trial_page(State(shared): Served, Path((name, number)): Path<(String, u32)>) -> Result<Answer, Answer> {
    of_run(&shared, &name, move |view, name| {
        Ok(page(&format!("{name}, trial {number}"), "trial", &trial_data(view, name, number)?))
    })
    .await
}

async fn one_trial(State(shared): Served, Path((name, number)): Path<(String, u32)>) -> Result<JsonBody<Json>, Answer> {
    of_run(&shared, &name, move |view, name| trial_data(view, name, number).map(JsonBody)).await
}

async fn file(
    State(shared): Served,
    Path((name, number, part, path)): Path<(String, u32, String, String)>,
) -> Result<Answer, Answer> {
    let last = path.rsplit('/').next().unwrap_or_default().to_owned();
    let opened = of_run(&shared, &name, move |view, _| {
        let trial = view
            .run
            .as_ref()
            .and_then(|run| run.replay.history.trial(TrialId(number)))
            .ok_or_else(|| no_trial(view))?;
        let folder = match part.as_str() {
            "file" => format!("trials/{number:06}"),
            "checkpoint" => format!("checkpoints/{:06}", trial.proposal.configuration_id.0),
            _ => return Err(said(StatusCode::NOT_FOUND, "there is no such page\n")),
        };
        let file = files::open(view.folder.root(), &format!("{folder}/{path}"));
        let file = file.and_then(|file| Ok((file.metadata()?.len(), file)));
        file.map_err(|_| said(StatusCode::NOT_FOUND, "there is no such file\n"))
    });
    let (length, file) = opened.await?;
    if length > LARGEST {
        let sentence = "the file is larger than 1 GiB\nhint: copy it from the folder of the run\n";
        return Err(said(StatusCode::PAYLOAD_TOO_LARGE, sentence));
    }
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, attachment(&last)),
        (HeaderName::from_static("content-security-policy"), "default-src 'none'; sandbox".to_owned()),
    ];
    Ok(sent(file, length, &headers))
}
