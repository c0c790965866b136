//! Every input that is kept for the fuzz targets, among them each that once failed, keeps what its target promises.
use std::fs;
use std::path::Path;

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

/// Pieces that mutations put into an input.
const PIECES: [&str; 22] = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ",",
    ":",
    "\"",
    "'",
    "-",
    "1e999",
    "0.5",
    "-1",
    "18446744073709551616",
    "true",
    "null",
    "\"a\"",
    "NaN",
    "\n",
    "[1]",
    "{\"a\": 1}",
];

/// The input with a few pieces put in, taken out or exchanged, by numbers that follow from a seed (Steele and Vigna 2021).
fn mutated(input: &[u8], seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
    let mut below = |limit: usize| {
        state = state.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        usize::try_from(state >> 33).expect("31 bits") % limit.max(1)
    };
    let mut output = input.to_vec();
    for _ in 0..=below(3) {
        let (at, end) = (below(output.len() + 1), below(12));
        let taken = at..(at + end * below(2)).min(output.len());
        output.splice(taken, PIECES[below(PIECES.len())].bytes());
    }
    output
}

#[test]
fn inputs_with_small_mistakes_break_no_promise() {
    for (name, target) in fuzz::TARGETS.iter().filter(|(name, _)| MUTATED.contains(name)) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora").join(name);
        let mut entries: Vec<_> = fs::read_dir(&folder).expect("a corpus for each target").flatten().collect();
        entries.sort_by_key(fs::DirEntry::path);
        for (entry, file) in entries.into_iter().take(12).zip(0..) {
            let input = fs::read(entry.path()).expect("a readable file");
            for seed in 0..60 {
                let mutated = mutated(&input, file * 1000 + seed);
                println!("{name}: {}", String::from_utf8_lossy(&mutated)); // shown where it fails
                target(&mutated);
            }
        }
    }
}

/// Targets whose messages people read beside a line that they wrote.
const MUTATED: [&str; 8] =
    ["cells", "currents", "experiments", "measurements", "outputs", "protocols", "requests", "spaces"];

#[test]
fn kept_inputs_break_no_promise() {
    for (name, target) in fuzz::TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora").join(name);
        let mut count = 0;
        for entry in fs::read_dir(&folder).expect("a corpus for each target") {
            let path = entry.expect("a readable folder").path();
            println!("{}", path.display()); // shown where it fails
            target(&fs::read(&path).expect("a readable file"));
            count += 1;
        }
        assert!(count >= 2, "{}: {count} inputs", folder.display());
    }
}
