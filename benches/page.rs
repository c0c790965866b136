//! The cost of the page of a run with 10,000 trials: memory, processor time while results arrive, time of the first page.
//!
//! `cargo bench --bench page` makes the journal of such a run, serves it, and follows it as one browser does.
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use galvani::store::journal::encode;
use galvani::store::record::{Asked, AttemptEnd, Begun, Ended, FORMAT, Record, Reported, Started};
use galvani::trial::{ConfigurationId, Origin};
use galvani::{Outcome, TrialId, Value};
use jiff::Timestamp;

const TRIALS: u32 = 10_000;
const PARAMETERS: u32 = 12;
/// The results a second while the page is watched, and how long it is, in seconds.
const PACE: u32 = 5;
const WATCHED: u32 = 60;

fn main() {
    let folder = tempfile::tempdir().expect("a folder for the run");
    let store = folder.path().join("runs/long/store");
    fs::create_dir_all(&store).expect("a folder for the run");
    let journal = store.join("journal.jsonl");
    let begun = Timestamp::now();
    let mut lines = encode(&beginning(begun));
    (1..=TRIALS).for_each(|trial| lines.extend(records(trial, begun)));
    fs::write(&journal, &lines).expect("a journal");
    println!("{TRIALS} trials of {PARAMETERS} hyperparameters, a journal of {:.1} MB", lines.len() as f64 / 1e6);

    let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
    command.args(["serve", "--port", "0"]).current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the program starts");
    let mut link = String::new();
    BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut link).expect("a link");
    let address = link.trim().trim_start_matches("http://").trim_end_matches('/').to_owned();
    thread::sleep(Duration::from_millis(500));
    let idle = memory(child.id());
    println!("resident memory, nobody asks: {idle:.1} MB");
    let took = |path: &str| {
        let began = Instant::now();
        let bytes = get(&address, path);
        println!("{path}: {:.1} ms, {:.1} kB", began.elapsed().as_secs_f64() * 1e3, bytes as f64 / 1e3);
    };
    took("/");
    took("/run/long");
    took("/run/long");
    took("/run/long/trials.json?sort=cost");
    took("/run/long/trials.json?find=p1%3C0.5");
    took("/run/long/trial/5000/trial.json");
    let mut stream = TcpStream::connect(&address).expect("a connection");
    write!(stream, "GET /run/long/stream HTTP/1.1\r\nHost: {address}\r\n\r\n").expect("a request");
    let reader = thread::spawn(move || std::io::copy(&mut stream, &mut std::io::sink()).unwrap_or(0));
    thread::sleep(Duration::from_secs(3));
    println!("resident memory, watched: {:.1} MB above idle", memory(child.id()) - idle);
    let (before, began) = (processor_seconds(child.id()), Instant::now());
    let mut file = OpenOptions::new().append(true).open(&journal).expect("the journal");
    for result in 0..PACE * WATCHED {
        file.write_all(&records(TRIALS + 1 + result, begun)).expect("the journal grows");
        // A browser asks for the rows of the table after changes, at most every two seconds.
        if result % (2 * PACE) == 0 {
            get(&address, "/run/long/trials.json?sort=trial&descending=true");
        }
        thread::sleep(Duration::from_secs(1) / PACE);
    }
    let used = processor_seconds(child.id()) - before;
    let share = 100.0 * used / began.elapsed().as_secs_f64();
    println!("processor, {PACE} results a second and one browser: {share:.2} % of a core");
    println!("resident memory after it: {:.1} MB above idle", memory(child.id()) - idle);
    child.kill().and_then(|()| child.wait()).expect("the program ends");
    println!("the stream sent {:.1} MB", reader.join().unwrap_or(0) as f64 / 1e6);
}

fn beginning(at: Timestamp) -> Record {
    let parameters: Vec<String> = (0..PARAMETERS).map(|index| format!("\"p{index}\": Float(min: 0, max: 1)")).collect();
    let space = format!("(parameters: {{ {} }})", parameters.join(", "));
    let experiment =
        format!("(name: \"long\", search_space: {space}, budget: (min: 1, max: 27), stop: (trials: 20000))");
    Record::Begun(Begun {
        format: FORMAT,
        galvani: "bench".into(),
        name: "long".into(),
        seed: 0,
        experiment,
        space,
        intensifier: None,
        at,
    })
}

/// The lines of a trial that reports ten costs on its way.
fn records(trial: u32, begun: Timestamp) -> Vec<u8> {
    let number = TrialId(trial);
    let at = begun + Duration::from_secs(trial.into());
    let unit = |index: u32| f64::from((trial * 7919 + index * 104_729) % 100_003) / 100_003.0;
    let (bracket, rung) = (trial / 40, (trial % 40) / 14);
    let budget = 3_f64.powi(rung as i32 + 1);
    let asked = Asked {
        trial: number,
        configuration_id: ConfigurationId(trial),
        config: (0..PARAMETERS).map(|index| (format!("p{index}"), Value::Float(unit(index)))).collect(),
        budget,
        bracket,
        rung,
        seed: 1,
        instance: None,
        origin: Origin::Model,
        at,
    };
    let slot = format!("cpu:{}", trial % 4);
    let started = Started { trial: number, attempt: 1, slot: slot.clone(), at };
    let reported = (1..=10).map(|step| {
        let budget = budget * f64::from(step) / 11.0;
        Record::Reported(Reported { trial: number, attempt: 1, budget, cost: unit(0) / f64::from(step), at })
    });
    let outcome = match trial % 20 {
        0 => Outcome::Crashed { message: "Traceback (most recent call last):\n  File \"train.py\"\n".repeat(30) },
        _ => Outcome::of_cost(0.1 + unit(0)),
    };
    let info = (0..8).map(|index| (format!("metric_{index}"), unit(index).into())).collect();
    let (seconds, cpu_seconds, peak_memory) = (1.0, 1.0, 1 << 30);
    let end = AttemptEnd {
        outcome,
        info,
        slot,
        started: at,
        at,
        seconds,
        cpu_seconds,
        peak_memory,
        exit: "exit code 0".into(),
        forfeit: None,
    };
    let ended = Ended { trial: number, attempt: 1, end, late: false };
    let all = [Record::Asked(asked), Record::Started(started)].into_iter().chain(reported);
    all.chain([Record::Ended(ended)]).flat_map(|record| encode(&record)).collect()
}

/// Gets a path; returns the bytes of the answer.
fn get(address: &str, path: &str) -> usize {
    let mut stream = TcpStream::connect(address).expect("a connection");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("a request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{path}: {}", String::from_utf8_lossy(&answer));
    answer.len()
}

/// The resident memory of a process in MB.
fn memory(process: u32) -> f64 {
    let status = fs::read_to_string(Path::new("/proc").join(process.to_string()).join("status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the kernel counts memory");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") * 1024.0 / 1e6
}

/// The processor time of a process in seconds.
fn processor_seconds(process: u32) -> f64 {
    let stat = fs::read_to_string(Path::new("/proc").join(process.to_string()).join("stat")).expect("a process");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("a name").split_whitespace().collect();
    let ticks: f64 = fields[11..13].iter().map(|field| field.parse::<f64>().expect("a number")).sum();
    // The clock that the kernel counts in, which has been 100 a second on Linux ever since.
    ticks / 100.0
}
