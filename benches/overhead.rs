//! Costs of the machinery beside the trials: asking, storing, starting processes, simulating the cell.
//!
//! `cargo bench --bench overhead` prints a table; `benches/RESULTS.md` keeps what was measured where.
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use galvani::executor::Executor;
use galvani::executor::job::{JobEvent, JobId, Launch};
use galvani::executor::limits::Limits;
use galvani::executor::process::Processes;
use galvani::executor::slot::Slot;
use galvani::intensifier::bracket::Schedule;
use galvani::intensifier::config::IntensifierConfig;
use galvani::numeric::quantile::quantile;
use galvani::optimizer::{Ask, Optimizer};
use galvani::space::Space;
use galvani::store::Store;
use galvani::store::record::{Noted, Record};
use galvani::trial::TrialId;
use galvani::trial::budget::Budget;
use galvani::trial::outcome::Outcome;

/// Ten mixed parameters with a condition and a forbidden combination.
const SPACE: &str = r#"(
    name: "mixed",
    parameters: {
        "a": Float(min: 0, max: 1), "b": Float(min: 0, max: 1), "c": Float(min: 1e-4, max: 1, log: true),
        "d": Float(min: 1e-4, max: 1, log: true), "e": Float(min: 0, max: 1),
        "f": Integer(min: 1, max: 64, log: true), "g": Integer(min: 1, max: 9),
        "h": Ordinal(values: [16, 32, 64, 128]),
        "k": Categorical(choices: ["x", "y", "z", "w"]), "l": Categorical(choices: ["x", "y"]),
    },
    conditions: { "e": "k == 'x'" },
    forbidden: ["h % g == 7"],
)"#;

type Outcomes = Result<(), Box<dyn Error>>;

fn main() -> Outcomes {
    asking()?;
    storing()?;
    starting()?;
    #[cfg(feature = "simulator")]
    simulating()?;
    Ok(())
}

fn row(what: &str, value: f64, unit: &str) {
    println!("{what:<58} {value:>10.3} {unit}");
}

/// Wall time of an ask once so many trials have ended, one at a time; the optimizer uses every core.
fn asking() -> Outcomes {
    let space = Arc::new(Space::parse(SPACE, Path::new("mixed"))?);
    let budget = |amount| Budget::new(amount).ok_or("a budget is positive");
    for (name, schedule) in [
        ("full fidelity", Schedule::full(budget(1.0)?)),
        ("budgets from 1 to 27", Schedule::new(budget(1.0)?, budget(27.0)?, 3)?),
    ] {
        let mut optimizer =
            Optimizer::builder(space.clone(), schedule, IntensifierConfig::default()).seed(1).build()?;
        let mut times = Vec::new();
        for trial in 1..=1000u32 {
            let begun = Instant::now();
            let Ask::Trial(proposal) = optimizer.ask() else { return Err("the space is not exhausted".into()) };
            times.push(begun.elapsed().as_secs_f64() * 1e3);
            let row = space.encode(&proposal.configuration);
            let distance = |(index, x): (usize, &f64)| if x.is_nan() { 0.2 } else { (x - 0.07 * index as f64).powi(2) };
            let cost = row.iter().enumerate().map(distance).sum::<f64>() + 1.0 / proposal.budget.amount();
            optimizer.tell(proposal.trial, Outcome::of_cost(cost));
            if [50, 200, 1000].contains(&trial) {
                let last = &times[times.len() - 25..];
                row_of(&format!("ask after {trial} trials, {name}: mean of 25"), last);
            }
        }
    }
    Ok(())
}

fn row_of(what: &str, milliseconds: &[f64]) {
    row(what, milliseconds.iter().sum::<f64>() / milliseconds.len() as f64, "ms");
}

/// Records of about 300 bytes, each durable before the next.
fn storing() -> Outcomes {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("store");
    let (mut store, _) = Store::open(&path)?;
    let mut times = Vec::new();
    for index in 0..20_000u32 {
        let value = serde_json::json!({ "index": index, "text": "x".repeat(200) });
        let record = Record::Noted(Noted { key: index.to_string(), value, at: jiff::Timestamp::UNIX_EPOCH });
        let record = if index == 0 { begun() } else { record };
        let begun = Instant::now();
        store.append(&record)?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    row("store: median of 20,000 durable appends", quantile(&times, 0.5).unwrap_or(f64::NAN), "ms");
    row("store: 99th percentile", quantile(&times, 0.99).unwrap_or(f64::NAN), "ms");
    drop(store);
    let begun = Instant::now();
    let (_store, opened) = Store::open(&path)?;
    row("store: opening it again", begun.elapsed().as_secs_f64(), "s");
    assert_eq!(opened.records.len(), 20_000);
    Ok(())
}

fn begun() -> Record {
    Record::Begun(galvani::store::record::Begun {
        format: galvani::store::record::FORMAT,
        galvani: env!("CARGO_PKG_VERSION").into(),
        name: "overhead".into(),
        seed: 0,
        experiment: String::new(),
        space: String::new(),
        intensifier: None,
        at: jiff::Timestamp::UNIX_EPOCH,
    })
}

/// Trials that do nothing, two at a time.
fn starting() -> Outcomes {
    const TRIALS: u32 = 500;
    let folder = tempfile::tempdir()?;
    let mut executor = Processes::new(Slot::plain(2));
    let begun = Instant::now();
    let (mut next, mut ends) = (1, 0);
    while ends < TRIALS {
        while executor.idle() > 0 && next <= TRIALS {
            executor.start(Launch {
                job: JobId::Trial { trial: TrialId(next), attempt: 1 },
                program: "/bin/sh".into(),
                arguments: vec!["-c".into(), "echo '{\"cost\": 1}'".into()],
                environment: Vec::new(),
                folder: folder.path().join(next.to_string()),
                checkpoint: folder.path().join("checkpoint"),
                continues_from: None,
                request: None,
                objectives: Vec::new(),
                budget: None,
                limits: Limits::default(),
            })?;
            next += 1;
        }
        ends += u32::from(matches!(executor.wait(Duration::from_secs(60)), Some(JobEvent::Ended { .. })));
    }
    row("process: a trivial trial, 2 workers", begun.elapsed().as_secs_f64() * 1e3 / f64::from(TRIALS), "ms");
    Ok(())
}

/// The default dataset, profiles and writing included.
#[cfg(feature = "simulator")]
fn simulating() -> Outcomes {
    use galvani::battery::dataset::Dataset;
    use galvani::battery::dataset::specification::Specification;
    let folder = tempfile::tempdir()?;
    let specification = Specification { train: 112, hours: 24.0, interval_s: 30, ..Default::default() };
    let seconds = specification.all_series() as f64 * specification.hours * 3600.0;
    let begun = Instant::now();
    Dataset::generate(&specification, &folder.path().join("dataset"), &|_| ())?;
    let wall = begun.elapsed().as_secs_f64();
    row("battery: a dataset of 128 series of 24 h", wall, "s");
    row("battery: wall time of a profile-second, all cores", wall / seconds * 1e9, "ns");
    Ok(())
}
