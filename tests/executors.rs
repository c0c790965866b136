//! A trial cannot hurt the sweep: whatever a program does, it ends as the right outcome.
//!
//! Nothing of it keeps running, and the next trial starts.
mod waiting;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use galvani::executor::job::{JobEvent, JobId, Launch};
use galvani::executor::limits::Limits;
use galvani::executor::process::Processes;
use galvani::executor::slot::Slot;
use galvani::executor::{Executor, ExecutorError, leftover};
use galvani::store::record::AttemptEnd;
use galvani::trial::TrialId;
use galvani::trial::outcome::Outcome;
use waiting::{LONG, end};

const GRACE: Duration = Duration::from_millis(300);

fn job(trial: u32, attempt: u32) -> JobId {
    JobId::Trial { trial: TrialId(trial), attempt }
}

fn shell(trial: u32, folder: &Path, script: &str, limits: Limits) -> Launch {
    Launch {
        job: job(trial, 1),
        program: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into()],
        environment: vec![("PIDS".into(), folder.join("pids").into())],
        folder: folder.join(format!("{trial:06}")),
        checkpoint: folder.join("checkpoint"),
        continues_from: None,
        request: None,
        objectives: Vec::new(),
        budget: None,
        limits,
    }
}

fn runs(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, fields)| !fields.starts_with('Z') && !fields.starts_with('X'))
}

fn pids(folder: &Path) -> Vec<i32> {
    let text = fs::read_to_string(folder.join("pids")).unwrap_or_default();
    text.lines().filter_map(|line| line.trim().parse().ok()).collect()
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < LONG, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Runs a script, which writes the numbers of its processes to `$PIDS`, and after it a trial that succeeds.
fn run(script: &str, limits: Limits) -> (AttemptEnd, Vec<JobEvent>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = Processes::with_grace(Slot::plain(1), GRACE);
    assert_eq!(executor.start(shell(1, folder.path(), script, limits)).unwrap(), "cpu:0");
    assert_eq!(executor.idle(), 0);
    assert!(matches!(executor.start(shell(2, folder.path(), "", limits)), Err(ExecutorError::Busy)));
    let (ended, events, ended_job) = end(&mut executor);
    assert_eq!(ended_job, job(1, 1));
    for pid in pids(folder.path()) {
        assert!(!runs(pid), "process {pid} outlived its trial: {script}");
    }
    assert!(!folder.path().join("000001/process.json").exists());
    assert_eq!(executor.idle(), 1, "{script}");
    executor.start(shell(2, folder.path(), "echo '{\"cost\": 5}'", Limits::default())).unwrap();
    assert_eq!(end(&mut executor).0.outcome, Outcome::of_cost(5.0));
    (ended, events, folder)
}

fn wall(seconds: f64) -> Limits {
    Limits { wall: Some(Duration::from_secs_f64(seconds)), ..Limits::default() }
}

#[test]
fn a_result_is_the_last_report_and_brings_its_info() {
    let script = r#"echo hello; echo '{"progress": 0.5}'; echo '{"cost": 9}'
        echo '{"cost": 0.25, "budget": 3, "info": {"loss": 0.125}}'; echo done; echo oops >&2"#;
    let (ended, events, folder) = run(script, Limits::default());
    assert_eq!(ended.outcome, Outcome::of_cost(0.25));
    assert_eq!(ended.slot, "cpu:0");
    assert_eq!(ended.info["loss"], 0.125);
    assert!(ended.started <= ended.at && ended.seconds >= 0.0);
    let cost = |event: &JobEvent| match event {
        JobEvent::Report { line, .. } => line["cost"].as_f64(),
        _ => None,
    };
    assert_eq!(events.iter().filter_map(cost).collect::<Vec<_>>(), [9.0, 0.25]);
    assert_eq!(fs::read_to_string(folder.path().join("000001/stderr.log")).unwrap(), "oops\n");
    assert!(fs::read_to_string(folder.path().join("000001/stdout.log")).unwrap().starts_with("hello\n{"));
}

#[test]
fn progress_is_told_while_the_trial_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = Processes::with_grace(Slot::plain(1), GRACE);
    let script = r#"echo '{"progress": 0.25}'; while [ ! -e "$PIDS" ]; do sleep 0.02; done; echo '{"cost": 1}'"#;
    executor.start(shell(1, folder.path(), script, Limits::default())).unwrap();
    wait_until("no progress", || match executor.wait(Duration::from_millis(10)) {
        Some(JobEvent::Progress { job, fraction }) => (job.number(), fraction) == (1, 0.25),
        Some(other) => panic!("{other:?}"),
        None => false,
    });
    fs::write(folder.path().join("pids"), "").unwrap();
    assert_eq!(end(&mut executor).0.outcome, Outcome::of_cost(1.0));
}

