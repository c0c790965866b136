//! Workers elsewhere: the same results as on one machine, whatever becomes of workers and coordinator.
#![cfg(feature = "serve")]

#[path = "workers/sweep.rs"]
mod sweep;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::thread::sleep;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use sweep::{Sweep, wait_for};

/// Checks that a sweep has all of its results, each right and once, and that nothing is left.
///
/// A cost follows from the configuration and from how often it was trained before, so that a trial which continued from another
/// checkpoint than that of the trials that count would have another.
fn check(sweep: &Sweep, count: usize) {
    let rows = sweep.results();
    let place = |row: &Value| (row["config"].to_string(), row["budget"].to_string());
    assert_eq!(rows.iter().map(place).collect::<BTreeSet<_>>().len(), rows.len(), "one ran twice");
    assert_eq!(rows.len(), count);
    for row in &rows {
        let budget = |row: &Value| row["budget"].as_f64().unwrap();
        let before = rows.iter().filter(|each| each["config"] == row["config"] && budget(each) < budget(row)).count();
        let (x, n) = (row["config"]["x"].as_f64().unwrap(), row["config"]["n"].as_f64().unwrap());
        let expected = (x - 0.3).powi(2) + n / 100.0 - (before + 1) as f64;
        let cost = row["cost"].as_f64().unwrap_or(f64::NAN);
        assert!((cost - expected).abs() < 1e-6 && row["outcome"] == "finished", "{row}: {expected}");
    }
    assert_eq!(sweep.left_over(), 0);
    assert!(!sweep.coordinator_file().exists() && !sweep.run_folder().join("results").exists());
}

#[test]
fn workers_come_to_the_results_of_one_machine() {
    let new = || Sweep::edited("", |text| text.replace("intensifier: Hyperband", "intensifier: FullFidelity"));
    let (here, elsewhere) = (new(), new());
    here.run_here();
    let mut run = elsewhere.listen(20);
    let _workers = ["a", "b", "c"].map(|name| elsewhere.worker(name, &["--slots", "2"]));
    elsewhere.finish(&mut run);
    let sorted = |sweep: &Sweep| {
        let line = |row: Value| ["config", "budget", "seed", "cost"].map(|key| row[key].to_string()).join(" ");
        sweep.results().into_iter().map(line).collect::<BTreeSet<String>>()
    };
    assert_eq!(sorted(&elsewhere).len(), 66);
    assert_eq!(sorted(&elsewhere), sorted(&here));
}

#[test]
fn several_workers_share_a_sweep() {
    let sweep = Sweep::new("sleep 0.1");
    let mut run = sweep.listen(20);
    assert_eq!(fs::metadata(sweep.coordinator_file()).unwrap().permissions().mode() & 0o777, 0o600);
    let mut workers: Vec<_> = ["a", "b", "c"].map(|name| sweep.worker(name, &["--slots", "2"])).into();
    sweep.finish(&mut run);
    for worker in &mut workers {
        assert_eq!(worker.code(), Some(0));
    }
    check(&sweep, 66);
    assert_eq!(sweep.started().len(), 66);
    assert_eq!(sweep.events("worker_joined").len(), 3);
    let slots: BTreeSet<String> =
        sweep.events("started").iter().map(|event| event["slot"].as_str().unwrap().to_owned()).collect();
    assert!(slots.contains("a/cpu:0") && slots.contains("c/cpu:1"), "{slots:?}");
    // The files of the attempt that counts are the trial's.
    let trial = sweep.run_folder().join("trials/000001");
    assert!(trial.join("stdout.log").exists() && !trial.join("attempt-1").exists());
}

