//! The promise that an acknowledged record survives whatever ends its writer.
mod records;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use galvani::numeric::stream::Stream;
use galvani::store::Store;
use records::{begun, ended, started};

/// Runs this very program as a child that does what the test with that name does where `GALVANI_TEST_STORE` is set.
fn child(test: &str, path: &Path, shell: &str) -> std::process::Child {
    Command::new("/bin/sh")
        .args(["-c", &format!("{shell} exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env("GALVANI_TEST_STORE", path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn store_of_child() -> Option<PathBuf> {
    Some(std::env::var_os("GALVANI_TEST_STORE")?.into())
}

/// Not a promise of its own: the process that the next test kills.
#[test]
fn child_appends() {
    let Some(path) = store_of_child() else { return };
    let (mut store, opened) = Store::open(&path).unwrap();
    for number in opened.records.len().. {
        let record = if number == 0 { begun() } else { ended(number as u32) };
        store.append(&record).unwrap();
        println!("\nacknowledged {number}");
    }
}

#[test]
fn a_kill_at_any_moment_loses_no_acknowledged_record() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut stream = Stream::of(1, "kills", 0);
    let mut acknowledged = None;
    for round in 0..30 {
        let mut writer = child("child_appends", &path, "");
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let reader = thread::spawn(move || {
            let numbers =
                lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("acknowledged ")?.parse().ok());
            numbers.last()
        });
        // Every fourth kill falls into the opening.
        let most = if round % 4 == 0 { 30.0 } else { 400.0 };
        thread::sleep(Duration::from_secs_f64(stream.uniform() * most / 1000.0));
        writer.kill().unwrap();
        writer.wait().unwrap();
        acknowledged = reader.join().unwrap().or(acknowledged);
        if !path.join("journal.jsonl").exists() {
            continue;
        }
        let records = Store::read(&path).unwrap();
        assert!(records.len() > acknowledged.unwrap_or(0) || acknowledged.is_none(), "round {round}: {acknowledged:?}");
        for (record, number) in records.iter().zip(0..) {
            assert_eq!(*record, if number == 0 { begun() } else { ended(number) });
        }
    }
    let (_, opened) = Store::open(&path).unwrap();
    assert!(acknowledged.is_some_and(|last: usize| opened.records.len() > last), "{acknowledged:?}");
}

/// Not a promise of its own: the process with the small disk of the next test.
#[test]
fn child_fills_its_disk() {
    let Some(path) = store_of_child() else { return };
    let (mut store, opened) = Store::open(&path).unwrap();
    for number in opened.records.len().. {
        let error = match store.append(&ended(number as u32)) {
            Ok(()) => continue,
            Err(error) => error.to_string().replace('\n', " / "),
        };
        println!("\nappended {number}\nfailed {error}\nwarned {:?}", store.take_warnings());
        // What is short enough still fits, behind nothing half written.
        let fits = store.append(&started(1)).is_ok();
        println!("fits {fits}");
        return;
    }
}

#[test]
fn a_full_disk_is_said_and_leaves_no_half_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    Store::open(&path).unwrap().0.append(&begun()).unwrap();
    // A limit of 64 KB on every file, and no signal about it.
    let output = child("child_fills_its_disk", &path, "trap '' XFSZ; ulimit -f 128;").wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let line = |start: &str| said.lines().find_map(|line| line.strip_prefix(start)).expect("a line").to_owned();
    let failed = line("failed ");
    assert!(failed.contains("no room") && failed.contains("journal.jsonl") && failed.contains("hint:"), "{said}");
    let (appended, fits) = (line("appended ").parse::<usize>().unwrap(), line("fits ") == "true");
    let (_, opened) = Store::open(&path).unwrap();
    assert_eq!(opened.records.len(), appended + usize::from(fits), "{said}");
    assert!(!opened.warnings.iter().any(|warning| warning.contains("unfinished")), "{:?}", opened.warnings);
}