#[test]
fn every_way_to_fail_is_its_own_outcome() {
    let crashed = |parts: &'static [&'static str]| ("crashed", parts);
    let table: [(&str, (&str, &[&str])); 22] = [
        ("echo to; echo 'bad shape' >&2; exit 3", crashed(&["exit code 3", "bad shape"])),
        ("echo '{\"cost\": 1}'; exit 1", crashed(&["exit code 1", "nothing on standard error"])),
        ("echo hello", crashed(&["exit code 0", "`cost`; its last line is `hello`", "hint: print"])),
        ("true", crashed(&["exit code 0", "its output is empty"])),
        (
            "echo oh >&2; echo '{\"loss\": 1}'",
            crashed(&["standard error ends:\noh\nexit code 0", "has `loss`, but no"]),
        ),
        ("exec >&-; sleep 0.1", crashed(&["its output is empty"])),
        ("echo '{\"cost\": 0.5}'; exec >&-; sleep 0.1", ("finished", &[])),
        ("(sleep 0.2; echo '{\"cost\": 7}') & echo '{\"cost\": 0.5}'", ("finished", &[])),
        ("yes x | head -c 3000000 | tr '\\n' x; echo; echo '{\"cost\": 1}'", ("finished", &[])),
        ("yes x | head -c 3000000 | tr '\\n' x", crashed(&["a line of its output has 3000000 bytes"])),
        ("echo '{\"cost\": \"high\"}'", crashed(&["not a number", "high"])),
        ("kill -SEGV $$", crashed(&["SIGSEGV"])),
        ("kill -KILL $$", crashed(&["SIGKILL"])),
        ("echo '{\"cost\": NaN}'", ("diverged", &[])),
        ("echo '{\"cost\": 1}'; echo '{\"cost\": -Infinity}'", ("diverged", &[])),
        ("echo '{\"cost\": null}'", ("diverged", &[])),
        ("echo '{\"cost\": 0.'", crashed(&["`cost`"])),
        ("echo '{\"cost\": 0.5}'; printf '{\"cost\": 0.'", ("finished", &[])),
        ("printf '{\"cost\": 0.5}'", ("finished", &[])),
        ("head -c 100000 /dev/urandom; printf '\\n'; echo '{\"cost\": 0.5}'", ("finished", &[])),
        ("echo 'memory allocation of 99 bytes failed' >&2; kill -ABRT $$", ("out_of_memory", &[])),
        ("rm -rf \"$(dirname \"$PIDS\")/000001\"; echo '{\"cost\": 0.5}'", ("finished", &[])),
    ];
    for (script, (name, parts)) in table {
        let (ended, ..) = run(script, Limits::default());
        assert_eq!(ended.outcome.kind().word(), name, "{script}: {:?}", ended.outcome);
        if let Outcome::Crashed { message } = ended.outcome {
            assert!(parts.iter().all(|part| message.contains(part)), "{script}: {message}");
        }
    }
}

#[test]
fn a_cost_below_the_budget_is_no_result_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&str, f64, Option<f64>); 6] = [
        ("echo '{\"budget\": 3, \"cost\": 0.4}'", 9.0, None),
        ("echo '{\"budget\": 3, \"cost\": 0.4}'; echo '{\"cost\": 0.3}'", 9.0, Some(0.3)),
        ("echo '{\"budget\": 3, \"cost\": 0.4}'; echo '{\"budget\": 9, \"cost\": 0.3}'", 9.0, Some(0.3)),
        ("echo '{\"budget\": 1, \"cost\": 0.4}'", 1.85, Some(0.4)),
        ("echo '{\"budget\": 0.1, \"cost\": 0.4}'", 0.3, None),
        ("echo '{\"budget\": 0.3333333, \"cost\": 0.4}'", 1.0 / 3.0, Some(0.4)),
    ];
    for ((script, budget, expected), trial) in cases.into_iter().zip(1..) {
        let mut executor = Processes::with_grace(Slot::plain(1), GRACE);
        let launch = shell(trial, folder.path(), script, Limits::default());
        executor.start(Launch { budget: Some(budget), ..launch }).unwrap();
        let outcome = end(&mut executor).0.outcome;
        assert_eq!(outcome.cost(), expected, "{script}: {outcome:?}");
        if let Outcome::Crashed { message } = outcome {
            assert!(message.contains("of its budget of") && message.contains("\"cost\": 0.4"), "{message}");
        }
    }
}

