//! Addresses to listen at: an address of the machine, a port, and the links to the page there.
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::str::FromStr;

use thiserror::Error;

use crate::document::diagnostic::Diagnostic;

/// The port where none is given.
pub(crate) const PORT: u16 = 4590;
/// The number of ports that are tried where none is given.
const TRIED: u16 = 20;

/// An address to listen at; without a port, the first free one from [`PORT`] on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListenAddress {
    pub ip: IpAddr,
    pub port: Option<u16>,
}

impl ListenAddress {
    /// Every address of this machine.
    pub const EVERYWHERE: Self = Self { ip: IpAddr::V4(Ipv4Addr::UNSPECIFIED), port: None };
}

impl Default for ListenAddress {
    fn default() -> Self {
        Self { ip: IpAddr::V4(Ipv4Addr::LOCALHOST), port: None }
    }
}

impl FromStr for ListenAddress {
    type Err = Diagnostic;

    /// The address of `IP`, `IP:PORT`, `PORT`, or the same with `localhost`.
    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        let named = text.replacen("localhost", "127.0.0.1", usize::from(text.starts_with("localhost")));
        if let Ok(address) = named.parse::<SocketAddr>() {
            return Ok(Self { ip: address.ip(), port: Some(address.port()) });
        }
        if let Ok(ip) = named.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            return Ok(Self { ip, port: None });
        }
        match text.trim_start_matches(':').parse::<u16>() {
            Ok(port) => Ok(Self { port: Some(port), ..Self::default() }),
            Err(_) => Err(Diagnostic::new(format!("`{text}` is not an address of this machine")).hint(
                "give an IP address, a port, or both, such as 0.0.0.0, 8080 or 127.0.0.1:8080; without, it is 127.0.0.1",
            )),
        }
    }
}

/// The reason why a page cannot be served.
#[derive(Debug, Error)]
pub(crate) enum ServeError {
    #[error("port {port} of {ip} is taken\nhint: choose another one, or none: then the next free one is taken")]
    Taken { ip: IpAddr, port: u16 },
    #[error(
        "cannot listen at {ip}, port {port}: {source}\nhint: `127.0.0.1` is this machine alone, `0.0.0.0` all of its addresses"
    )]
    Unusable { ip: IpAddr, port: u16, source: io::Error },
    #[error("cannot start the page: {0}")]
    Start(#[from] io::Error),
}

/// A socket that listens at an address.
///
/// # Errors
/// The address is not one of this machine's, or its port is taken.
pub(crate) fn bind(address: ListenAddress) -> Result<TcpListener, ServeError> {
    let ip = address.ip;
    let ports = address.port.map_or(PORT..=PORT + TRIED, |port| port..=port);
    let last = *ports.end();
    for port in ports {
        match TcpListener::bind((ip, port)) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && port < last => {}
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => break,
            Err(source) => return Err(ServeError::Unusable { ip, port, source }),
        }
    }
    Err(ServeError::Taken { ip, port: last })
}

/// The host of a link that reaches an address: of the address that means all, the machine's own towards the network.
pub(crate) fn host(ip: IpAddr) -> String {
    let ip = if ip.is_unspecified() { outward().unwrap_or(ip) } else { ip };
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// The address of this machine towards others. Nothing is sent: a datagram socket only asks for the route.
fn outward() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // An address for documentation (RFC 5737), which no machine has.
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// The name of this machine; empty where it is not known.
pub(crate) fn machine() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname").map(|name| name.trim().to_ascii_lowercase()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_or_refused_in_plain_words() {
        let of = |text: &str| text.parse::<ListenAddress>().map(|it| (it.ip.to_string(), it.port));
        for (text, ip, port) in [
            ("127.0.0.1", "127.0.0.1", None),
            ("localhost", "127.0.0.1", None),
            ("localhost:8080", "127.0.0.1", Some(8080)),
            ("8080", "127.0.0.1", Some(8080)),
            (":8080", "127.0.0.1", Some(8080)),
            ("0.0.0.0:0", "0.0.0.0", Some(0)),
            ("::1", "::1", None),
            ("[::1]:80", "::1", Some(80)),
        ] {
            assert_eq!(of(text), Ok((ip.to_owned(), port)), "{text}");
        }
        for text in ["", "here", "70000", "1.2.3", "127.0.0.1:x"] {
            assert!(of(text).unwrap_err().message.contains("not an address"), "{text}");
        }
    }

    #[test]
    fn a_port_that_is_taken_is_refused_where_it_was_asked_for() {
        let first = bind(ListenAddress { port: Some(0), ..ListenAddress::default() }).unwrap();
        let port = first.local_addr().unwrap().port();
        let again = bind(ListenAddress { port: Some(port), ..ListenAddress::default() });
        assert!(again.unwrap_err().to_string().contains("is taken"));
    }
}
