//! Kills sweeps at random moments with SIGKILL and shows that no result is lost, and none counted twice.
//!
//! `cargo bench --no-default-features --bench kill` kills 1,000 times a sweep whose outcomes are scripted (real process,
//! real store), and 50 times a sweep of the binary with real trial processes. `-- --kills N --real N` changes the numbers.
use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::AtomicUsize;
use std::thread;
use std::time::{Duration, Instant};

use galvani::executor::job::Launch;
use galvani::executor::scripted::{Scene, Scripted};
use galvani::experiment::Experiment;
use galvani::experiment::folder::RunFolder;
use galvani::experiment::replay::log::Log;
use galvani::experiment::run::event::{RunEvent, RunStatus, Watcher};
use galvani::experiment::run::run_with;
use galvani::numeric::stream::Stream;
use galvani::store::Store;
use galvani::store::record::Record;
use galvani::trial::Trial;
use galvani::trial::outcome::Outcome;
use serde_json::Value as Json;

type BenchResult<T> = Result<T, Box<dyn Error>>;

const SPACE: &str = r#"(parameters: {
    "x1": Float(min: -5, max: 10), "x2": Float(min: 0, max: 15), "kind": Categorical(choices: ["a", "b", "c"]),
}, forbidden: ["kind == 'a' and x1 > 5"])"#;

/// Trials of one sweep that is killed again and again.
const TRIALS: u32 = 200;

/// The time within which a life is ended: it grows after a kill that came before anything new was acknowledged and
/// shrinks after any other, so that half of the kills fall into opening and replay, on fast machines and slow ones.
struct Window(f64);

impl Window {
    fn wait(&self, moments: &mut Stream) {
        thread::sleep(Duration::from_secs_f64(self.0 * moments.uniform()));
    }

    fn learn(&mut self, is_early: bool) {
        self.0 *= if is_early { 1.08 } else { 0.93 };
    }
}

/// The command of the real sweep: its cost depends on its arguments alone.
const PROGRAM: &str = r#"#!/bin/sh
sleep 0.02
awk -v a="$1" -v b="$2" -v k="$3" -v u="$4" 'BEGIN {
    printf "{\"cost\": %.12f}\n", a * a + b + (k == "b" ? 0 : 1) + 1 / u }'
"#;

fn main() -> BenchResult<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| arguments.iter().position(|each| each == name).and_then(|at| arguments.get(at + 1));
    if let Some(folder) = value("--child") {
        let number = |name| value(name).and_then(|text| text.parse::<u64>().ok()).ok_or("a number");
        return child(Path::new(folder), number("--seed")?, number("--workers")? as usize);
    }
    let number = |name, default: u32| value(name).map_or(Ok(default), |text| text.parse::<u32>());
    let (kills, real) = (number("--kills", 1000)?, number("--real", 50)?);
    let begun = Instant::now();
    let scripted = scripted(kills)?;
    scripted.print("scripted outcomes, real store and process", begun);
    let begun = Instant::now();
    let real = processes(real)?;
    real.print("the binary, trials are processes", begun);
    if scripted.is_good() && real.is_good() { Ok(()) } else { Err("a promise is broken".into()) }
}

/// Counts over many kills.
#[derive(Default)]
struct Tally {
    kills: u32,
    /// Kills before any new result was acknowledged: mostly while the store was opened and replayed.
    early: u32,
    acknowledged: usize,
    lost: usize,
    twice: usize,
    /// The number of sweeps with one worker, and of those among them that ended like the uninterrupted one.
    compared: u32,
    equal: u32,
    /// Repairs that a start had to report.
    repairs: usize,
    survivors: usize,
}

impl Tally {
    fn is_good(&self) -> bool {
        self.lost + self.twice + self.survivors == 0 && self.equal == self.compared
    }

    fn print(&self, what: &str, begun: Instant) {
        println!("{what}: {} kills in {:.0} s", self.kills, begun.elapsed().as_secs_f64());
        println!("  {} of them before anything new was acknowledged", self.early);
        println!("  results acknowledged {}, lost {}, counted twice {}", self.acknowledged, self.lost, self.twice);
        println!("  sweeps with one worker equal to the uninterrupted one: {} of {}", self.equal, self.compared);
        println!("  repairs of a store {}, processes left behind {}", self.repairs, self.survivors);
    }

    /// Kills a life at a random moment, unless enough were killed or it ended before; true where it ends by itself.
    fn strike(&mut self, running: &mut Child, kills: u32, window: &Window, moments: &mut Stream) -> BenchResult<bool> {
        if self.kills >= kills {
            return Ok(true);
        }
        window.wait(moments);
        if running.try_wait()?.is_some() {
            return Ok(true);
        }
        running.kill()?;
        self.kills += 1;
        Ok(false)
    }

