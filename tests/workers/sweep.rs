//! A sweep of cheap trials in a folder of its own, its coordinator and its workers.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

const EXPERIMENT: &str = r#"(
    name: "sweep",
    search_space: (parameters: { "x": Float(min: 0, max: 1), "n": Integer(min: 1, max: 64) }),
    task: Command(program: "./train.sh", arguments: ["{x}", "{n}", "{budget}"]),
    budget: (min: 1, max: 9, eta: 3),
    optimizer: (intensifier: Hyperband, search: Random),
    executor: Process(workers: 4, grace: "2s"),
    validation: false,
    stop: (trials: 66),
    seed: 5,
)"#;

/// Notes that it ran, takes its time, and computes a cost from its arguments and from what it has done before.
const PROGRAM: &str = r#"#!/bin/sh
echo "$GALVANI_TRIAL_DIR" >> RAN
PAUSE
grep -qsx "$3" "$GALVANI_CHECKPOINT/spent" || echo "$3" >> "$GALVANI_CHECKPOINT/spent"
awk -v x="$1" -v n="$2" -v s="$(cat "$GALVANI_CHECKPOINT/spent" | tr '\n' '+')" 'BEGIN {
    k = split(s, parts, "+") - 1; printf "{\"cost\": %.9f, \"times\": %d}\n", (x - 0.3) ^ 2 + n / 100 - k, k }'
"#;

/// The longest that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Sweep {
    folder: TempDir,
}

/// A process that is killed with its owner.
pub struct Process(pub Child);

impl Process {
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    /// The exit code, once it has ended.
    pub fn code(&mut self) -> Option<i32> {
        wait_for("the end of a process", || self.0.try_wait().unwrap().is_some());
        self.0.wait().unwrap().code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_there() {
        assert!(begun.elapsed() < PATIENCE, "{what} did not come");
        sleep(Duration::from_millis(10));
    }
}

impl Sweep {
    /// A sweep whose trials run these lines of shell in between.
    pub fn new(pause: &str) -> Self {
        Self::edited(pause, |text| text)
    }

    pub fn edited(pause: &str, edit: impl Fn(String) -> String) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("sweep.ron"), edit(EXPERIMENT.to_owned())).unwrap();
        let program = folder.path().join("train.sh");
        let ran = folder.path().join("ran.txt").display().to_string();
        fs::write(&program, PROGRAM.replace("RAN", &ran).replace("PAUSE", pause)).unwrap();
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn run_folder(&self) -> PathBuf {
        self.path().join("runs/sweep")
    }

    pub fn coordinator_file(&self) -> PathBuf {
        self.run_folder().join("coordinator.json")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(Stdio::null());
        command
    }

    /// Runs it on this machine to its end.
    pub fn run_here(&self) {
        let mut run = Process(self.command(&["run", "sweep.ron"]).spawn().unwrap());
        self.finish(&mut run);
    }

    /// Waits until all trials have ended. The report is left out: it says nothing about workers, and takes long.
    pub fn finish(&self, run: &mut Process) {
        wait_for("the end of the run", || !self.events("over").is_empty() || run.0.try_wait().unwrap().is_some());
        if run.0.try_wait().unwrap().is_none() {
            run.signal(Signal::INT);
        }
        run.code();
        let over = self.events("over");
        assert!(over.len() == 1 && over[0]["is_complete"] == true, "{over:?}");
    }

    /// Starts the coordinator, and waits until workers can find it.
    pub fn listen(&self, lease: u32) -> Process {
        let before = fs::read(self.coordinator_file()).unwrap_or_default();
        let lease = lease.to_string();
        let run = self.command(&["run", "sweep.ron", "--listen=127.0.0.1:0", "--lease", &lease]).spawn().unwrap();
        let run = Process(run);
        wait_for("coordinator.json", || fs::read(self.coordinator_file()).is_ok_and(|now| now != before));
        run
    }

    /// Starts a worker from another folder, as on another machine.
    pub fn worker(&self, name: &str, arguments: &[&str]) -> Process {
        let file = self.coordinator_file().display().to_string();
        let all = [&["worker", "--coordinator", &file, "--name", name], arguments].concat();
        Process(self.command(&all).current_dir("/").spawn().unwrap())
    }

    /// The trials, an object each.
    pub fn results(&self) -> Vec<Value> {
        let output =
            self.command(&["trials", "sweep", "--format", "json"]).stdout(Stdio::piped()).output().unwrap().stdout;
        String::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The folders of the attempts that were started.
    pub fn started(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path().join("ran.txt")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub fn events(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.run_folder().join("events.jsonl")).unwrap_or_default();
        let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        events.filter(|event| event["event"] == name).collect()
    }

    /// The processes that still run a trial of this sweep.
    pub fn left_over(&self) -> usize {
        let name = self.path().join("train.sh").display().to_string();
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let lines = processes.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
        lines.filter(|line| String::from_utf8_lossy(line).contains(&name)).count()
    }
}
