//! The page of runs: what it answers, to whom, while a run goes on and after it, and what a browser makes of it.
#![cfg(feature = "serve")]
#[path = "serve/browser.rs"]
mod browser;
mod program;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use browser::{Served, page};
use program::galvani;
use serde_json::{Value as Json, json};

/// A hyperparameter whose name and values are what a page must not believe.
const SPACE: &str = r#"(parameters: {
    "x": Float(min: 0, max: 1),
    "<script>bad()</script>": Categorical(choices: ["<img src=q onerror=bad()>", "\"quoted\" 'too' & so on"]),
})"#;

/// A program that prints a long line and an ugly one, and a cost unless it fails.
const PROGRAM: &str = "awk -v x=$1 'BEGIN { for (i = 0; i < 20000; i++) printf \"long line \"; print \"\"; \
     print \"\\033[31m<script>bad()</script>\"; \
     if (x > 0.8) { print \"<b>no</b>\" > \"/dev/stderr\"; exit 3 } print \"{\\\"cost\\\": \" (x - 0.3)^2 \"}\" }'\n";

/// Writes an experiment `NAME.ron`, whose program is this script of a shell.
fn write(folder: &Path, name: &str, script: &str, fields: &str) {
    fs::write(folder.join("program.sh"), script).unwrap();
    let task = "task: Command(program: \"sh\", arguments: [\"program.sh\", \"{x}\"])";
    let text = format!("(name: \"{name}\", search_space: {SPACE}, {task}, {fields})");
    fs::write(folder.join(format!("{name}.ron")), text).unwrap();
}

/// A folder with a run `e` that has ended.
fn finished() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fields = "stop: (trials: 10), budget: (min: 1, max: 3, eta: 3), optimizer: (design_size: 8)";
    write(folder.path(), "e", PROGRAM, fields);
    let run = galvani(folder.path(), &["run", "e.ron", "--no-validation"]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    folder
}

/// The objects of the data lines of a stream, until one is as wanted.
fn until(stream: &mut impl BufRead, is_wanted: impl Fn(&Json) -> bool) -> (Vec<Json>, String) {
    let (mut all, mut id, mut line) = (Vec::new(), String::new(), String::new());
    while stream.read_line(&mut line).unwrap() > 0 {
        if let Some(text) = line.trim_end().strip_prefix("id: ") {
            id = text.to_owned();
        }
        if let Some(text) = line.strip_prefix("data: ") {
            all.push(serde_json::from_str(text).unwrap());
            if is_wanted(all.last().unwrap()) {
                return (all, id);
            }
        }
        line.clear();
    }
    panic!("the stream has ended: {all:?}");
}

fn open_stream(served: &Served, path: &str, header: &str) -> BufReader<TcpStream> {
    let mut stream = served.connect();
    write!(stream, "GET {path}/stream HTTP/1.1\r\nHost: {}\r\n{header}\r\n", served.address).unwrap();
    BufReader::new(stream)
}

#[test]
fn a_run_that_has_ended_is_shown() {
    let folder = finished();
    let served = Served::start(folder.path(), &[]);
    let list = served.json("/runs.json");
    assert_eq!((&list["runs"][0]["name"], &list["runs"][0]["state"]), (&json!("e"), &json!("complete")));
    assert_eq!(list["runs"][0]["ended"], json!(10));
    let state = served.json("/run/e/state.json");
    assert_eq!((&state["state"], &state["ended"], &state["planned"]), (&json!("complete"), &json!(10), &json!(10)));
    let best: Json =
        serde_json::from_str(&program::printed(folder.path(), &["best", "e", "--format", "json"])).unwrap();
    assert_eq!(state["best"]["cost"], best["cost"]);
    let all = program::lines(&program::printed(folder.path(), &["trials", "e", "--format", "json"]));
    let table = served.json("/run/e/trials.json?rows=200");
    let rows = table["rows"].as_array().unwrap();
    let outcomes = |rows: &[Json]| rows.iter().map(|row| row["outcome"].clone()).collect::<Vec<_>>();
    assert_eq!(outcomes(rows), outcomes(&all));
    let config = |row: &Json| {
        let pairs = row["values"].as_array().unwrap().iter();
        Json::Object(pairs.map(|pair| (pair[0].as_str().unwrap().to_owned(), pair[1].clone())).collect())
    };
    assert!(
        rows.iter().zip(&all).all(|(row, trial)| config(row) == trial["config"] && row["costs"][0] == trial["cost"]
            || trial["cost"].is_null())
    );
    // The stream says all of it, and no result twice to a reader that comes back.
    let (told, id) = until(&mut open_stream(&served, "/run/e", ""), |it| !it["run"].is_null());
    assert_eq!(told.iter().map(|it| it["results"].as_array().unwrap().len()).sum::<usize>(), 10);
    let (again, _) = until(&mut open_stream(&served, "/run/e", &format!("Last-Event-ID: {id}\r\n")), |_| true);
    assert_eq!((&again[0]["from"], &again[0]["results"]), (&json!(10), &json!([])));
    // Filters and their mistakes.
    let found = |query: &str| served.json(&format!("/run/e/trials.json?{query}"))["found"].as_u64().unwrap();
    let failed = found("outcome=crashed");
    assert_eq!(found("outcome=finished") + failed, 10);
    assert_eq!(found("find=x%3E0.8"), failed);
    assert_eq!(found("find=x%3C%3D0.8&sort=cost&descending=true"), 10 - failed);
    let wrong = served.get("/run/e/trials.json?find=y%3E1");
    assert!(wrong.status == 400 && wrong.body.contains("there is no hyperparameter `y`"), "{wrong:?}");
    // The report, as it was written and in a sandbox.
    let report = served.get("/run/e/report");
    assert!(report.status == 200 && report.head.contains("sandbox allow-scripts"), "{}", report.head);
    assert!(served.get("/run/e/experiment").body.contains("(name: \"e\""));
}

