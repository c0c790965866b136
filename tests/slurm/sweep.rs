//! A sweep through workers of a cluster, and what must be true of it afterwards.
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::cluster::Cluster;

/// The objective: notes its GPU, takes its time, and prints a cost that follows from the configuration.
const OBJECTIVE: &str = r#"#!/bin/sh
place="$SLURMD_NODENAME $CUDA_VISIBLE_DEVICES"
echo "begin $place" >>"$4"
sleep "$3"
echo "end $place" >>"$4"
awk "BEGIN { printf \"{\\\"cost\\\": %.9f}\\n\", ($1 - 0.3) ^ 2 + 1 / $2 }"
"#;

/// The longest that a run may take on a machine that is busy otherwise.
const LONG: Duration = Duration::from_secs(400);

/// A result of the sweep, as its listing shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SweepResult {
    pub x: String,
    pub budget: String,
    pub cost: String,
}

/// An experiment on a cluster, in a folder of its own.
pub struct Sweep<'c> {
    cluster: &'c Cluster,
    folder: tempfile::TempDir,
    text: String,
}

impl<'c> Sweep<'c> {
    /// A sweep through so many workers with further fields of the executor, each of whose trials takes `seconds`.
    pub fn new(cluster: &'c Cluster, workers: usize, executor: &str, budget: &str, trials: u32, seconds: &str) -> Self {
        let folder = tempfile::tempdir_in(cluster.folder()).unwrap();
        fs::write(folder.path().join("objective.sh"), OBJECTIVE).unwrap();
        let noted = folder.path().join("devices");
        let text = format!(
            "(name: \"e\", search_space: (parameters: {{\"x\": Float(min: 0, max: 1)}}), \
             task: Command(program: \"/bin/sh\", arguments: [\"{}\", \"{{x}}\", \"{{budget}}\", \"{seconds}\", \"{}\"]), \
             {budget}optimizer: (search: Random), stop: (trials: {trials}), validation: false, seed: 5, \
             executor: ",
            folder.path().join("objective.sh").display(),
            noted.display()
        );
        let here = format!("{text}Slurm(workers: {workers}, time: \"10m\", poll: \"1s\", {executor}))");
        fs::write(folder.path().join("e.ron"), here).unwrap();
        Self { cluster, folder, text: text.replace(&format!("\"{seconds}\", \""), "\"0\", \"") }
    }

    /// The program, in the sweep's folder and with this cluster.
    pub fn galvani(&self, arguments: &[&str]) -> Command {
        let (name, value) = self.cluster.variable();
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        command.args(arguments).current_dir(self.folder.path()).env(name, value).stdin(Stdio::null());
        command
    }

    /// Begins the run, or goes on with it.
    pub fn run(&self) -> Run {
        let said = self.folder.path().join("said");
        let file = File::options().create(true).append(true).open(&said).unwrap();
        let mut command = self.galvani(&["run", "e.ron", "--lease", "5"]);
        let child = command.stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
        Run { child: Mutex::new(child), events: self.folder.path().join("runs/e/events.jsonl"), said }
    }

    /// The results that count.
    pub fn results(&self) -> Vec<SweepResult> {
        results(self.folder.path())
    }

