//! The client: sends requests to the coordinator that a file names, over one connection that is kept.
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::fleet::coordinator_file::{CoordinatorFile, FileError};

/// The time for a connection.
const CONNECTING: Duration = Duration::from_secs(5);
/// The time for an answer, which a poll and a tell wait for at the coordinator.
const ANSWERING: Duration = Duration::from_secs(30);
/// The longest answer, in bytes.
const LONGEST: usize = 64 << 20;

/// A reason why a request has no answer.
#[derive(Debug, Error)]
pub enum ClientError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the coordinator at {address} is not reached: {source}")]
    Unreached { address: String, source: io::Error },
    #[error("the coordinator refuses: {reason}")]
    Refused { status: u16, reason: String },
}

/// A client of the coordinator of a run.
pub struct Client {
    path: PathBuf,
    file: CoordinatorFile,
    stream: Option<BufReader<TcpStream>>,
}

impl Client {
    /// A client of the coordinator that a file names.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn of(path: &Path) -> Result<Self, FileError> {
        Ok(Self { path: path.into(), file: CoordinatorFile::read(path)?, stream: None })
    }

    /// The folder in which programs are started.
    pub(crate) fn directory(&self) -> &Path {
        &self.file.directory
    }

    /// Reads the file again: a coordinator that was started again has another address and another token.
    ///
    /// # Errors
    /// The file cannot be used.
    pub fn reload(&mut self) -> Result<(), FileError> {
        self.stream = None;
        self.file = CoordinatorFile::read(&self.path)?;
        Ok(())
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    /// The coordinator is not reached, or it refuses.
    pub fn post<T: DeserializeOwned>(&mut self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        let body = serde_json::to_vec(body).map_err(|error| self.unreached(io::Error::other(error)))?;
        let is_kept = self.stream.is_some();
        let answer = match self.exchange(path, &body) {
            // The coordinator closes connections that were silent for a while.
            Err(error) if is_kept && is_closed(&error) => self.exchange(path, &body),
            other => other,
        };
        let (status, text) = answer.map_err(|error| self.unreached(error))?;
        if status != 200 {
            let said: Option<serde_json::Value> = serde_json::from_slice(&text).ok();
            let reason = said.and_then(|said| said["error"].as_str().map(str::to_owned));
            let reason = reason.unwrap_or_else(|| format!("it answers with status {status}"));
            return Err(ClientError::Refused { status, reason });
        }
        serde_json::from_slice(&text).map_err(|error| self.unreached(io::Error::other(error)))
    }

    fn unreached(&mut self, source: io::Error) -> ClientError {
        self.stream = None;
        ClientError::Unreached { address: self.file.address.clone(), source }
    }

    fn exchange(&mut self, path: &str, body: &[u8]) -> io::Result<(u16, Vec<u8>)> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(connect(&self.file.address)?),
        };
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.file.address,
            self.file.token,
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        stream.get_mut().write_all(&request)?;
        let (status, length, is_kept) = head(&mut stream)?;
        let mut text = vec![0; length];
        stream.read_exact(&mut text)?;
        self.stream = is_kept.then_some(stream);
        Ok((status, text))
    }
}

fn is_closed(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(ErrorKind::NotFound, "the name of the machine is not known");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECTING) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(ANSWERING))?;
                stream.set_write_timeout(Some(ANSWERING))?;
                return Ok(stream);
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// The head of an answer: its status, the length of its body, and true where the connection stays open.
fn head(stream: &mut impl BufRead) -> io::Result<(u16, usize, bool)> {
    let malformed = || io::Error::new(ErrorKind::InvalidData, "the answer is not HTTP");
    let line = head_line(stream)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(malformed)?;
    let (mut length, mut is_kept) = (None, true);
    loop {
        let line = head_line(stream)?;
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else { return Err(malformed()) };
        match (name.to_ascii_lowercase().as_str(), value.trim()) {
            ("content-length", value) => length = value.parse().ok().filter(|length| *length <= LONGEST),
            ("connection", value) => is_kept = !value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    Ok((status, length.ok_or_else(malformed)?, is_kept))
}

fn head_line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    // The head of an answer is short; a longer line is none.
    if stream.take(16 << 10).read_line(&mut line)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_an_answer_is_read_or_refused() {
        for (text, expected) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 12\r\nX: y\r\n\r\nbody", Some((200, 12, true))),
            ("HTTP/1.1 401 No\r\ncontent-length: 0\r\nConnection: close\r\n\r\n", Some((401, 0, false))),
            ("HTTP/1.1 200 OK\r\n\r\n", None),
            ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", None),
            ("SSH-2.0-OpenSSH\r\n\r\n", None),
            ("", None),
        ] {
            assert_eq!(head(&mut text.as_bytes()).ok(), expected, "{text}");
        }
    }
}
