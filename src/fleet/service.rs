//! The service: a listener in a thread of its own that answers POST requests with the right token, within limits.
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{Request, Response, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::watch;

use crate::document::diagnostic::Diagnostic;
use crate::http::acceptor::{FAREWELL, accept};
use crate::http::address::{ListenAddress, ServeError, bind, host};
use crate::http::token::Token;

/// The bytes that the body of a request may have.
pub(crate) const BODY: usize = 8 << 20;
/// The connections that are open at a time, where the process may have as many.
const MOST: u64 = 4096;

/// A listener that runs until it is dropped.
pub(crate) struct Service {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Service {
    /// Listens at an address; requests without this token are refused.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub(crate) fn start(address: ListenAddress, token: Token, router: Router) -> Result<Self, ServeError> {
        let socket = bind(address)?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        let router = router.layer(DefaultBodyLimit::max(BODY)).layer(from_fn_with_state(Arc::new(token), guarded));
        let (stop, stopped) = watch::channel(false);
        let most = connections();
        let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(4).build()?;
        let thread = thread::Builder::new().name("service".into()).spawn(move || {
            runtime.block_on(async {
                match TcpListener::from_std(socket) {
                    Ok(socket) => accept(&socket, router, most, stopped).await,
                    Err(error) => tracing::warn!(%error, "the service cannot listen"),
                }
            });
            runtime.shutdown_timeout(FAREWELL);
        })?;
        Ok(Self { address, stop, thread: Some(thread) })
    }

    /// The address that it listens at.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Host and port by which it is reached.
    pub(crate) fn reached_at(&self) -> String {
        format!("{}:{}", host(self.address.ip()), self.address.port())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The number of connections for which the process has file handles; the limit is raised as far as the system allows.
fn connections() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let files = if setrlimit(Resource::Nofile, raised).is_ok() { limit.maximum } else { limit.current };
    usize::try_from(files.map_or(MOST, |files| (files / 2).min(MOST))).unwrap_or(usize::MAX)
}

/// Refuses what has no token, before its body is read.
async fn guarded(State(token): State<Arc<Token>>, request: Request<Body>, next: Next) -> Response<Body> {
    let carried = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if !carried.and_then(|value| value.strip_prefix("Bearer ")).is_some_and(|text| token.is(text)) {
        tracing::warn!(path = request.uri().path(), "a request without the token was refused");
        let reason = Diagnostic::new("the token is missing or wrong")
            .hint("send the header `Authorization: Bearer TOKEN` with the token of `coordinator.json`");
        return refusal(StatusCode::UNAUTHORIZED, &reason);
    }
    let response = next.run(request).await;
    match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            refusal(response.status(), &Diagnostic::new(format!("a body has at most {BODY} bytes")))
        }
        StatusCode::METHOD_NOT_ALLOWED => refusal(response.status(), &Diagnostic::new("requests are sent by POST")),
        StatusCode::NOT_FOUND => refusal(response.status(), &Diagnostic::new("there is no such path")),
        _ => response,
    }
}

/// An answer that says why there is no other: `{"error": ...}`.
pub(crate) fn refusal(status: StatusCode, reason: &Diagnostic) -> Response<Body> {
    answer(status, &json!({ "error": reason.to_string() }))
}

/// An answer of JSON.
pub(crate) fn answer(status: StatusCode, value: &impl serde::Serialize) -> Response<Body> {
    let text = serde_json::to_vec(value).unwrap_or_default();
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