#[test]
fn a_trial_has_its_logs_and_its_files_and_nothing_else() {
    let folder = finished();
    let trials = folder.path().join("runs/e/trials/000001");
    fs::write(trials.join("a b"), "own").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", trials.join("link")).unwrap();
    std::os::unix::fs::symlink("/etc", trials.join("folder")).unwrap();
    let served = Served::start(folder.path(), &["e"]);
    let data = served.json("/run/e/trial/1/trial.json");
    let log = &data["trial"]["logs"][0];
    assert_eq!((&log["title"], &log["shown"]), (&json!("stdout.log"), &json!(65536)));
    assert!(log["text"].as_str().unwrap().contains("[31m<script>bad()</script>"));
    let files = data["trial"]["files"]["files"].as_array().unwrap();
    assert!(files.iter().any(|file| file[0] == "a b") && files.iter().all(|file| file[0] != "link"), "{files:?}");
    let own = served.get("/run/e/trial/1/file/a%20b");
    assert_eq!((own.status, own.body.as_str()), (200, "own"));
    assert!(own.head.contains("attachment; filename*=utf-8''a%20b") && own.head.contains("sandbox"), "{}", own.head);
    for path in [
        "/run/e/trial/1/file/link",
        "/run/e/trial/1/file/folder/passwd",
        "/run/e/trial/1/file/../../../../e.ron",
        "/run/e/trial/1/file/..%2F..%2F..%2F..%2Fe.ron",
        "/run/e/trial/1/file/%2e%2e/%2e%2e/store/journal.jsonl",
        "/run/e/trial/1/file//etc/passwd",
        "/run/e/trial/1/file/a%00b",
        "/run/e/trial/1/store/journal.jsonl",
        "/run/e/trial/99/file/stdout.log",
        "/run/..%2F../state.json",
        "/run/../../etc/passwd",
        "/run/other/state.json",
        "/nothing",
    ] {
        let answer = served.get(path);
        assert!([400, 404].contains(&answer.status), "{path}: {answer:?}");
        assert!(!answer.body.contains("root:") && !answer.body.contains("search_space"), "{path}: {answer:?}");
    }
}

#[test]
fn nobody_is_answered_who_should_not_be() {
    let folder = finished();
    let served = Served::start(folder.path(), &[]);
    let host = format!("Host: {}", served.address);
    for (head, status) in [
        (vec!["GET / HTTP/1.1", &host], 200),
        (vec!["HEAD / HTTP/1.1", &host], 200),
        (vec!["POST / HTTP/1.1", &host, "Content-Length: 0"], 405),
        (vec!["PUT /run/e HTTP/1.1", &host, "Content-Length: 0"], 405),
        (vec!["OPTIONS / HTTP/1.1", &host], 405),
        (vec!["GET / HTTP/1.1", "Host: rebound.example"], 421),
        (vec!["GET / HTTP/1.1"], 421),
        (vec!["nonsense"], 400),
    ] {
        let answer = served.ask(&head);
        assert_eq!(answer.status, status, "{head:?}: {answer:?}");
        assert!(!head[0].starts_with("HEAD") || answer.body.is_empty(), "{answer:?}");
    }
    let long = format!("X: {}", "x".repeat(20_000));
    assert_eq!(served.ask(&["GET / HTTP/1.1", &host, &long]).status, 431);
    let page = served.get("/run/e");
    for header in [
        "x-content-type-options: nosniff",
        "referrer-policy: no-referrer",
        "default-src 'none'",
        "cache-control: no-store",
    ] {
        assert!(page.head.contains(header), "{header}: {}", page.head);
    }
    assert!(!page.body.contains("<script>bad") && !page.body.contains("<img src=q"), "{}", page.body);
    // Addresses that others reach ask for the token of the link.
    let open = Served::start(folder.path(), &["--address", "0.0.0.0"]);
    let (_, token) = open.link.split_once("?token=").expect("a link with a token");
    assert_eq!(token.len(), 64);
    let bearer = format!("Authorization: Bearer {token}");
    let wrong = format!("Authorization: Bearer {}", "0".repeat(64));
    let host = format!("Host: {}", open.address);
    for (head, status) in [
        (vec!["GET /runs.json HTTP/1.1", &host], 401),
        (vec!["GET /runs.json HTTP/1.1", &host, &wrong], 401),
        (vec!["GET /runs.json HTTP/1.1", &host, &bearer], 200),
        (vec!["GET /page.js HTTP/1.1", &host], 401),
        (vec!["GET /nothing HTTP/1.1", &host], 401),
    ] {
        assert_eq!(open.ask(&head).status, status, "{head:?}");
    }
    let welcome = open.get(&format!("/?token={token}"));
    assert!(welcome.status == 303 && welcome.head.contains("httponly; samesite=lax"), "{welcome:?}");
}