    /// Asserts that the results are those of a run on this machine that nobody disturbed.
    pub fn is_undisturbed(&self) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("e.ron"), format!("{}Process(workers: 4))", self.text)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        let output = command.args(["run", "e.ron"]).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let (mut here, mut expected) = (self.results(), results(folder.path()));
        here.sort();
        expected.sort();
        assert!(!expected.is_empty());
        assert_eq!(here, expected);
    }

    fn events(&self) -> Vec<Json> {
        let text = fs::read_to_string(self.folder.path().join("runs/e/events.jsonl")).unwrap();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The number of attempts that were given up and started again.
    pub fn lost(&self) -> usize {
        self.events().iter().filter(|event| event["event"] == "retrying").count()
    }

    /// The number of job arrays that were submitted.
    pub fn arrays(&self) -> usize {
        let text = fs::read_to_string(self.folder.path().join("runs/e/slurm/arrays.json")).unwrap();
        let notebook: Json = serde_json::from_str(&text).unwrap();
        notebook["arrays"].as_array().unwrap().len()
    }

    /// The pairs of node and GPU that trials saw; no two trials had the same at one time.
    pub fn devices(&self) -> BTreeSet<String> {
        let text = fs::read_to_string(self.folder.path().join("devices")).unwrap();
        let (mut busy, mut seen) = (BTreeMap::new(), BTreeSet::new());
        for line in text.lines() {
            let (word, place) = line.split_once(' ').unwrap();
            let count: &mut i32 = busy.entry(place.to_owned()).or_default();
            *count += if word == "begin" { 1 } else { -1 };
            assert!((0..=1).contains(count), "two trials had {place} at one time");
            assert!(place.split(' ').nth(1).is_some_and(|device| ["0", "1"].contains(&device)), "{line}");
            seen.insert(place.to_owned());
        }
        seen
    }

    /// Asserts that no job of the sweep is left, nor a process.
    pub fn leaves_nothing(&self) {
        let queue = || self.cluster.run("squeue", &["-h", "-o", "%j %T"]);
        // The job of a dead node is being completed until Slurm gives the node up.
        self.cluster.wait_until("no job is left", || !queue().lines().any(|line| line.starts_with("galvani-")));
        let mark = self.folder.path().to_str().unwrap().as_bytes().to_vec();
        self.cluster.wait_until("no process is left", || processes(&mark) == 0);
    }
}

/// The number of processes that have a text in their command line.
fn processes(mark: &[u8]) -> usize {
    let has = |folder: PathBuf| {
        let line = fs::read(folder.join("cmdline")).unwrap_or_default();
        line.windows(mark.len()).any(|part| part == mark)
    };
    fs::read_dir("/proc").unwrap().flatten().filter(|entry| has(entry.path())).count()
}

fn results(folder: &Path) -> Vec<SweepResult> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
    let output = command.args(["trials", "e", "--format", "json"]).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let trials = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let result = |trial: Json| {
        assert_eq!(trial["outcome"], "finished", "{trial}");
        let (x, budget) = (trial["config"]["x"].to_string(), trial["budget"].to_string());
        SweepResult { x, budget, cost: trial["cost"].to_string() }
    };
    trials.map(result).collect()
}

/// The program while it runs a sweep.
pub struct Run {
    child: Mutex<Child>,
    events: PathBuf,
    said: PathBuf,
}

impl Run {
    fn said(&self) -> String {
        fs::read_to_string(&self.said).unwrap_or_default()
    }

    /// Waits until so many trials have ended.
    pub fn wait_for(&self, trials: usize) {
        let begun = Instant::now();
        let ended = || fs::read_to_string(&self.events).unwrap_or_default().matches("\"event\":\"ended\"").count();
        while ended() < trials {
            assert!(begun.elapsed() < LONG, "{} of {trials} trials have ended: {}", ended(), self.said());
            assert!(self.child.lock().unwrap().try_wait().unwrap().is_none(), "{}", self.said());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends the program as a power cut would.
    pub fn kill(&self) {
        let mut child = self.child.lock().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Sends the signal of Ctrl-C.
    pub fn interrupt(&self) {
        let pid = self.child.lock().unwrap().id();
        assert!(Command::new("kill").args(["-INT", &pid.to_string()]).status().unwrap().success());
    }

    /// Waits for the end.
    pub fn ended(&self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.lock().unwrap().try_wait().unwrap() {
                return status;
            }
            if begun.elapsed() > LONG {
                self.kill();
                panic!("no end: {}", self.said());
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits for the end, which is a success.
    pub fn expect_success(&self) {
        let status = self.ended();
        assert!(status.success(), "{status}: {}", self.said());
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap();
        let _ = child.kill();
        let _ = child.wait();
    }
}
