//! Tests of the job array against programs that stand in for Slurm's.
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::executor::slurm::array::WorkerArray;
use crate::executor::slurm::check::check;
use crate::executor::slurm::client::SlurmClient;
use crate::executor::slurm::event::ArrayEvent;
use crate::executor::slurm::settings::SlurmSettings;

/// Accepts everything, unless a file `refuse` has words; with a file `lost` it accepts one array and never says so.
const SBATCH: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "sbatch $*" >>"$here/calls"
if [ -f "$here/refuse" ]; then cat "$here/refuse" >&2; exit 1; fi
for word; do
  case $word in
    --array=0-*) last=${word#--array=0-} ;;
    --job-name=*) name=${word#--job-name=} ;;
    --test-only) echo "sbatch: Job 1 to start at 2026-01-01T00:00:00 using 1 processors on nodes n1" >&2; exit 0 ;;
  esac
done
job=$(($(cat "$here/next" 2>/dev/null || echo 100) + 1))
echo $job >"$here/next"
for index in $(seq 0 $last); do
  echo "$name $job|$index|PENDING||2026-01-01T00:00:00|N/A|Resources" >>"$here/queue"
done
if [ -f "$here/lost" ]; then
  rm "$here/lost"
  echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2
  exit 1
fi
echo $job
"#;

/// Lists the elements of the name behind `-n`, unless a file `down` says that the controller is.
const SQUEUE: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "squeue $*" >>"$here/calls"
if [ -f "$here/down" ]; then
  echo "slurm_load_jobs error: Unable to contact slurm controller (connect failure)" >&2
  exit 1
fi
while [ "$1" != -n ]; do shift; done
sed -n "s/^$2 //p" "$here/queue" 2>/dev/null
exit 0
"#;

/// Ends what it is told, by name or by number, and always succeeds; a file `stubborn` makes it miss once.
const SCANCEL: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "scancel $*" >>"$here/calls"
if [ -f "$here/stubborn" ]; then rm "$here/stubborn"; exit 0; fi
for word; do
  case $word in
    --name=*) sed -i "/^${word#--name=} /d" "$here/queue" ;;
    *) sed -i "/ ${word%_*}|${word#*_}|/d" "$here/queue" ;;
  esac
done
exit 0
"#;

/// A cluster of shell scripts, and the array of a run on it.
struct Stand {
    folder: tempfile::TempDir,
    array: WorkerArray,
    now: Instant,
}

