//! The program as its users meet it, for tests that pin what it does and name nothing inside it.
#![allow(dead_code, reason = "each test uses its part")]
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use serde_json::{Value as Json, json};

/// A folder of fixtures.
pub fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// True where golden files are to be written anew.
pub fn is_update() -> bool {
    std::env::var_os("UPDATE").is_some()
}

/// The kind of this processor, as far as the order of sums in a Gaussian process depends on it: how wide the vectors are that
/// faer chooses when it runs.
pub fn processor() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f") {
            return "avx512f";
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            return "avx2";
        }
    }
    "other"
}

/// Runs a verb in a folder, to its end.
pub fn galvani(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

/// The text that a verb prints, once it has succeeded.
pub fn printed(folder: &Path, arguments: &[&str]) -> String {
    let output = galvani(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The objects of a text of JSON lines.
pub fn lines(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

/// Compares a text with a golden file line by line, or writes that file.
pub fn compare(path: &Path, text: &str) {
    if is_update() {
        return fs::write(path, text).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    same(path, &expected, text);
}

/// Fails at the first line that differs.
pub fn same(path: &Path, expected: &str, text: &str) {
    for (number, (expected, line)) in (1..).zip(expected.lines().zip(text.lines())) {
        assert_eq!(line, expected, "{}, line {number}", path.display());
    }
    assert_eq!(text.lines().count(), expected.lines().count(), "{}: lines", path.display());
}

/// A session of `ask-tell` in a folder, with the experiment of a file there.
pub struct Session {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Session {
    pub fn begin(folder: &Path, file: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        command.args(["ask-tell", file]).current_dir(folder);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { input: child.stdin.take(), child, output }
    }

    /// One line, and its answer.
    pub fn say(&mut self, request: &Json) -> Json {
        writeln!(self.input.as_mut().unwrap(), "{request}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{request}: {answer:?}: {error}"))
    }

    pub fn ask(&mut self, count: usize) -> Json {
        self.say(&json!({ "ask": { "count": count } }))
    }

    /// The end of the input is the end of the session.
    pub fn end(mut self) {
        self.input = None;
        assert!(self.child.wait().unwrap().success());
    }
}
