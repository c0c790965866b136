//! A program that stays and answers one trial after another cannot hurt the sweep either.
mod waiting;

use std::fs;
use std::path::Path;
use std::time::Duration;

use galvani::executor::Executor;
use galvani::executor::job::{JobEvent, JobId, Launch};
use galvani::executor::limits::Limits;
use galvani::executor::process::Processes;
use galvani::executor::slot::Slot;
use galvani::store::record::AttemptEnd;
use galvani::trial::TrialId;
use galvani::trial::outcome::Outcome;
use waiting::{LONG, end};

/// A shell program that runs `body` for each line, with its trial's number in `$trial`.
fn launch(trial: u32, folder: &Path, body: &str, limits: Limits) -> Launch {
    let read = r#"while read -r line; do trial=${line#*\"trial\":}; trial=${trial%%[,\}]*}"#;
    Launch {
        job: JobId::Trial { trial: TrialId(trial), attempt: 1 },
        program: "/bin/sh".into(),
        arguments: vec!["-c".into(), format!("{read}\n{body}\ndone").into()],
        environment: vec![("FOLDER".into(), folder.into())],
        folder: folder.join("workers"),
        checkpoint: folder.join("checkpoint"),
        continues_from: None,
        request: Some(format!("{{\"trial\":{trial},\"config\":{{\"x\":1}}}}")),
        objectives: Vec::new(),
        budget: None,
        limits,
    }
}

/// The ends of so many trials, one after another in one slot.
fn run(count: u32, body: &str, limits: Limits) -> Vec<AttemptEnd> {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = Processes::with_grace(Slot::plain(1), Duration::from_millis(300));
    let ends = (1..=count).map(|trial| {
        executor.start(launch(trial, folder.path(), body, limits)).unwrap();
        assert_eq!(executor.idle(), 0);
        let (ended, _, job) = end(&mut executor);
        assert_eq!((job.number(), ended.slot.as_str(), executor.idle()), (trial, "cpu:0", 1));
        ended
    });
    ends.collect()
}

fn names(ends: &[AttemptEnd]) -> Vec<&str> {
    ends.iter().map(|ended| ended.outcome.kind().word()).collect()
}

#[test]
fn one_process_answers_them_all() {
    let answer = r#"echo "{\"trial\": $trial, \"cost\": $trial, \"info\": {\"pid\": $$}}""#;
    let ends = run(50, answer, Limits::default());
    for (ended, trial) in ends.iter().zip(1..) {
        assert_eq!(ended.outcome, Outcome::of_cost(f64::from(trial)));
        assert_eq!((&ended.info["pid"], ended.exit.as_str()), (&ends[0].info["pid"], "answered"));
        assert!(ended.peak_memory > 0);
    }
}

#[test]
fn lines_for_people_are_ignored() {
    let noise = r#"echo hello; head -c 1000 /dev/urandom; echo; printf '{"trial": '; echo
        echo '[1]'; echo '{"loss": 3}'; echo '{"trial": 999, "epoch": 7}'; echo '{"error": "of some log"}'
        echo "{\"trial\": $trial, \"cost\": 1}"; echo "{\"trial\": $trial, \"cost\": 1}""#;
    assert!(run(20, noise, Limits::default()).iter().all(|ended| ended.outcome == Outcome::of_cost(1.0)));
}

/// The messages of trials that all crash.
fn crashes(count: u32, body: &str) -> Vec<String> {
    let message = |ended: AttemptEnd| match ended.outcome {
        Outcome::Crashed { message } => message,
        other => panic!("{body}: {other:?}"),
    };
    run(count, body, Limits::default()).into_iter().map(message).collect()
}