#[test]
fn a_killed_worker_loses_nothing() {
    let sweep = Sweep::new("sleep 0.2");
    let mut run = sweep.listen(2);
    let killed = sweep.worker("killed", &["--slots", "2"]);
    wait_for("a trial", || sweep.started().len() > 2);
    killed.signal(Signal::KILL);
    let mut other = sweep.worker("other", &["--slots", "4"]);
    sweep.finish(&mut run);
    assert_eq!(other.code(), Some(0));
    check(&sweep, 66);
    let left = sweep.events("worker_left");
    assert_eq!((left[0]["worker"].as_str(), left[0]["reason"].as_str()), (Some("killed"), Some("lost")));
    let lost = left[0]["lost"].as_u64().unwrap();
    assert!((1..=2).contains(&lost));
    let again = sweep.events("retrying");
    assert_eq!(again.len() as u64, lost);
    assert!(again.iter().all(|event| event["forfeit"] == "expired"), "{again:?}");
}

#[test]
fn the_late_result_of_a_frozen_worker_counts_for_nothing() {
    let sweep = Sweep::new("sleep 0.3");
    let mut run = sweep.listen(2);
    let mut frozen = sweep.worker("frozen", &[]);
    wait_for("a trial", || !sweep.events("started").is_empty());
    frozen.signal(Signal::STOP);
    let mut other = sweep.worker("other", &[]);
    wait_for("the loss", || !sweep.events("worker_left").is_empty());
    wait_for("another attempt", || sweep.started().iter().any(|folder| folder.ends_with("attempt-2")));
    frozen.signal(Signal::CONT);
    wait_for("the late result", || !sweep.events("late").is_empty());
    let mut more = sweep.worker("more", &["--slots", "4"]);
    sweep.finish(&mut run);
    assert_eq!((other.code(), frozen.code(), more.code()), (Some(0), Some(0), Some(0)));
    check(&sweep, 66);
    assert_eq!(sweep.events("late").len(), 1);
}

#[test]
fn a_killed_coordinator_takes_its_trials_back() {
    let sweep = Sweep::new("sleep 0.4");
    let run = sweep.listen(10);
    let mut workers: Vec<_> = ["a", "b"].map(|name| sweep.worker(name, &["--slots", "3"])).into();
    let mut again = run;
    for kill in 1..=2 {
        wait_for("trials", || sweep.started().len() > 12 * kill);
        again.signal(Signal::KILL);
        again.code();
        // Trials end while nobody listens.
        sleep(Duration::from_millis(600));
        again = sweep.listen(10);
    }
    sweep.finish(&mut again);
    for worker in &mut workers {
        assert_eq!(worker.code(), Some(0));
    }
    check(&sweep, 66);
    // None ran twice.
    assert_eq!(sweep.started().len(), 66);
    assert!(sweep.events("late").is_empty() && sweep.events("retrying").is_empty());
}

#[test]
fn a_worker_that_is_asked_to_end_gives_its_trials_back() {
    let sweep = Sweep::new("sleep 0.3");
    let mut run = sweep.listen(60);
    // The same trial may be given back more often than it may be lost.
    for round in 1..=4 {
        let mut worker = sweep.worker("preempted", &[]);
        let before = sweep.started().len();
        wait_for("a trial", || sweep.started().len() > before);
        worker.signal(Signal::TERM);
        assert_eq!(worker.code(), Some(0));
        wait_for("the end", || sweep.events("worker_left").len() == round);
    }
    let mut worker = sweep.worker("stays", &["--slots", "4"]);
    sweep.finish(&mut run);
    assert_eq!(worker.code(), Some(0));
    check(&sweep, 66);
    let again = sweep.events("retrying");
    assert!(again.len() >= 3 && again.iter().all(|event| event["forfeit"] == "released"), "{again:?}");
}

#[test]
fn a_worker_takes_no_trial_that_it_cannot_end() {
    let sweep =
        Sweep::edited("", |text| text.replace("workers: 4,", "workers: 4, time_limit: \"1h\",").replace("66", "9"));
    let mut run = sweep.listen(20);
    assert_eq!(sweep.worker("short", &["--time-left", "600"]).code(), Some(0));
    assert!(sweep.started().is_empty());
    assert_eq!(sweep.worker("idle", &["--time-left", "7200", "--slots", "2"]).code(), Some(0));
    sweep.finish(&mut run);
    check(&sweep, 9);
}