impl Stand {
    fn new(workers: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("sbatch", SBATCH), ("squeue", SQUEUE), ("scancel", SCANCEL)] {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let array = open(folder.path(), workers);
        Self { folder, array, now: Instant::now() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn set(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).unwrap();
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap_or_default()
    }

    fn calls(&self, program: &str) -> usize {
        self.text("calls").lines().filter(|line| line.starts_with(program)).count()
    }

    fn queued(&self) -> usize {
        self.text("queue").lines().count()
    }

    /// A look a minute later than the last, as sentences.
    fn tend(&mut self, wanted: usize, connected: &[&str]) -> Vec<String> {
        self.now += Duration::from_secs(60);
        let connected: Vec<String> = connected.iter().map(|&name| name.to_owned()).collect();
        let events = self.array.tend(self.now, wanted, &connected).unwrap();
        events.iter().map(ToString::to_string).collect()
    }
}

fn open(folder: &Path, workers: usize) -> WorkerArray {
    let client = SlurmClient { folder: Some(folder.to_owned()), ..SlurmClient::default() };
    let command = ["/opt/galvani", "worker"].map(Into::into);
    WorkerArray::open(SlurmSettings::default(), workers, folder.join("slurm"), "x", &command, client).unwrap()
}

#[test]
fn an_array_is_submitted_once_and_what_ends_is_replaced() {
    let mut stand = Stand::new(3);
    assert_eq!(stand.tend(3, &[]), ["submitted 3 workers to Slurm as job 101"]);
    assert_eq!((stand.calls("squeue"), stand.calls("sbatch")), (0, 1), "nothing of a new run can be in the queue");
    let script = fs::read_to_string(stand.file("slurm/worker.sh")).unwrap();
    assert!(script.starts_with("#!/bin/sh\nexec /opt/galvani worker --name \"slurm-"), "{script}");
    assert!(stand.tend(3, &[]).is_empty());
    // One has ended and is listed, one is forgotten.
    let queue = stand.text("queue").replacen("101|0|PENDING", "101|0|NODE_FAIL", 1);
    let kept: Vec<&str> = queue.lines().filter(|line| !line.contains("101|1|")).collect();
    stand.set("queue", &(kept.join("\n") + "\n"));
    assert_eq!(
        stand.tend(3, &["slurm-101_0", "slurm-101_1"]),
        [
            "the worker of job 101_0 has ended (NODE_FAIL)",
            "the worker of job 101_1 has ended (gone from the queue)",
            "submitted 2 workers to Slurm as job 102"
        ]
    );
    // Where less is wanted, nothing is replaced and nothing is cancelled.
    let queue = stand.text("queue").replacen("102|0|PENDING", "102|0|TIMEOUT", 1);
    stand.set("queue", &queue);
    assert_eq!(stand.tend(2, &[]), ["the worker of job 102_0 has ended (TIMEOUT)"]);
    assert_eq!((stand.calls("sbatch"), stand.calls("scancel")), (2, 0));
}

#[test]
fn the_queue_is_looked_at_once_a_minute() {
    let mut stand = Stand::new(2);
    stand.tend(2, &[]);
    let begun = stand.now;
    for second in 1..600 {
        stand.array.tend(begun + Duration::from_secs(second), 2, &[]).unwrap();
    }
    assert_eq!(stand.calls("squeue"), 10);
    stand.set("down", "");
    for second in 600..1200 {
        stand.array.tend(begun + Duration::from_secs(second), 2, &[]).unwrap();
    }
    assert_eq!((stand.calls("squeue"), stand.calls("sbatch")), (20, 1), "nor more often while nobody answers");
}

#[test]
fn a_submission_without_an_answer_is_looked_up_before_it_is_repeated() {
    let mut stand = Stand::new(4);
    stand.set("lost", "");
    let told = stand.tend(4, &[]);
    assert!(told.len() == 1 && told[0].contains("Socket timed out"), "{told:?}");
    stand.set("down", "");
    assert!(stand.tend(4, &[]).is_empty(), "told once, and nothing is submitted blindly");
    fs::remove_file(stand.file("down")).unwrap();
    assert_eq!(stand.tend(4, &[]), ["Slurm answers again", "found job 101 of this run, with 4 of its workers"]);
    assert_eq!((stand.calls("sbatch"), stand.queued()), (1, 4));
}

#[test]
fn a_submission_that_was_accepted_late_is_cut_to_what_was_asked_for() {
    let mut stand = Stand::new(2);
    stand.tend(2, &[]);
    let name = stand.array.name().to_owned();
    let late: String = (0..2).map(|index| format!("{name} 90|{index}|RUNNING|n1|a|b|None\n")).collect();
    let queue = stand.text("queue") + &late;
    stand.set("queue", &queue);
    assert_eq!(
        stand.tend(2, &[]),
        [
            "found job 90 of this run, with 2 of its workers",
            "2 more workers than asked for are cancelled",
            "2 workers run on 1 node"
        ]
    );
    assert!(stand.text("calls").contains("scancel 101_1 101_0"), "those that wait: {}", stand.text("calls"));
    assert!(stand.tend(2, &[]).is_empty() && stand.queued() == 2);
}

#[test]
fn a_controller_that_is_down_changes_nothing() {
    let mut stand = Stand::new(2);
    stand.tend(2, &[]);
    stand.set("down", "");
    let told = stand.tend(2, &[]);
    assert!(told.len() == 1 && told[0].starts_with("Slurm does not answer"), "{told:?}");
    stand.set("queue", "");
    assert!(stand.tend(2, &[]).is_empty());
    assert_eq!(stand.array.elements().count(), 2);
    fs::remove_file(stand.file("down")).unwrap();
    assert_eq!(stand.tend(2, &[]).len(), 4, "back, two have ended, two are submitted");
}

#[test]
fn a_refusal_is_shown_with_its_words() {
    let mut stand = Stand::new(2);
    let words = "sbatch: error: Batch job submission failed: Invalid partition name specified";
    stand.set("refuse", words);
    let refused = stand.array.tend(stand.now, 2, &[]).unwrap_err();
    assert!(refused.message.contains(words) && refused.hint.unwrap().contains("sinfo -s"));
    // Once there are workers, a refusal is no reason to end the run.
    let mut stand = Stand::new(2);
    stand.tend(2, &[]);
    stand.set("refuse", words);
    let queue = stand.text("queue").replacen("101|0|PENDING", "101|0|FAILED", 1);
    stand.set("queue", &queue);
    let told = stand.tend(2, &["slurm-101_0"]);
    assert!(told[1].contains(words), "{told:?}");
    assert!(stand.tend(2, &[]).is_empty(), "told once");
    fs::remove_file(stand.file("refuse")).unwrap();
    assert_eq!(stand.tend(2, &[]), ["submitted 1 worker to Slurm as job 102"]);
}

#[test]
fn workers_that_end_before_their_first_trial_are_not_replaced_for_ever() {
    let mut stand = Stand::new(2);
    stand.tend(2, &[]);
    fs::write(stand.file("slurm/101_0.out"), "line\n/opt/galvani: not found\n").unwrap();
    stand.set("queue", "");
    assert_eq!(stand.tend(2, &[]).last().unwrap(), "submitted 2 workers to Slurm as job 102");
    stand.set("queue", "");
    let refused = stand.array.tend(stand.now + Duration::from_secs(60), 2, &[]).unwrap_err();
    assert!(refused.message.starts_with("4 workers of the job array"), "{refused}");
    assert!(refused.message.contains("/opt/galvani: not found") && refused.hint.unwrap().contains("worker.sh"));
    assert_eq!(stand.calls("sbatch"), 2);
}

#[test]
fn a_run_that_goes_on_finds_its_workers_again() {
    let mut stand = Stand::new(3);
    stand.tend(3, &[]);
    let name = stand.array.name().to_owned();
    stand.array = open(stand.folder.path(), 3);
    assert_eq!(stand.array.name(), name);
    assert_eq!(stand.tend(3, &[]), ["found job 101 of this run, with 3 of its workers"]);
    assert_eq!(stand.calls("sbatch"), 1);
    // Another run of the same name has other jobs.
    fs::remove_file(stand.file("slurm/arrays.json")).unwrap();
    assert_ne!(open(stand.folder.path(), 3).name(), name);
}

#[test]
fn a_cancellation_is_confirmed() {
    let mut stand = Stand::new(3);
    assert_eq!(stand.array.cancel(), None);
    assert_eq!(stand.text("calls"), "", "there is nothing to cancel");
    stand.tend(3, &[]);
    stand.set("stubborn", "");
    assert_eq!(stand.array.cancel(), None);
    assert_eq!((stand.queued(), stand.calls("scancel"), stand.calls("squeue")), (0, 2, 2));
}

#[test]
fn a_check_submits_nothing_and_shows_everything() {
    let stand = Stand::new(1);
    let client = SlurmClient { folder: Some(stand.folder.path().to_owned()), ..SlurmClient::default() };
    let check = |client: &SlurmClient| {
        let command = ["/opt/galvani", "worker"].map(Into::into);
        check(&SlurmSettings::default(), 5, Path::new("/runs/x/slurm"), "x", &command, client)
    };
    let plan = check(&client).unwrap();
    assert!(plan.command.contains("--array=0-4") && plan.command.ends_with(" /runs/x/slurm/worker.sh"), "{plan:?}");
    assert!(
        plan.script.contains("exec /opt/galvani worker") && plan.answer.starts_with("Job 1 to start at"),
        "{plan:?}"
    );
    assert_eq!(stand.queued(), 0);
    stand.set("refuse", "sbatch: error: Batch job submission failed: Invalid qos specification");
    assert!(check(&client).unwrap_err().hint.unwrap().contains("--qos"));
    let nowhere = SlurmClient { folder: Some("/nonexistent".into()), ..client };
    assert!(check(&nowhere).unwrap_err().hint.unwrap().contains("login node"));
}

#[test]
fn events_that_need_attention_are_warnings() {
    assert!(ArrayEvent::Unreachable(String::new()).is_warning() && !ArrayEvent::Reachable.is_warning());
}