#[test]
fn output_without_end_fills_neither_memory_nor_disk() {
    let script = "yes 'a line that nobody reads' | head -c 100000000; echo '{\"cost\": 1}'";
    let (ended, _, folder) = run(script, Limits::default());
    assert_eq!(ended.outcome, Outcome::of_cost(1.0));
    let log = fs::read(folder.path().join("000001/stdout.log")).unwrap();
    assert!(log.len() < 2_000_000, "{}", log.len());
    assert!(log.starts_with(b"a line") && log.ends_with(b"{\"cost\": 1}\n"));
    assert!(log.windows(14).any(|window| window == b"bytes left out"));
}

#[test]
fn reports_without_end_do_not_stop_the_sweep() {
    let (ended, events, _) = run("yes '{\"cost\": 1}' | head -n 20000; echo '{\"cost\": 2}'", Limits::default());
    assert_eq!(ended.outcome, Outcome::of_cost(2.0));
    // Of costs without a budget that come at once, the last is told.
    assert!((1..=20_001).contains(&events.len()), "{}", events.len());
    assert!(matches!(events.last(), Some(JobEvent::Report { line, .. }) if line["cost"] == 2));
}

#[test]
fn a_trial_that_takes_too_long_ends_with_all_its_processes() {
    for script in [
        "echo $$ >> $PIDS; exec sleep 600",
        "echo $$ >> $PIDS; sleep 600 & echo $! >> $PIDS; wait",
        "trap '' TERM; echo $$ >> $PIDS; while true; do sleep 600 & echo $! >> $PIDS; wait; done",
        "echo '{\"cost\": 1}'; echo $$ >> $PIDS; sleep 600",
        "trap 'echo \"{\\\"cost\\\": 1}\"; exit 0' TERM; echo $$ >> $PIDS; while true; do sleep 0.05; done",
        "kill -STOP $$",
    ] {
        let (ended, ..) = run(script, wall(0.5));
        assert_eq!(ended.outcome, Outcome::TimedOut, "{script}");
        assert!(ended.seconds >= 0.5, "{script}: {}", ended.seconds);
    }
}

#[test]
fn a_daemon_that_ignores_the_request_to_end_does_not_outlive_its_trial() {
    // Read as a file, so that `$$` is the daemon's own number.
    let daemon = "trap '' TERM HUP; echo $$ >> $PIDS; while true; do sleep 1; done";
    let started = "while [ ! -s $PIDS ]; do sleep 0.02; done";
    for (ending, expected) in [("echo '{\"cost\": 1}'", Outcome::of_cost(1.0)), ("exec sleep 600", Outcome::TimedOut)] {
        for start in [
            "sh $PIDS.sh &",
            // An orphan at once, in a session of its own, holding the output open or not.
            "(setsid sh $PIDS.sh &)",
            "(setsid sh $PIDS.sh >/dev/null 2>&1 &)",
        ] {
            let script = format!("echo \"{}\" > $PIDS.sh\n{start}\n{started}\n{ending}", daemon.replace('$', "\\$"));
            let limits = if expected == Outcome::TimedOut { wall(4.0) } else { Limits::default() };
            let (ended, _, folder) = run(&script, limits);
            assert_eq!(ended.outcome, expected, "{script}");
            assert_eq!(pids(folder.path()).len(), 1, "the daemon did not start: {script}");
        }
    }
}

#[test]
fn memory_of_the_whole_tree_is_limited_and_reserved_addresses_are_not() {
    if Command::new("python3").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: there is no python3");
        return;
    }
    let limits = Limits { wall: Some(LONG), memory: Some(200 << 20), ..Limits::default() };
    let hog = "import os,time; print(os.getpid(), file=open(os.environ['PIDS'],'a'), flush=True)
x=[]
while True: x.append(bytearray(b'1')*(10<<20)); time.sleep(0.01)";
    let (ended, ..) = run(&format!("python3 -c \"{hog}\" & wait; echo '{{\"cost\": 1}}'"), limits);
    assert_eq!(ended.outcome, Outcome::OutOfMemory);
    assert!(ended.peak_memory > 200 << 20, "{}", ended.peak_memory);

    // Eight gigabytes reserved and never touched; and the same pages in four processes.
    let reserve = "import mmap,time; x=mmap.mmap(-1, 8<<30); time.sleep(0.5)";
    let share = "import os,time
x=bytearray(b'1')*(80<<20)
for _ in range(3):
    if os.fork()==0: time.sleep(1); os._exit(0)
time.sleep(1)";
    for program in [reserve, share] {
        let (ended, ..) = run(&format!("python3 -c \"{program}\" && echo '{{\"cost\": 1}}'"), limits);
        assert_eq!(ended.outcome, Outcome::of_cost(1.0), "{program}");
    }
    let (ended, ..) = run("python3 -c 'x=bytearray(1<<60)'", Limits::default());
    assert_eq!(ended.outcome, Outcome::OutOfMemory);
}