#[test]
fn an_answer_that_belongs_to_no_trial_ends_the_trial_at_once() {
    let hint =
        "hint: a program with `mode: Persistent` repeats the number of the request: `{\"trial\": 2, \"cost\": 0.3}`";
    for (line, words) in [
        (r#"{\"cost\": 0.3}"#, "it answered `{\"cost\": 0.3}`: it has no `trial`"),
        (r#"{\"trial\": 999, \"cost\": 7}"#, "`{\"trial\": 999, \"cost\": 7}`: it is for trial 999, but trial 2"),
        (r#"{\"trial\": \"$trial\", \"cost\": 7}"#, "its `trial` is text, not the number 2"),
    ] {
        let body = format!("echo \"{line}\"; sleep 600");
        let messages = crashes(2, &body);
        assert!(messages[1].contains(words), "{line}: {messages:?}");
        assert!(messages[1].contains(hint), "{line}: {messages:?}");
    }
    let messages = crashes(1, r#"echo "{\"trial\": $trial, \"cost\": \"high\"}""#);
    assert!(messages[0].contains("\"high\"}`: its `cost` is not a number"), "{messages:?}");
}

#[test]
fn an_answer_to_a_trial_that_has_one_is_no_answer_to_the_next() {
    let stale = r#"echo "{\"trial\": 1, \"cost\": 3}""#;
    let ends = run(2, &format!("sleep 0.3; {stale}"), Limits::default());
    assert_eq!(names(&ends), ["finished", "crashed"]);
    // Printed before it is asked for, by a program that is then started anew.
    let eager =
        r#"echo "{\"trial\": $trial, \"cost\": 1}"; echo "{\"trial\": $((trial + 1)), \"cost\": 2}"; sleep 0.1"#;
    let folder = tempfile::tempdir().unwrap();
    let mut executor = Processes::with_grace(Slot::plain(1), Duration::from_millis(300));
    for trial in 1..=3 {
        executor.start(launch(trial, folder.path(), eager, Limits::default())).unwrap();
        assert_eq!(end(&mut executor).0.outcome, Outcome::of_cost(1.0));
        // The second line is printed meanwhile.
        std::thread::sleep(Duration::from_millis(60));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_that_waits_for_the_next_request_without_an_answer_is_ended() {
    for (body, words) in [
        (":", "it waits for the next request, but it did not answer trial 2; its output is empty"),
        (
            ":",
            "hint: print `{\"trial\": 2, \"cost\": 0.3}` as a line of its own on standard output, and flush it at once",
        ),
        ("echo '{\"loss\": 0.3}'", "its last line is `{\"loss\": 0.3}`: it has `loss`, but no `cost`"),
        ("echo \"{'trial': $trial, 'cost': 0.3}\"", "as Python prints it"),
        ("echo \"trial $trial: {'cost': 0.3}\"", "as Python prints it"),
        ("head -c 2000000 /dev/zero | tr '\\0' 'x'; echo", "a line of its output has 2000001 bytes"),
        ("printf '{\"trial\": '", "its last line is `{\"trial\":`"),
        ("echo \"{\\\"trial\\\": $trial, \\\"cost\\\": 1, \\\"intermediate\\\": true}\"", "its last line is"),
        ("echo \"{\\\"trial\\\": $trial, \\\"cost\\\": 1}\" >&2", "it did not answer trial 2"),
    ] {
        let messages = crashes(2, body);
        assert!(messages[1].contains(words), "{body}: {messages:?}");
    }
}

#[test]
fn a_program_that_waits_for_something_else_is_left_alone() {
    // The answer comes through a pipe from a process that is none of the program's own.
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = std::thread::spawn(move || {
        let mut file = fs::OpenOptions::new().write(true).open(pipe).unwrap();
        std::thread::sleep(Duration::from_secs(4));
        std::io::Write::write_all(&mut file, b"7\n").unwrap();
    });
    let body = r#"read -r cost < $FOLDER/pipe; echo "{\"trial\": $trial, \"cost\": $cost}""#;
    let mut executor = Processes::with_grace(Slot::plain(1), Duration::from_millis(300));
    executor.start(launch(1, folder.path(), body, Limits::default())).unwrap();
    assert_eq!(end(&mut executor).0.outcome, Outcome::of_cost(7.0));
    writer.join().unwrap();
}

#[test]
fn a_program_that_closes_its_output_cannot_answer() {
    let messages = crashes(2, "exec >&-; sleep 600");
    assert!(messages[1].contains("closed its standard output"), "{messages:?}");
    // One that breaks off in the middle of its answer.
    let messages = crashes(2, "printf '{\"trial\": %s, \"co' $trial; exit 0");
    assert!(messages[1].contains("did not answer trial 2; its last line is `{\"trial\": 2, \"co`"), "{messages:?}");
}

#[test]
fn a_report_below_the_budget_is_on_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = Processes::with_grace(Slot::plain(1), Duration::from_millis(300));
    let body = r#"for budget in 3 6 9; do echo "{\"trial\": $trial, \"cost\": $budget, \"budget\": $budget}"; done"#;
    let launch = Launch { budget: Some(9.0), ..launch(1, folder.path(), body, Limits::default()) };
    executor.start(launch).unwrap();
    let (ended, events, _) = end(&mut executor);
    assert_eq!(ended.outcome, Outcome::of_cost(9.0));
    assert_eq!(events.len(), 3, "{events:?}");
}

#[test]
fn every_way_to_fail_ends_that_trial_alone() {
    let answer = r#"echo "{\"trial\": $trial, \"cost\": 1}""#;
    let wall = Limits { wall: Some(Duration::from_secs(1)), ..Limits::default() };
    let second = |body: &str| format!("if [ $trial = 2 ]; then {body}; else {answer}; fi");
    for (body, limits, expected) in [
        (r#"echo "{\"trial\": $trial, \"error\": \"bad shape\"}""#, Limits::default(), "crashed"),
        (r#"echo "{\"trial\": $trial, \"cost\": \"high\"}""#, Limits::default(), "crashed"),
        (r#"echo "{\"trial\": $trial, \"cost\": NaN}""#, Limits::default(), "diverged"),
        (
            r#"echo "{\"trial\": $trial, \"outcome\": \"out_of_device_memory\"}""#,
            Limits::default(),
            "out_of_device_memory",
        ),
        ("echo oops >&2; exit 3", Limits::default(), "crashed"),
        ("kill -KILL $$", Limits::default(), "crashed"),
        ("echo 'RuntimeError: CUDA out of memory.' >&2; exit 1", Limits::default(), "out_of_device_memory"),
        ("sleep 600", wall, "timed_out"),
        ("trap '' TERM; (setsid sleep 600 &); sleep 600; sleep 600", wall, "timed_out"),
    ] {
        let ends = run(3, &second(body), limits);
        assert_eq!(names(&ends), ["finished", expected, "finished"], "{body}");
        if body.contains("oops") {
            assert!(matches!(&ends[1].outcome, Outcome::Crashed { message } if message.contains("exit code 3: oops")));
        }
    }
}

#[test]
fn a_program_may_end_after_an_answer_but_not_instead_of_one() {
    let answer = r#"echo "{\"trial\": $trial, \"cost\": 1, \"info\": {\"pid\": $$}}""#;
    let ends = run(5, &format!("{answer}; exit 0"), Limits::default());
    assert!(ends.iter().all(|ended| ended.outcome == Outcome::of_cost(1.0)), "{ends:?}");
    assert_ne!(ends[0].info["pid"], ends[1].info["pid"]);
    let ends = run(2, "exit 0", Limits::default());
    assert_eq!(names(&ends), ["crashed", "crashed"]);
}

#[test]
fn what_comes_before_the_answer_is_told_and_is_no_result() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = Processes::with_grace(Slot::plain(1), Duration::from_millis(300));
    let body = r#"echo '{"progress": 0.5}'
        echo "{\"trial\": $trial, \"cost\": 9, \"budget\": 1, \"intermediate\": true}"
        while [ ! -e $FOLDER/go ]; do sleep 0.02; done; echo "{\"trial\": $trial, \"cost\": 4}""#;
    executor.start(launch(1, folder.path(), body, Limits::default())).unwrap();
    let mut seen = Vec::new();
    while seen.len() < 2 {
        match executor.wait(LONG) {
            Some(JobEvent::Progress { fraction, .. }) => seen.push(fraction),
            Some(JobEvent::Report { line, .. }) => seen.push(line["cost"].as_f64().unwrap()),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(seen, [0.5, 9.0]);
    fs::write(folder.path().join("go"), "").unwrap();
    assert_eq!(end(&mut executor).0.outcome, Outcome::of_cost(4.0));
}

#[test]
fn nothing_stays_when_the_executor_is_stopped_or_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = Processes::with_grace(Slot::plain(2), Duration::from_millis(300));
    let body = "echo $$ >> $FOLDER/pids; trap '' TERM; sleep 600; sleep 600";
    for trial in 1..=2 {
        executor.start(launch(trial, folder.path(), body, Limits::default())).unwrap();
    }
    let pids = || fs::read_to_string(folder.path().join("pids")).unwrap_or_default();
    while pids().lines().count() < 2 {
        std::thread::sleep(Duration::from_millis(10));
    }
    executor.stop();
    let ends = [end(&mut executor).0, end(&mut executor).0];
    assert_eq!(names(&ends), ["lost", "lost"]);
    executor.start(launch(3, folder.path(), "echo $$ >> $FOLDER/pids; sleep 600", Limits::default())).unwrap();
    while pids().lines().count() < 3 {
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(executor);
    for pid in pids().lines() {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        assert!(stat.is_empty() || stat.contains(") Z"), "process {pid} outlived the executor");
    }
}
