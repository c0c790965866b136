//! The guard: decides which requests are answered, before any handler sees them.
use std::net::IpAddr;

use axum::body::Body;
use axum::http::header::{self, HeaderValue};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, Uri};

use crate::http::address::machine;
use crate::http::token::Token;

/// The part of a link that carries a token.
const PARAMETER: &str = "token=";

/// Rules for requests: reading only, from a name of this machine, and with the token where one is asked for.
pub(crate) struct Guard {
    token: Option<Token>,
    /// The name of the cookie: browsers send the cookies of all ports of a host.
    cookie: String,
    hosts: Vec<String>,
}

/// The verdict on a request.
pub(crate) enum Verdict {
    Pass,
    /// The link had the token: the browser gets it as a cookie, and the page under an address without it.
    Welcome(Response<Body>),
    Refuse(Response<Body>),
}

impl Guard {
    /// The guard of a listener at a port; `hosts` are names beside those that the machine is known to have.
    pub(crate) fn new(token: Option<Token>, port: u16, hosts: &[String]) -> Self {
        let mut hosts: Vec<String> = hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        if token.is_some() {
            hosts.extend(Some(machine()).filter(|name| !name.is_empty()));
        }
        Self { token, cookie: format!("galvani_{port}"), hosts }
    }

    /// The verdict on a request.
    pub(crate) fn judge(&self, request: &Request<Body>) -> Verdict {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            let mut refusal = said(StatusCode::METHOD_NOT_ALLOWED, "this page is for reading: only GET and HEAD\n");
            refusal.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return Verdict::Refuse(refusal);
        }
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        if !host.is_some_and(|host| self.knows(host)) {
            // A page elsewhere can give a name of its own to this machine's address, and then read the answers.
            let sentence = "this page is not known under that name\nhint: use the link that was printed, or give the name with `--host NAME`\n";
            return Verdict::Refuse(said(StatusCode::MISDIRECTED_REQUEST, sentence));
        }
        let Some(token) = &self.token else { return Verdict::Pass };
        if carried(request.headers(), &self.cookie).any(|text| token.is(text)) {
            return Verdict::Pass;
        }
        let in_link = request.uri().query().into_iter().flat_map(|query| query.split('&'));
        if in_link.filter_map(|pair| pair.strip_prefix(PARAMETER)).any(|text| token.is(text)) {
            return Verdict::Welcome(self.welcome(token, request.uri()));
        }
        let sentence = "the token is missing or wrong\nhint: use the whole link that was printed; programs send the header `Authorization: Bearer TOKEN`\n";
        Verdict::Refuse(said(StatusCode::UNAUTHORIZED, sentence))
    }

    /// True where the header `Host` names this machine; any port will do, since a tunnel changes it.
    fn knows(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        };
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        if name == "localhost" || self.hosts.iter().any(|known| is_named(&name, known)) {
            return true;
        }
        // A number is nobody's name; without a token only this machine's own are its.
        name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback() || self.token.is_some())
    }

    fn welcome(&self, token: &Token, uri: &Uri) -> Response<Body> {
        let kept: Vec<&str> = uri
            .query()
            .into_iter()
            .flat_map(|query| query.split('&'))
            .filter(|pair| !pair.starts_with(PARAMETER))
            .collect();
        let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
        // Two slashes at the beginning would name another host.
        let place = format!("/{}{query}", uri.path().trim_start_matches('/'));
        let mut response = said(StatusCode::SEE_OTHER, "");
        let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Lax", self.cookie, token.text());
        for (name, value) in [(header::LOCATION, place), (header::SET_COOKIE, cookie)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// True for a name, and for the same with a domain.
fn is_named(name: &str, known: &str) -> bool {
    name.strip_prefix(known).is_some_and(|rest| rest.is_empty() || (rest.starts_with('.') && !known.contains('.')))
}

/// The tokens that the headers of a request carry.
fn carried<'a>(headers: &'a HeaderMap, cookie: &'a str) -> impl Iterator<Item = &'a str> {
    let text = |value: &'a HeaderValue| value.to_str().ok();
    let bearer = headers.get(header::AUTHORIZATION).and_then(text).and_then(|value| value.strip_prefix("Bearer "));
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(text).flat_map(|all| all.split(';'));
    let named = cookies.filter_map(|pair| pair.trim().split_once('=')).filter(move |(name, _)| *name == cookie);
    bearer.into_iter().chain(named.map(|(_, value)| value))
}

/// An answer of plain text.
pub(crate) fn said(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// Adds the headers that every answer has; an answer with a content policy of its own keeps it.
pub(crate) fn secure(response: &mut Response<Body>) {
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cache-control", "no-store"),
        (
            "content-security-policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; font-src data:; img-src data:; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, uri: &str, headers: &[(&str, &str)]) -> Request<Body> {
        let request = headers.iter().fold(Request::builder().method(method).uri(uri), |it, (k, v)| it.header(*k, *v));
        request.body(Body::empty()).unwrap()
    }

    fn status(guard: &Guard, request: &Request<Body>) -> u16 {
        match guard.judge(request) {
            Verdict::Pass => 200,
            Verdict::Welcome(response) | Verdict::Refuse(response) => response.status().as_u16(),
        }
    }

    #[test]
    fn without_a_token_this_machine_alone_is_answered() {
        let guard = Guard::new(None, 4590, &["Proxy.example".into()]);
        for (method, host, expected) in [
            ("GET", Some("127.0.0.1:4590"), 200),
            ("HEAD", Some("localhost:9999"), 200),
            ("GET", Some("[::1]:4590"), 200),
            ("GET", Some("LOCALHOST."), 200),
            ("GET", Some("proxy.example"), 200),
            ("GET", Some("evil.example:4590"), 421),
            ("GET", Some("127.0.0.1.evil.example"), 421),
            ("GET", Some("localhost.evil.example"), 421),
            ("GET", Some("192.168.1.7:4590"), 421),
            ("GET", Some(""), 421),
            ("GET", None, 421),
            ("POST", Some("localhost"), 405),
            ("DELETE", Some("localhost"), 405),
        ] {
            let headers: Vec<_> = host.iter().map(|host| ("host", *host)).collect();
            assert_eq!(status(&guard, &request(method, "/", &headers)), expected, "{method} {host:?}");
        }
    }

    #[test]
    fn a_token_comes_by_link_cookie_or_header() {
        let token = Token::random().unwrap();
        let (text, guard) = (token.text().to_owned(), Guard::new(Some(token), 4590, &[]));
        let host = ("host", "192.168.1.7:4590");
        let own = format!("{}.example", machine());
        for (uri, headers, expected) in [
            ("/".to_owned(), vec![host], 401),
            (format!("/?token={text}x"), vec![host], 401),
            (format!("/run/a?token={text}"), vec![host], 303),
            ("/".to_owned(), vec![host, ("authorization", &format!("Bearer {text}"))], 200),
            ("/".to_owned(), vec![("host", &own), ("authorization", &format!("Bearer {text}"))], 200),
            ("/".to_owned(), vec![host, ("cookie", &format!("a=b; galvani_4590={text}"))], 200),
            ("/".to_owned(), vec![host, ("cookie", &format!("galvani_4591={text}"))], 401),
            ("/".to_owned(), vec![host, ("authorization", &text)], 401),
            (format!("/?token={text}"), vec![("host", "evil.example")], 421),
        ] {
            assert_eq!(status(&guard, &request("GET", &uri, &headers)), expected, "{uri}");
        }
        let Verdict::Welcome(response) = guard.judge(&request("GET", &format!("//evil/?a=1&token={text}&b"), &[host]))
        else {
            panic!("the token is right")
        };
        assert_eq!(response.headers()["location"], "/evil/?a=1&b");
        assert!(response.headers()["set-cookie"].to_str().unwrap().contains("HttpOnly; SameSite=Lax"));
    }
}