#[test]
fn connections_that_say_nothing_keep_nobody_out() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), &[]);
    let silent: Vec<_> = (0..300).map(|_| served.connect()).collect();
    let slow: Vec<_> = (0..100)
        .map(|_| {
            let mut stream = served.connect();
            stream.write_all(b"GET / HT").unwrap();
            stream
        })
        .collect();
    assert_eq!(served.json("/runs.json")["runs"], json!([]));
    drop((silent, slow));
}

#[test]
fn a_run_that_goes_on_is_followed_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let gate = folder.path().join("gate");
    let script = format!("while [ ! -e {} ]; do sleep 0.05; done; {PROGRAM}", gate.display());
    write(folder.path(), "live", &script, "stop: (trials: 4)");
    let mut child = Command::new(env!("CARGO_BIN_EXE_galvani"))
        .args(["run", "live.ron", "--no-validation", "--serve=127.0.0.1:0"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let link = said.find_map(|line| line.unwrap().strip_prefix("page: ").map(str::to_owned)).expect("a link");
    let served = Served::of(child, &link);
    // The same run by a program of its own, which reads along.
    let other = loop {
        if folder.path().join("runs/live/store/journal.jsonl").exists() {
            break Served::start(folder.path(), &["live"]);
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let mut streams = Vec::new();
    for served in [&served, &other] {
        let mut stream = open_stream(served, "/run/live", "");
        let (told, _) = until(&mut stream, |it| it["run"]["slots"][0]["trial"] == 1);
        assert_eq!(told.last().unwrap()["run"]["state"], "running");
        streams.push(stream);
    }
    assert_eq!(other.json("/runs.json")["runs"][0]["state"], "running");
    fs::write(&gate, "").unwrap();
    for stream in &mut streams {
        let (told, _) = until(stream, |it| it["run"]["ended"] == 4);
        let results: usize = told.iter().map(|it| it["results"].as_array().unwrap().len()).sum();
        assert_eq!(results, 4);
    }
    let last: Vec<String> = said.map(Result::unwrap).collect();
    assert!(last.iter().any(|line| line.contains("`galvani serve live` shows it again")), "{last:?}");
    let (told, _) = until(&mut streams[1], |it| it["run"]["state"] == "complete");
    assert!(!told.is_empty());
}

#[test]
fn a_port_that_is_taken_is_no_harm_to_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let space = r#"(parameters: { "x1": Float(min: -5, max: 10), "x2": Float(min: 0, max: 15) })"#;
    let text = format!("(name: \"e\", search_space: {space}, task: Function(\"branin\"), stop: (trials: 2))");
    fs::write(folder.path().join("e.ron"), text).unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("--serve={}", taken.local_addr().unwrap());
    let run = galvani(folder.path(), &["run", "e.ron", &address]);
    let said = String::from_utf8(run.stderr).unwrap();
    assert!(run.status.success() && said.contains("the run has no page") && said.contains("is taken"), "{said}");
    let wrong = galvani(folder.path(), &["run", "e.ron", "--serve=nowhere"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_browser_shows_what_is_there_and_believes_none_of_it() {
    let folder = finished();
    let served = Served::start(folder.path(), &[]);
    let Some(list) = page(&served.link) else { return };
    assert!(list.contains("href=\"/run/e\"") && list.contains("complete"), "{list}");
    let run = page(&format!("{}run/e", served.link)).unwrap();
    assert!(
        run.contains("10 of 10 trials") && run.contains("Best cost") && run.contains("href=\"/run/e/report\""),
        "{run}"
    );
    assert!(run.contains("&lt;script&gt;bad()&lt;/script&gt;"), "names are shown");
    let body = run.split("id=\"main\"").nth(1).unwrap().split("id=\"data\"").next().unwrap();
    assert!(body.contains("<td class=\"n\"><a href=\"/run/e/trial/10\">10</a></td>"), "the table has rows: {body}");
    assert!(!body.contains("<script>bad") && !body.contains("<img"), "{body}");
    let trial = page(&format!("{}run/e/trial/1", served.link)).unwrap();
    assert!(trial.contains("stdout.log") && trial.contains("the last 64 KiB of"), "{trial}");
}
