//! Runs whose workers are started by programs that stand in for Slurm's: a job is a process of this machine.
#![cfg(feature = "serve")]
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

/// Starts the script once for each element; `refuse` has words of a refusal, `broken` has the script that is run instead.
const SBATCH: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "$*" >>"$here/submissions"
if [ -f "$here/refuse" ]; then cat "$here/refuse" >&2; exit 1; fi
for word; do
  case $word in
    --array=0-*) last=${word#--array=0-} ;;
    --job-name=*) name=${word#--job-name=} ;;
    --output=*) folder=$(dirname "${word#--output=}") ;;
  esac
  script=$word
done
[ ! -f "$here/broken" ] || script=$here/broken
job=$(($(cat "$here/next" 2>/dev/null || echo 10) + 1))
echo $job >"$here/next"
for index in $(seq 0 $last); do
  SLURM_ARRAY_JOB_ID=$job SLURM_ARRAY_TASK_ID=$index setsid sh "$script" >>"$folder/${job}_$index.out" 2>&1 </dev/null &
  echo "$name $job $index $!" >>"$here/jobs"
done
echo $job
"#;

/// Lists the elements of a name whose process is alive.
const SQUEUE: &str = r#"#!/bin/sh
here=$(dirname "$0")
while [ "$1" != -n ]; do shift; done
[ -f "$here/jobs" ] || exit 0
while read -r name job index pid; do
  [ "$name" = "$2" ] || continue
  case $(sed 's/.*) //; s/ .*//' /proc/$pid/stat 2>/dev/null) in '' | Z) continue ;; esac
  echo "$job|$index|RUNNING|here|2026-01-01T00:00:00|2026-01-01T00:00:01|None"
done <"$here/jobs"
"#;

/// Ends the processes of a name.
const SCANCEL: &str = r#"#!/bin/sh
here=$(dirname "$0")
while read -r name job index pid; do
  [ "--name=$name" = "$1" ] && kill "$pid" 2>/dev/null
done <"$here/jobs"
exit 0
"#;

/// A folder with an experiment and the programs.
struct Stand(tempfile::TempDir);

impl Stand {
    fn new(trials: u32, seconds: &str) -> Self {
        let stand = Self(tempfile::tempdir().unwrap());
        fs::create_dir(stand.file("bin")).unwrap();
        for (name, text) in [("sbatch", SBATCH), ("squeue", SQUEUE), ("scancel", SCANCEL)] {
            let path = stand.file("bin").join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let text = format!(
            "(name: \"e\", search_space: (parameters: {{\"x\": Float(min: 0, max: 1)}}), stop: (trials: {trials}), \
             task: Command(program: \"/bin/sh\", arguments: [\"{}\", \"{{x}}\"]), \
             optimizer: (search: Random), validation: false, executor: Slurm(workers: 3, poll: \"1s\"))",
            stand.file("objective.sh").display()
        );
        fs::write(stand.file("e.ron"), text).unwrap();
        fs::write(stand.file("objective.sh"), format!("sleep {seconds}\necho \"{{\\\"cost\\\": $1}}\"\n")).unwrap();
        stand
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn galvani(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        let path = format!("{}:/usr/bin:/bin", self.file("bin").display());
        command.args(arguments).current_dir(self.0.path()).env("PATH", path).stdin(Stdio::null());
        command
    }

    fn submissions(&self) -> usize {
        fs::read_to_string(self.file("bin/submissions")).unwrap_or_default().lines().count()
    }

    /// The processes of jobs that are alive.
    fn alive(&self) -> Vec<String> {
        let jobs = fs::read_to_string(self.file("bin/jobs")).unwrap_or_default();
        let pids = jobs.lines().filter_map(|line| line.rsplit(' ').next()).map(str::to_owned);
        let is_alive = |pid: &String| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
        };
        pids.filter(is_alive).collect()
    }

    fn configurations(&self) -> usize {
        let output = self.galvani(&["trials", "e", "--format", "json"]).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let trials = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
        let found: BTreeSet<String> = trials
            .map(|trial| {
                assert_eq!((&trial["outcome"], &trial["cost"]), (&Json::from("finished"), &trial["config"]["x"]));
                trial["config"]["x"].to_string()
            })
            .collect();
        found.len()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn workers_are_submitted_fed_and_cancelled() {
    let stand = Stand::new(12, "0");
    let output = stand.galvani(&["run", "e.ron"]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!((stand.configurations(), stand.submissions()), (12, 1), "{}", said(&output));
    assert_eq!(stand.alive(), Vec::<String>::new());
    let events = fs::read_to_string(stand.file("runs/e/events.jsonl")).unwrap();
    assert!(events.contains("submitted 3 workers to Slurm as job 11"), "{events}");
}

#[test]
fn a_worker_that_dies_is_replaced() {
    let stand = Stand::new(30, "0.4");
    let run = stand.galvani(&["run", "e.ron", "--lease", "2"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let run = run.unwrap();
    let begun = Instant::now();
    let ended = || fs::read_to_string(stand.file("runs/e/events.jsonl")).unwrap_or_default().contains("\"ended\"");
    while !ended() && begun.elapsed() < Duration::from_secs(60) {
        thread::sleep(Duration::from_millis(20));
    }
    let victim = stand.alive().remove(0);
    assert!(Command::new("kill").args(["-9", &victim]).status().unwrap().success());
    let output = run.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!((stand.configurations(), stand.submissions()), (30, 2), "{}", said(&output));
    assert_eq!(stand.alive(), Vec::<String>::new());
}

#[test]
fn a_refusal_ends_the_run_with_its_words() {
    let stand = Stand::new(3, "0");
    let words =
        "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified";
    fs::write(stand.file("bin/refuse"), words).unwrap();
    for verb in ["run", "check"] {
        let output = stand.galvani(&[verb, "e.ron"]).output().unwrap();
        let text = said(&output);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(words) && text.contains("hint: `executor.Slurm.account`"), "{text}");
    }
}

#[test]
fn workers_that_die_at_once_end_the_run_with_their_output() {
    let stand = Stand::new(3, "0");
    fs::write(stand.file("bin/broken"), "echo no such file >&2\nexit 127\n").unwrap();
    let output = stand.galvani(&["run", "e.ron"]).output().unwrap();
    let text = said(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("ended before they took a trial") && text.contains("no such file"), "{text}");
    assert_eq!(stand.submissions(), 2, "{text}");
}

#[test]
fn a_machine_without_slurm_says_so() {
    let stand = Stand::new(3, "0");
    fs::remove_dir_all(stand.file("bin")).unwrap();
    for verb in ["run", "check"] {
        let output = stand.galvani(&[verb, "e.ron"]).env("PATH", "/nonexistent").output().unwrap();
        let text = said(&output);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains("`sbatch` cannot be started") && text.contains("login node"), "{text}");
    }
}
