//! Rates at which several processes read random windows of a dataset.
//!
//! `cargo bench --no-default-features --features simulator --bench windows -- FILE [PROCESSES]` reads windows of 1,024
//! rows of the training series as scaled 32-bit floats; without a FILE, of a dataset of 0.3 GB that it makes first.
use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use galvani::battery::dataset::{Dataset, FEATURES, Specification, Split};
use galvani::numeric::stream::Stream;

const ROWS: usize = 1024;
const SECONDS: f64 = 10.0;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|each| each != "--bench").collect();
    match &arguments[..] {
        [reader, file, index] if reader == "reader" => read(Path::new(file), index.parse()?),
        [file, processes] => measure(Path::new(file), processes.parse()?),
        [file] => measure(Path::new(file), 4),
        _ => {
            let folder = tempfile::tempdir()?;
            let file = folder.path().join("windows.dataset");
            let specification = Specification { train: 280, hours: 24.0, ..Specification::default() };
            Dataset::generate(&specification, &file, &|_| ())?;
            measure(&file, 4)
        }
    }
}

fn measure(file: &Path, processes: usize) -> Outcome {
    let dataset = Dataset::open(file)?;
    let bytes = dataset.specification().bytes() as f64;
    let begun = Instant::now();
    dataset.verify()?;
    let seconds = begun.elapsed().as_secs_f64();
    println!("every checksum of {:.2} GB: {seconds:.1} s, {:.2} GB/s", bytes * 1e-9, bytes * 1e-9 / seconds);
    let program: PathBuf = std::env::current_exe()?;
    let start = |index: usize| {
        let mut command = Command::new(&program);
        command.arg("reader").arg(file).arg(index.to_string()).stdout(Stdio::piped()).spawn()
    };
    let readers = (0..processes).map(start).collect::<Result<Vec<_>, _>>()?;
    let mut sums = [0.0; 3];
    for reader in readers {
        let said = String::from_utf8(reader.wait_with_output()?.stdout)?;
        let rates = said.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
        sums.iter_mut().zip(rates).for_each(|(sum, rate)| *sum += rate);
    }
    for (what, sum) in [("first second", sums[0]), ("from then on", sums[1])] {
        let bytes = sum * (ROWS * FEATURES.len() * 2) as f64 * 1e-9;
        println!("{processes} processes, {what}: {sum:>9.0} windows a second, {bytes:.2} GB/s of the file");
    }
    println!("for each second of a core: {:.0} windows", sums[2] / processes as f64);
    Ok(())
}

/// Reads for a while; windows a second in the first second, after it, and for a second of a core, on one line.
fn read(file: &Path, index: u64) -> Outcome {
    let dataset = Dataset::open(file)?;
    let (series, starts) = (dataset.series(Split::Train), dataset.steps() + 1 - ROWS);
    let mut stream = Stream::of(7, "windows", index);
    let mut window = vec![0.0; ROWS * FEATURES.len()];
    let begun = Instant::now();
    let mut counts = [0u64; 2];
    loop {
        let elapsed = begun.elapsed().as_secs_f64();
        if elapsed > SECONDS {
            break;
        }
        for _ in 0..64 {
            dataset.read(Split::Train, stream.below(series), stream.below(starts), &mut window);
            black_box(&window);
            counts[usize::from(elapsed > 1.0)] += 1;
        }
    }
    // Nanoseconds for which the kernel let this process run.
    let schedule = std::fs::read_to_string("/proc/self/schedstat")?;
    let busy = schedule.split(' ').next().ok_or("the kernel keeps no account")?.parse::<f64>()? * 1e-9;
    let all = (counts[0] + counts[1]) as f64;
    println!("{} {} {}", counts[0], counts[1] as f64 / (SECONDS - 1.0), all / busy);
    Ok(())
}