/// The status of the answer to a request.
fn status(address: &str, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // The other side may close before it has read all.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().chars().skip(9).take(3).collect()
}

#[test]
fn wrong_requests_are_refused_and_the_sweep_goes_on() {
    let sweep = Sweep::new("sleep 0.05");
    let mut run = sweep.listen(20);
    let file: Value = serde_json::from_slice(&fs::read(sweep.coordinator_file()).unwrap()).unwrap();
    let (address, token) = (file["address"].as_str().unwrap(), file["token"].as_str().unwrap());
    assert_eq!(token.len(), 64);
    let mut worker = sweep.worker("a", &["--slots", "2"]);
    wait_for("a trial", || !sweep.events("started").is_empty());
    let wrong = format!("{}0", &token[1..]);
    let request = |method: &str, path: &str, token: &str, length: usize| {
        format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{token}Content-Length: {length}\r\n\r\n")
    };
    let bearer = |token: &str| format!("Authorization: Bearer {token}\r\n");
    let tell = br#"{"instance": "x", "events": []}"#;
    for (method, path, carried, body, expected) in [
        ("POST", "/worker/poll", String::new(), &b"{}"[..], "401"),
        ("POST", "/worker/poll", bearer(&wrong), b"{}", "401"),
        ("POST", "/worker/poll", bearer(""), b"{}", "401"),
        ("GET", "/", String::new(), b"", "401"),
        ("POST", "/worker/poll", bearer(token), b"{}", "400"),
        ("POST", "/worker/poll", bearer(token), b"\xff\xfe{{{", "400"),
        ("POST", "/worker/poll", bearer(token), br#"{"instance":"x","name":"x","host":"x","slots":[]}"#, "400"),
        ("GET", "/worker/poll", bearer(token), b"", "405"),
        ("POST", "/elsewhere", bearer(token), b"{}", "404"),
        ("POST", "/worker/tell", bearer(token), tell, "200"),
    ] {
        let head = request(method, path, &carried, body.len());
        assert_eq!(status(address, &head, body), expected, "{method} {path} {}", String::from_utf8_lossy(body));
    }
    let large = vec![b' '; 9 << 20];
    let head = request("POST", "/worker/tell", &bearer(token), 1 << 30);
    assert_eq!(status(address, &head, &large), "413");
    // Many connections that say nothing keep nobody out.
    let _silent: Vec<TcpStream> = (0..300).map(|_| TcpStream::connect(address).unwrap()).collect();
    // A result of a lease that nobody has is no trial's.
    let job = r#"{"trial": {"trial": 1, "attempt": 9}}"#;
    let at = "2026-01-01T00:00:00Z";
    let end = format!(
        r#"{{"outcome": "finished", "cost": -99, "slot": "", "started": "{at}", "at": "{at}", "seconds": 1, "cpu_seconds": 0, "peak_memory": 0}}"#
    );
    let tell = format!(r#"{{"instance": "x", "events": [{{"lease": 7, "job": {job}, "event": {{"ended": {end}}}}}]}}"#);
    for _ in 0..2 {
        let head = request("POST", "/worker/tell", &bearer(token), tell.len());
        assert_eq!(status(address, &head, tell.as_bytes()), "200");
    }
    sweep.finish(&mut run);
    assert_eq!(worker.code(), Some(0));
    check(&sweep, 66);
    // Told twice, it was taken once.
    assert_eq!(sweep.events("late").len(), 1);
}

#[test]
fn a_worker_says_what_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let said = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_galvani"));
        let output = command.arg("worker").args(arguments).current_dir(folder.path()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for (arguments, words) in [
        (&["--coordinator", "coordinator.json"][..], "there is no such file\nhint: `galvani run"),
        (&["--coordinator", "x", "--slots", "0"], "`--slots` must be 1 to 1024"),
        (&["--coordinator", "x", "--slots", "tpu:1"], "`tpu:1` is not a slot"),
        (&[], "--coordinator"),
    ] {
        let (code, text) = said(arguments);
        assert!(code == Some(2) && text.contains(words), "{arguments:?}: {text}");
    }
}
