//! A browser without a screen, and the program that serves, for tests of the page.
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A program that serves, ended with the test.
pub struct Served {
    child: Child,
    /// The link that it printed.
    pub link: String,
    /// Host and port.
    pub address: String,
}

/// An answer to a request.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Served {
    /// Starts `galvani serve` in a folder, at a free port unless the arguments name one.
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        command.arg("serve").args(arguments).args(["--port", "0"]).current_dir(folder);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut link = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut link).unwrap();
        Self::of(child, link.trim())
    }

    /// A program that has printed this link.
    pub fn of(child: Child, link: &str) -> Self {
        let address = link.strip_prefix("http://").expect("a link").split('/').next().unwrap().to_owned();
        Self { child, link: link.to_owned(), address }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// A connection to it, by the address of this machine alone.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port())).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Sends the lines of a request's head, and returns the whole answer.
    pub fn ask(&self, head: &[&str]) -> Answer {
        let mut stream = self.connect();
        write!(stream, "{}\r\nConnection: close\r\n\r\n", head.join("\r\n")).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    /// Gets a path.
    pub fn get(&self, path: &str) -> Answer {
        self.ask(&[&format!("GET {path} HTTP/1.1"), &format!("Host: {}", self.address)])
    }

    /// Gets a path and reads its JSON.
    pub fn json(&self, path: &str) -> serde_json::Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        serde_json::from_str(&unchunked(&answer)).unwrap_or_else(|error| panic!("{path}: {error}: {answer:?}"))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The body of an answer, which may have come in chunks.
pub fn unchunked(answer: &Answer) -> String {
    if !answer.head.contains("transfer-encoding: chunked") {
        return answer.body.clone();
    }
    let (mut rest, mut text) = (answer.body.as_str(), String::new());
    while let Some((length, more)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        text += &more[..length];
        rest = &more[(length + 2).min(more.len())..];
        if length == 0 {
            break;
        }
    }
    text
}

/// The text of a page as Chromium has it after its scripts ran; `None`, said aloud, where there is no Chromium.
pub fn page(link: &str) -> Option<String> {
    let profile = tempfile::tempdir().unwrap();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = names.iter().find(|name| Command::new(name).arg("--version").output().is_ok());
    let Some(browser) = found else {
        eprintln!("skipped: there is no chromium, so the page is not opened in a browser");
        return None;
    };
    let out = profile.path().join("page.html");
    let mut child = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--dump-dom",
            "--timeout=6000",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(link)
        .stdin(Stdio::null())
        .stdout(fs::File::create(&out).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert!(child.wait().unwrap().success());
    Some(fs::read_to_string(out).unwrap())
}