#[test]
fn trials_run_side_by_side_and_stop_ends_them_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = Processes::with_grace(Slot::plain(3), GRACE);
    let script = "trap '' TERM; echo $$ >> $PIDS; sleep 600 & echo $! >> $PIDS; wait; sleep 600";
    let launch = |trial| shell(trial, folder.path(), script, Limits::default());
    let slots: Vec<String> = (1..=3).map(|trial| executor.start(launch(trial)).unwrap()).collect();
    assert_eq!(slots, ["cpu:0", "cpu:1", "cpu:2"]);
    wait_until("they did not start", || pids(folder.path()).len() == 6);
    executor.stop();
    for pid in pids(folder.path()) {
        assert!(!runs(pid), "process {pid} outlived the executor's stop");
    }
    let ended: Vec<AttemptEnd> = (0..3).map(|_| end(&mut executor).0).collect();
    assert!(ended.iter().all(|ended| ended.outcome == Outcome::Lost), "{ended:?}");
    assert_eq!(executor.idle(), 3);
    executor.start(shell(4, folder.path(), "echo '{\"cost\": 1}'", Limits::default())).unwrap();
    assert_eq!(end(&mut executor).0.outcome, Outcome::of_cost(1.0));
}

#[test]
fn a_dropped_executor_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = Processes::with_grace(Slot::plain(1), GRACE);
    executor.start(shell(1, folder.path(), "echo $$ >> $PIDS; sleep 600", Limits::default())).unwrap();
    wait_until("it did not start", || pids(folder.path()).len() == 1);
    drop(executor);
    assert!(!runs(pids(folder.path())[0]));
}

#[test]
fn a_second_attempt_keeps_the_log_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = Processes::with_grace(Slot::plain(1), GRACE);
    for attempt in [1, 2] {
        let script = format!("echo here {attempt} >&2; exit 1");
        executor.start(Launch { job: job(1, attempt), ..shell(1, folder.path(), &script, Limits::default()) }).unwrap();
        assert_eq!(end(&mut executor).2.attempt(), attempt);
    }
    let log = fs::read_to_string(folder.path().join("000001/stderr.log")).unwrap();
    assert_eq!(log, "here 1\n\n[attempt 2]\nhere 2\n");
}

#[test]
fn what_cannot_be_started_is_an_error_that_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = Processes::with_grace(Slot::plain(1), GRACE);
    let launch = shell(1, folder.path(), "", Limits::default());
    let missing = Launch { program: "no-such-program".into(), ..launch.clone() };
    let error = executor.start(missing).unwrap_err().to_string();
    assert!(error.contains("`no-such-program`") && error.contains("hint:"), "{error}");
    fs::write(folder.path().join("file"), "").unwrap();
    let error = executor.start(Launch { folder: folder.path().join("file/x"), ..launch }).unwrap_err().to_string();
    assert!(error.contains("file/x") && error.contains("hint:"), "{error}");
    assert_eq!(executor.idle(), 1);
}

#[test]
fn threads_are_shared_among_the_workers_unless_the_launch_says_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let mut executor = Processes::with_grace(Slot::plain(1000), GRACE);
    for (environment, expected) in [(vec![], 1.0), (vec![("RAYON_NUM_THREADS".into(), "7".into())], 7.0)] {
        let script = "echo \"{\\\"cost\\\": $RAYON_NUM_THREADS}\"";
        executor.start(Launch { environment, ..shell(1, folder.path(), script, Limits::default()) }).unwrap();
        assert_eq!(end(&mut executor).0.outcome, Outcome::of_cost(expected));
    }
}

/// Not a promise of its own: the process that the next test kills.
#[test]
fn child_runs_a_trial() {
    let Some(folder) = std::env::var_os("GALVANI_TEST_RUNS").map(PathBuf::from) else { return };
    let mut executor = Processes::with_grace(Slot::plain(1), GRACE);
    let script = "echo $$ >> $PIDS; setsid sleep 600 >/dev/null 2>&1 & echo $! >> $PIDS; wait";
    executor.start(shell(1, &folder, script, Limits::default())).unwrap();
    executor.wait(LONG * 10);
}

#[test]
fn what_outlives_a_killed_galvani_is_ended_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child_runs_a_trial", "--exact", "--nocapture"])
        .env("GALVANI_TEST_RUNS", folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("it did not start", || pids(folder.path()).len() == 2);
    let trial = folder.path().join("000001");
    wait_until("there is no note", || trial.join("process.json").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until("the trial outlived galvani", || !runs(pids(folder.path())[0]));
    Processes::new(Slot::plain(1)).recover(std::slice::from_ref(&trial));
    assert!(pids(folder.path()).iter().all(|&pid| !runs(pid)), "a grandchild outlived the next start");
    assert!(!trial.join("process.json").exists());
    assert_eq!(leftover::end(&trial), 0);
}