    /// Compares the acknowledged results with the journal.
    fn check(&mut self, folder: &RunFolder, acknowledged: &HashMap<u32, Option<f64>>) -> BenchResult<()> {
        let records = match Store::read(&folder.store()) {
            Ok(records) => records,
            // Killed before it was made.
            Err(_) if acknowledged.is_empty() => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let mut results: HashMap<u32, Vec<Option<f64>>> = HashMap::new();
        for record in records {
            if let Record::Ended(ended) = record
                && ended.end.outcome != Outcome::Lost
            {
                results.entry(ended.trial.0).or_default().push(ended.end.outcome.cost());
            }
        }
        self.twice += results.values().filter(|results| results.len() > 1).count();
        let is_kept = |(trial, cost): &(&u32, &Option<f64>)| {
            results.get(trial).is_some_and(|results| results.first().is_some_and(|kept| kept == *cost))
        };
        self.lost += acknowledged.iter().filter(|each| !is_kept(each)).count();
        Ok(())
    }
}

fn succeeded(status: ExitStatus) -> BenchResult<()> {
    if status.success() { Ok(()) } else { Err(format!("the sweep ended with {status}").into()) }
}

/// The trials of a sweep, as text, without anything that may depend on interruptions.
fn sweep_of(folder: &RunFolder) -> BenchResult<Vec<String>> {
    let log = Log::read(folder.clone())?;
    // The seconds of each trial differ from run to run.
    let said = |trial: &Trial| format!("{:?} {:?} {:?}", trial.proposal, trial.outcome, trial.curve);
    Ok(log.history.trials().iter().map(said).collect())
}

/// Compares two sweeps, and prints their first difference.
fn are_equal(killed: &[String], uninterrupted: &[String]) -> bool {
    if let Some((killed, uninterrupted)) = killed.iter().zip(uninterrupted).find(|(killed, whole)| killed != whole) {
        println!("  killed:        {killed}\n  uninterrupted: {uninterrupted}");
    }
    killed == uninterrupted
}

fn experiment(seed: u64, workers: usize) -> BenchResult<Experiment> {
    let text = format!(
        "(name: \"sweep\", search_space: {SPACE}, task: Function(\"branin\"), budget: (min: 1, max: 9, eta: 3),
          executor: Process(workers: {workers}), stop: (trials: {TRIALS}), seed: {seed})"
    );
    Ok(Experiment::with_space(&text, Path::new("sweep.ron"), SPACE)?)
}

/// A watcher that prints each acknowledged result.
struct Acknowledgements;

impl Watcher for Acknowledgements {
    fn notice(&mut self, event: &RunEvent, _status: &RunStatus) {
        let line = match event {
            RunEvent::Ended { proposal, outcome, .. } => {
                format!("ended {} {}\n", proposal.trial, outcome.cost().map_or(String::new(), |cost| cost.to_string()))
            }
            RunEvent::Warning(text) => format!("warning {text}\n"),
            _ => return,
        };
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}

/// One life of the scripted sweep; the trials take some milliseconds, and some of them fail or lose their worker.
fn child(folder: &Path, seed: u64, workers: usize) -> BenchResult<()> {
    let experiment = experiment(seed, workers)?;
    let script = |launch: &Launch| {
        let mut stream = Stream::of(seed, "script", u64::from(launch.job.number()));
        thread::sleep(Duration::from_micros(stream.below(6000) as u64));
        let outcome = match stream.below(12) {
            0 => Outcome::Diverged,
            1 => Outcome::Crashed { message: "out of luck".into() },
            2 if launch.job.attempt() == 1 => Outcome::Lost,
            _ => Outcome::of_cost(stream.uniform()),
        };
        Scene { outcome, duration: Duration::from_secs(1 + stream.below(100) as u64) }
    };
    let folder = RunFolder::of(folder, "sweep");
    run_with(&mut Scripted::new(workers, script), &experiment, &folder, &mut Acknowledgements, &AtomicUsize::new(0))?;
    Ok(())
}

/// Kills sweeps with scripted outcomes so often in all, each until it is through.
fn scripted(kills: u32) -> BenchResult<Tally> {
    let mut tally = Tally::default();
    let (mut moments, mut window) = (Stream::of(1, "moments", 0), Window(0.1));
    for seed in 1.. {
        if tally.kills >= kills {
            break;
        }
        // Where several run at a time, a kill changes the order in which they end, and so the proposals after it.
        let workers = if seed % 3 == 0 { 4 } else { 1 };
        let (whole, killed) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let life = |folder: &Path| {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("--child").arg(folder).args(["--seed", &seed.to_string(), "--workers", &workers.to_string()]);
            command.stdout(Stdio::piped()).spawn()
        };
        let folder = RunFolder::of(killed.path(), "sweep");
        let mut acknowledged = HashMap::new();
        loop {
            let mut running = life(killed.path())?;
            let lines = BufReader::new(running.stdout.take().ok_or("a pipe")?).lines();
            let reader = thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<String>>());
            let is_over = tally.strike(&mut running, kills, &window, &mut moments)?;
            let status = running.wait()?;
            let before = acknowledged.len();
            for line in reader.join().map_err(|_| "the reader of a pipe")? {
                let mut words = line.split(' ');
                match (words.next(), words.next().and_then(|word| word.parse::<u32>().ok()), words.next()) {
                    (Some("ended"), Some(trial), Some(cost)) => {
                        acknowledged.insert(trial, cost.parse::<f64>().ok());
                    }
                    (Some("warning"), ..) => tally.repairs += 1,
                    _ => {}
                }
            }
            let is_early = acknowledged.len() == before;
            tally.check(&folder, &acknowledged)?;
            if is_over {
                succeeded(status)?;
                break;
            }
            tally.early += u32::from(is_early);
            window.learn(is_early);
        }
        tally.acknowledged += acknowledged.len();
        if workers == 1 {
            life(whole.path())?.wait_with_output()?;
            tally.compared += 1;
            let uninterrupted = sweep_of(&RunFolder::of(whole.path(), "sweep"))?;
            tally.equal += u32::from(are_equal(&sweep_of(&folder)?, &uninterrupted));
        }
    }
    Ok(tally)
}

