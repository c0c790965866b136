//! `battery generate`: a dataset simulated into one file, begun or continued.
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use clap::Args;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::battery::dataset::{Dataset, DatasetError, FEATURES, Specification, Split, UNITS};
use crate::cli::failure::Failure;
use crate::cli::live::Live;
use crate::cli::message::{amount, duration, narrate, number, say};
use crate::cli::number_argument::whole;
use crate::cli::output::behind_links;
use crate::report::draw::words::unit;

/// Simulate a dataset of many series into one file
///
/// SPECIFICATION.ron is the content of an experiment's `dataset: (...)`; every field may be left out.
///
/// The file appears under its name when it is complete. After an interruption the same command continues with the series
/// that are missing. The same specification gives the same bits, whatever the number of threads.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The specification of the dataset [default: every field at its default]
    #[arg(value_name = "SPECIFICATION.ron")]
    specification: Option<PathBuf>,
    /// The file for the dataset [default: beside the specification, ending in `.dataset`]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Processor cores to use [default: all]
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    threads: Option<usize>,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let specification = match &arguments.specification {
        Some(path) => Specification::read(path).map_err(Failure::input)?,
        None => Specification::default(),
    };
    let beside = |path: &PathBuf| path.with_extension("dataset");
    let out = (arguments.out.clone())
        .or_else(|| arguments.specification.as_ref().map(beside))
        .unwrap_or_else(|| PathBuf::from("default.dataset"));
    if out.as_os_str() == "-" {
        let message = "a dataset is written in many places at once, which stdout cannot be";
        return Err(Failure::Input(format!("{message}\nhint: give the name of a file with `--out`")));
    }
    // A name that is a link stays one.
    let out = behind_links(&out);
    match Dataset::open(&out) {
        Ok(dataset) if dataset.is_simulated_by(&specification) => {
            narrate(&format!("`{}` is complete already", out.display()));
            describe(&out, &dataset);
            return Ok(());
        }
        Err(DatasetError::Missing { .. }) => {}
        // Whatever it is, it is not ours to overwrite.
        there => {
            let what = match there {
                Ok(_) => "holds a dataset of another specification".to_owned(),
                Err(error) => format!("exists, but is not this dataset: {error}"),
            };
            let path = out.display();
            return Err(Failure::Input(format!("`{path}` {what}\nhint: delete it, or give another name with `--out`")));
        }
    }
    let threads = match arguments.threads {
        Some(0) => return Err(Failure::Input("`--threads` must be at least 1".into())),
        threads => threads.unwrap_or(0),
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(Failure::input)?;
    leave_when_interrupted().map_err(Failure::input)?;

    let begun = Instant::now();
    let view = Mutex::new((Live::new(false), None));
    let progress = |share: f64| {
        let mut view = view.lock().expect("no thread panics while it draws");
        let (live, first) = &mut *view;
        let elapsed = begun.elapsed().as_secs_f64();
        // What an interrupted generation had left is no measure of this one's pace.
        let (from, at) = *first.get_or_insert((share, elapsed));
        let left = (elapsed - at) / (share - from) * (1.0 - share);
        let left = if left.is_finite() && share < 1.0 { format!("{} left  ", duration(left)) } else { String::new() };
        live.share(&format!("dataset  {left}"), share);
    };
    let generated = pool.install(|| Dataset::generate(&specification, &out, &progress)).map_err(Failure::input)?;
    let elapsed = begun.elapsed().as_secs_f64();
    describe(&out, &Dataset::open(&out).map_err(Failure::input)?);
    let made = specification.all_series() - generated.resumed;
    let resumed = match generated.resumed {
        0 => String::new(),
        resumed => format!("; {resumed} were there from an interrupted generation"),
    };
    let rows = made as f64 * specification.steps() as f64;
    let again = match generated.redrawn {
        0 => "none left the voltage window or ran the electrolyte dry".to_owned(),
        redrawn => format!(
            "{redrawn} were drawn again, more cautiously, to stay within the voltage window and what the model holds for"
        ),
    };
    narrate(&format!(
        "{made} series in {}, {} ns a row{resumed}; every limit of the datasheet was checked, {again}",
        duration(elapsed),
        number(1e9 * elapsed / rows.max(1.0))
    ));
    Ok(())
}

/// Ends the program at a signal: series that are written stay valid, so nothing is to be cleaned up.
fn leave_when_interrupted() -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::spawn(move || {
        if signals.forever().next().is_some() {
            narrate("\ninterrupted; whole series are kept, and the same command continues from here");
            std::process::exit(130);
        }
    });
    Ok(())
}

/// Prints a summary of a dataset's file.
pub(super) fn describe(path: &Path, dataset: &Dataset) {
    let specification = dataset.specification();
    let Specification { hours, interval_s, cell, seed, kinds, coverage, jitter, .. } = specification;
    let rows = specification.all_series() * specification.steps();
    say(&format!(
        "{}: {} series of {} h, a row each {interval_s} s: {} rows of {} features, {} GB",
        path.display(),
        specification.all_series(),
        amount(*hours),
        number(rows as f64),
        FEATURES.len(),
        number(specification.bytes() as f64 * 1e-9)
    ));
    let has_simulated = Split::ALL.into_iter().any(|split| dataset.simulated(split) > 0);
    if has_simulated {
        let kinds: Vec<String> = kinds.iter().map(|kind| format!("{kind:?}")).collect();
        let (from, to) = specification.initial_soc;
        say(&format!(
            "  cell {cell}, seed {seed}, profiles {}, coverage {coverage:?}, initial state of charge {from} to {to}, jitter {jitter}",
            kinds.join(" "),
        ));
    } else {
        say(&format!("  cell {cell}, measured"));
    }
    for split in Split::ALL.into_iter().filter(|&split| dataset.simulated(split) > 0) {
        let (cycles, (from, to)) = match split {
            Split::HeldOut => (&specification.held_out_cycles, specification.held_out_ambient),
            _ => (&specification.cycles, specification.ambient),
        };
        let (series, cycles) = (dataset.simulated(split), cycles.join(", "));
        say(&format!("  {:<10} {series:>6} series  ambient {from} to {to} °C, pieces of {cycles}", split.name()));
    }
    for split in Split::ALL.into_iter().filter(|&split| dataset.simulated(split) < dataset.series(split)) {
        let series = dataset.series(split) - dataset.simulated(split);
        say(&format!("  {:<10} {series:>6} series  measured", split.name()));
    }
    for file in dataset.measured().iter().flat_map(|measured| &measured.files) {
        say(&format!(
            "  {} ({}, CRC-32 {}): state of charge {:.4} at its first row, counted with {} A h",
            file.name,
            file.layout,
            file.crc32,
            file.initial_soc,
            amount(file.capacity_ah)
        ));
    }
    for ((name, symbol), (least, largest)) in FEATURES.into_iter().zip(UNITS).zip(specification.ranges()) {
        let error = 0.5 * (largest - least) / 65535.0;
        let symbol = unit(symbol);
        let symbol = if symbol.is_empty() { String::new() } else { format!(" {symbol}") };
        say(&format!("  {name:<20} {least:>6} to {largest}{symbol}, off by at most {}{symbol}", number(error)));
    }
}
