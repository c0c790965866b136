//! The acceptor: hands the connections of a socket to a router, as many at a time as there is room for.
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::http::connection::{Connections, LimitedStream, PATIENCE};

/// The bytes that the head of a request may have.
const HEAD: usize = 16 << 10;
/// The headers that a request may have.
const HEADERS: usize = 64;
/// The time for open answers to come to their end.
pub(crate) const FAREWELL: Duration = Duration::from_secs(1);

/// Accepts at most so many connections at a time until it is stopped, and waits a little longer for those that still speak.
pub(crate) async fn accept(socket: &TcpListener, router: Router, most: usize, mut stopped: watch::Receiver<bool>) {
    let connections = Connections::at_most(most);
    let service = TowerToHyperService::new(router);
    for number in 0_u64.. {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            _ = stopped.changed() => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of file handles, for example: some will be closed.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        if !connections.has_room() {
            continue;
        }
        // Answers are small, and someone waits for each.
        let _ = stream.set_nodelay(true);
        let was_answered = Arc::new(AtomicBool::new(false));
        let io = LimitedStream::new(stream, PATIENCE, was_answered.clone());
        let (service, open) = (service.clone(), connections.clone());
        let task = tokio::spawn(async move {
            let mut builder = http1::Builder::new();
            builder.header_read_timeout(None).max_header_size(HEAD).max_headers(HEADERS).max_buf_size(4 * HEAD);
            let _ = builder.serve_connection(TokioIo::new(io), service).await;
            open.remove(number);
        });
        connections.add(number, task.abort_handle(), was_answered);
    }
    let deadline = tokio::time::Instant::now() + FAREWELL;
    while connections.is_busy() && tokio::time::Instant::now() < deadline {
        tokio::time::sleep(FAREWELL / 20).await;
    }
}
