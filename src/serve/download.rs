//! Downloads: bodies that are made piece by piece, as fast as their reader takes them.
use std::fs::File;
use std::io::Read;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderValue};
use axum::http::{HeaderName, Response};
use hyper::body::Frame;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

/// The bytes of a piece.
const PIECE: usize = 64 << 10;
/// The largest file that is sent, in bytes.
pub(crate) const LARGEST: u64 = 1 << 30;

/// A body out of the pieces that a channel gives; its sender waits for a slow reader, and learns where one has gone.
pub(crate) struct ChannelBody(mpsc::Receiver<Bytes>);

impl hyper::body::Body for ChannelBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}

/// A body with the sender of its pieces.
pub(crate) fn channel() -> (mpsc::Sender<Bytes>, Body) {
    let (sender, receiver) = mpsc::channel(1);
    (sender, Body::new(ChannelBody(receiver)))
}

/// The answer that sends so many bytes of a file, with these headers.
pub(crate) fn sent(mut file: File, length: u64, headers: &[(HeaderName, String)]) -> Response<Body> {
    let (sender, body) = channel();
    tokio::spawn(async move {
        let mut left = length;
        while left > 0 {
            let read = spawn_blocking(move || {
                let mut piece = vec![0; PIECE.min(usize::try_from(left).unwrap_or(PIECE))];
                let count = file.read(&mut piece).unwrap_or(0);
                piece.truncate(count);
                (file, piece)
            });
            let Ok((same, piece)) = read.await else { return };
            (file, left) = (same, left - piece.len() as u64);
            // A file that became shorter ends the connection: its length was promised.
            if piece.is_empty() || sender.send(piece.into()).await.is_err() {
                return;
            }
        }
    });
    let mut response = Response::new(body);
    let fields = headers.iter().cloned().chain([(header::CONTENT_LENGTH, length.to_string())]);
    for (name, value) in fields {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The header that makes a browser save a file under its name, whatever letters that has.
pub(crate) fn attachment(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let coded: String = name
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    format!("attachment; filename*=UTF-8''{coded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_header() {
        assert_eq!(attachment("stdout.log"), "attachment; filename*=UTF-8''stdout.log");
        assert_eq!(attachment("a\"\r\nb: ä"), "attachment; filename*=UTF-8''a%22%0D%0Ab%3A%20%C3%A4");
    }
}