/// Kills the binary in the middle of a sweep whose trials are processes.
fn processes(kills: u32) -> BenchResult<Tally> {
    let mut tally = Tally::default();
    let (mut moments, mut window) = (Stream::of(2, "moments", 0), Window(0.5));
    let (whole, killed) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let trials = 6 * kills.max(5);
    for folder in [whole.path(), killed.path()] {
        let program = folder.join("trial.sh");
        fs::write(&program, PROGRAM)?;
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        let text = format!(
            "(name: \"sweep\", search_space: {SPACE},
              task: Command(program: \"./trial.sh\", arguments: [\"{{x1}}\", \"{{x2}}\", \"{{kind}}\", \"{{budget}}\"]),
              budget: (min: 1, max: 9, eta: 3), executor: Process(workers: 1), stop: (trials: {trials}), seed: 3)"
        );
        fs::write(folder.join("sweep.ron"), text)?;
    }
    let life = |folder: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        command.args(["run", "sweep.ron"]).current_dir(folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
    };
    let folder = RunFolder::of(&killed.path().join("runs"), "sweep");
    let mut acknowledged = HashMap::new();
    loop {
        let mut running = life(killed.path())?;
        let is_over = tally.strike(&mut running, kills, &window, &mut moments)?;
        let status = running.wait()?;
        let before = acknowledged.len();
        (acknowledged, tally.repairs) = told(&folder.events());
        let is_early = acknowledged.len() == before;
        tally.check(&folder, &acknowledged)?;
        if is_over {
            succeeded(status)?;
            break;
        }
        tally.early += u32::from(is_early);
        window.learn(is_early);
    }
    tally.acknowledged = acknowledged.len();
    tally.survivors = survivors(killed.path());
    life(whole.path())?.wait()?;
    tally.compared = 1;
    let uninterrupted = sweep_of(&RunFolder::of(&whole.path().join("runs"), "sweep"))?;
    tally.equal = u32::from(are_equal(&sweep_of(&folder)?, &uninterrupted));
    Ok(tally)
}

/// The results that the event stream has told, and how many warnings.
fn told(path: &PathBuf) -> (HashMap<u32, Option<f64>>, usize) {
    let text = fs::read_to_string(path).unwrap_or_default();
    let events: Vec<Json> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let ended = events.iter().filter(|event| event["event"] == "ended");
    let results = ended.filter_map(|event| Some((event["trial"].as_u64()? as u32, event["cost"].as_f64())));
    (results.collect(), events.iter().filter(|event| event["event"] == "warning").count())
}

/// Processes that were started for a trial of this sweep and still run.
fn survivors(folder: &Path) -> usize {
    let folder = folder.display().to_string();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let environments = processes.filter_map(|process| fs::read(process.path().join("environ")).ok());
    environments.filter(|environment| String::from_utf8_lossy(environment).contains(&folder)).count()
}
