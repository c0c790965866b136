//! The listener: a thread that accepts connections and hands them to a router, with limits and a guard in front.
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Method, Request, Response};
use axum::middleware::{Next, from_fn_with_state};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::watch;

use crate::http::acceptor::{FAREWELL, accept};
use crate::http::address::{ListenAddress, ServeError, bind, host};
use crate::http::connection::MOST;
use crate::http::token::Token;
use crate::serve::guard::{Guard, Verdict, secure};

/// A listener that runs in a thread of its own, until it is stopped or dropped.
pub(crate) struct Listener {
    address: SocketAddr,
    token: Option<Token>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Listens at an address; `router` gets a flag that becomes true when the listener ends. Addresses that other machines
    /// reach ask for a token.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub(crate) fn start(
        address: ListenAddress,
        hosts: &[String],
        router: impl FnOnce(watch::Receiver<bool>) -> Router,
    ) -> Result<Self, ServeError> {
        let token = if address.ip.is_loopback() { None } else { Some(Token::random()?) };
        let socket = bind(address)?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        let guard = Arc::new(Guard::new(token.clone(), address.port(), hosts));
        let (stop, stopped) = watch::channel(false);
        let router = router(stopped.clone()).layer(from_fn_with_state(guard, guarded));
        // The pool is for reading files; one thread more would not read faster.
        let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(2).build()?;
        let thread = thread::Builder::new().name("page".into()).spawn(move || {
            runtime.block_on(async {
                match TcpListener::from_std(socket) {
                    Ok(socket) => accept(&socket, router, MOST, stopped).await,
                    Err(error) => tracing::warn!(%error, "the page cannot listen"),
                }
            });
            runtime.shutdown_timeout(FAREWELL);
        })?;
        Ok(Self { address, token, stop, thread: Some(thread) })
    }

    /// The link to a path, with the token where one is asked for.
    pub(crate) fn link(&self, path: &str) -> String {
        let token = self.token.as_ref().map(|token| format!("?token={}", token.text())).unwrap_or_default();
        format!("http://{}:{}{path}{token}", host(self.address.ip()), self.address.port())
    }

    /// The address and port that it listens at.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// True where it asks for a token.
    pub(crate) fn asks_for_token(&self) -> bool {
        self.token.is_some()
    }
}

impl Drop for Listener {
    /// Streams are told, and the thread is waited for.
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            // A panic of the page is the page's own.
            let _ = thread.join();
        }
    }
}

/// Lets the guard judge a request, and gives every answer the headers that keep it safe.
async fn guarded(State(guard): State<Arc<Guard>>, request: Request<Body>, next: Next) -> Response<Body> {
    let is_head = request.method() == Method::HEAD;
    let mut response = match guard.judge(&request) {
        Verdict::Pass => next.run(request).await,
        Verdict::Welcome(response) | Verdict::Refuse(response) => response,
    };
    secure(&mut response);
    if is_head {
        *response.body_mut() = Body::empty();
    }
    response
}
