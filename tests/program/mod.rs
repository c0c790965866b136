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

/// The kind of this processor, as far as the order of sums in a Gaussian process depends on it: the width of the vectors that
/// faer chooses when it runs, and the model, whose caches decide the blocks of its products.
pub fn processor() -> String {
    #[cfg(target_arch = "x86_64")]
    let width = match () {
        () if std::arch::is_x86_feature_detected!("avx512f") => "avx512f",
        () if std::arch::is_x86_feature_detected!("avx2") => "avx2",
        () => "narrow",
    };
    #[cfg(not(target_arch = "x86_64"))]
    let width = "other";
    let listing = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = listing.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    format!("{width}, {}", model.map_or("unknown", |(_, name)| name.trim()))
}

/// The golden file of this build. With the tensor library, faer multiplies by other kernels (`gemm` with `x86-v4`), so that a Gaussian
/// process has other last bits; where a file then differs, NAME.tensors.jsonl beside NAME.jsonl is this build's.
pub fn of_build(path: &Path) -> PathBuf {
    let own = path.with_extension("tensors.jsonl");
    if cfg!(feature = "battery") && (own.exists() || is_update()) { own } else { path.to_owned() }
}

/// Writes a golden file of this build; a file that would equal that of builds without tensors is left out.
pub fn write(path: &Path, text: &str) {
    let own = of_build(path);
    let is_same = own != path && fs::read_to_string(path).is_ok_and(|other| other == text);
    if is_same { drop(fs::remove_file(own)) } else { fs::write(own, text).unwrap() }
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
        return write(path, text);
    }
    let path = of_build(path);
    let expected = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    same(&path, &expected, text);
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
