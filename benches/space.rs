//! Sampling legal configurations, one by one and at once, beside ConfigSpace in the same run.
//!
//! `cargo bench --bench space` prints a table with ratios; `GALVANI_PYTHON` names a Python that has ConfigSpace, and
//! without one the peer's columns stay empty. `benches/RESULTS.md` keeps what was measured where.
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use galvani::exchange::configspace;
use galvani::numeric::stream::Stream;
use galvani::space::Space;
use serde_json::Value as Json;

const CONFIGURATIONS: usize = 10_000;
const REPETITIONS: u64 = 9;

fn main() -> Result<(), Box<dyn Error>> {
    println!("{CONFIGURATIONS} configurations, best of {REPETITIONS} repetitions");
    println!(
        "{:<14} {:>12} {:>24} {:>16} {:>24}",
        "space", "with values", "ConfigSpace, values", "encoded rows", "ConfigSpace, vectors"
    );
    for path in ["search_spaces/transformer.ron", "benches/spaces/thirty.ron"] {
        let space = Space::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path))?;
        let values = milliseconds(|stream| (0..CONFIGURATIONS).map(|_| space.sample(stream)).collect::<Vec<_>>());
        // The rows of numbers that a surrogate reads, of configurations that nobody has decoded: ConfigSpace's vectors.
        let rows = milliseconds(|stream| space.sample_many(CONFIGURATIONS, stream));
        let peer = peer(&space)?;
        let column = |name: &str, own: f64| match peer.as_ref().and_then(|peer| peer[name].as_f64()) {
            Some(theirs) => format!("{theirs:.1} ms ({:.0} times)", theirs / own),
            None => "-".to_owned(),
        };
        let theirs = [column("values", values), column("vectors", rows)];
        println!("{:<14} {values:>9.2} ms {:>24} {rows:>13.3} ms {:>24}", space.name(), theirs[0], theirs[1]);
    }
    Ok(())
}

/// The least time of a draw, on one thread.
fn milliseconds<T>(draw: impl Fn(&mut Stream) -> T) -> f64 {
    let once = |repetition: u64| {
        let mut stream = Stream::of(repetition, "bench", 0);
        let before = Instant::now();
        let drawn = draw(&mut stream);
        let elapsed = before.elapsed().as_secs_f64() * 1e3;
        black_box(drawn);
        elapsed
    };
    (0..REPETITIONS).map(once).fold(f64::INFINITY, f64::min)
}

/// The same space in ConfigSpace: milliseconds for a list of configurations, and for one whose values were read.
fn peer(space: &Space) -> Result<Option<Json>, Box<dyn Error>> {
    let Ok(python) = std::env::var("GALVANI_PYTHON") else { return Ok(None) };
    let file = tempfile::NamedTempFile::with_suffix(".json")?;
    std::fs::write(file.path(), configspace::write(space)?.text)?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/space.py");
    let numbers = [CONFIGURATIONS.to_string(), REPETITIONS.to_string()];
    let output = Command::new(python).arg(script).arg(file.path()).args(numbers).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(Some(serde_json::from_slice(&output.stdout)?))
}
