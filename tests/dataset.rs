//! A dataset has the bits that its specification says, keeps what was simulated, and survives a killed writer.
#![cfg(feature = "simulator")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use galvani::battery::cell::Cell;
use galvani::battery::current::limits::Limit;
use galvani::battery::current::{Coverage, ProfileKind};
use galvani::battery::dataset::audit::audit;
use galvani::battery::dataset::{Dataset, DatasetError, FEATURES, Generated, Specification, Split};
use galvani::battery::simulation::thermal::Thermal;
use galvani::battery::simulation::trace::{Start, simulate};

/// The byte of the first number.
const OFFSET: usize = 4096;

fn chen() -> Cell {
    Cell::named("chen2020").unwrap()
}

fn small() -> Specification {
    Specification {
        train: 9,
        validation: 3,
        test: 2,
        hours: 0.5,
        thermal: Thermal::TwoTemperature,
        ..Specification::default()
    }
}

fn generate(specification: &Specification, folder: &Path) -> PathBuf {
    let path = folder.join(format!("{:016x}.dataset", specification.digest()));
    Dataset::generate(specification, &path, &|_| {}).unwrap();
    path
}

#[test]
fn a_dataset_has_the_same_bits_on_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = [1, 2, 5].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let path = folder.path().join(format!("{threads}"));
        let heard = Mutex::new(Vec::new());
        let progress = |share| heard.lock().unwrap().push(share);
        pool.install(|| Dataset::generate(&small(), &path, &progress)).unwrap();
        assert!(heard.into_inner().unwrap().contains(&1.0));
        fs::read(path).unwrap()
    });
    assert!(bytes[0] == bytes[1] && bytes[0] == bytes[2]);
    // Found on x86-64; arithmetic without fused operations and without libm gives it everywhere. Where the generator
    // is changed on purpose, so is `GENERATION`.
    assert_eq!(crc32fast::hash(&bytes[0][4096..]), 1_621_934_221);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "a partial file is left");
}

#[test]
fn a_series_does_not_depend_on_its_company() {
    let folder = tempfile::tempdir().unwrap();
    let few = Specification { train: 3, ..small() };
    let (many, few) =
        (Dataset::open(&generate(&small(), folder.path())), Dataset::open(&generate(&few, folder.path())));
    let (many, few) = (many.unwrap(), few.unwrap());
    let read = |dataset: &Dataset, split, series| {
        let mut rows = vec![0.0; dataset.steps() * FEATURES.len()];
        dataset.read(split, series, 0, &mut rows);
        rows
    };
    for (split, series) in [(Split::Train, 2), (Split::Validation, 0), (Split::Test, 1)] {
        assert_eq!(read(&many, split, series), read(&few, split, series));
    }
    assert_ne!(read(&many, Split::Train, 0), read(&many, Split::Validation, 0));
    assert_ne!(read(&many, Split::Test, 0), read(&many, Split::Validation, 0));
}

#[test]
fn what_is_read_is_what_was_simulated() {
    let folder = tempfile::tempdir().unwrap();
    let specification = Specification { ambient: (5.0, 35.0), kinds: vec![ProfileKind::DriveCycle], ..small() };
    let dataset = Dataset::open(&generate(&specification, folder.path())).unwrap();
    let mut rows = vec![0.0; dataset.steps() * FEATURES.len()];
    dataset.read(Split::Validation, 1, 0, &mut rows);
    let column = |feature: usize| -> Vec<f64> {
        rows.chunks(FEATURES.len()).map(|row| f64::from(dataset.unscale(feature, row[feature]))).collect()
    };
    // The stored current is rounded to 0.2 mA, so the second simulation differs a little more than the quantization.
    let start = Start { soc: column(3)[0], ambient: column(2)[0] };
    let trace = simulate(&chen(), Thermal::TwoTemperature, &column(0), start);
    for (feature, again, allowed) in [
        (1, &trace.voltage, 1e-4),
        (2, &trace.surface_temperature, 2e-3),
        (3, &trace.soc, 3e-5),
        (4, &trace.core_temperature, 3e-3),
        (5, &trace.ocv, 1e-4),
    ] {
        for (second, (found, expected)) in column(feature).iter().zip(again).enumerate() {
            assert!((found - expected).abs() < allowed, "{} at {second} s: {found} {expected}", FEATURES[feature]);
        }
    }
    let mut window = [0.0; 12];
    dataset.read(Split::Validation, 1, 700, &mut window);
    assert_eq!(window[..], rows[700 * 6..702 * 6]);
    assert!((dataset.scale(1, dataset.unscale(1, 0.3)) - 0.3).abs() < 1e-6);
}

#[test]
fn longer_intervals_keep_the_charge() {
    let folder = tempfile::tempdir().unwrap();
    let read = |interval_s| {
        let specification = Specification { interval_s, hours: 2.0, ..small() };
        let dataset = Dataset::open(&generate(&specification, folder.path())).unwrap();
        let mut rows = vec![0.0; dataset.steps() * FEATURES.len()];
        dataset.read(Split::Train, 0, 0, &mut rows);
        (rows.chunks(FEATURES.len()).map(|row| row.to_vec()).collect::<Vec<_>>(), dataset)
    };
    let ((fine, _), (coarse, dataset)) = (read(1), read(20));
    assert_eq!((fine.len(), coarse.len()), (7200, 360));
    let mut charge = 0.0;
    for (k, row) in coarse.iter().enumerate() {
        assert_eq!(row[1..], fine[20 * k][1..], "row {k}");
        let current = f64::from(dataset.unscale(0, row[0]));
        charge += if k == 0 { 0.0 } else { 20.0 * current };
        let expected = 18_000.0 * f64::from(coarse[0][3] - row[3]);
        assert!((charge - expected).abs() < 10.0, "row {k}: {charge} A s against {expected} A s");
    }
}

/// The dataset with one stored number replaced, and checksums that match it.
fn altered(path: &Path, specification: &Specification, series: usize, row: usize, feature: usize, number: u16) {
    let mut bytes = fs::read(path).unwrap();
    let each = specification.steps() * FEATURES.len() * 2;
    let (start, table) = (OFFSET + series * each, OFFSET + specification.bytes() as usize);
    let at = start + (row * FEATURES.len() + feature) * 2;
    bytes[at..at + 2].copy_from_slice(&number.to_le_bytes());
    let checksum = crc32fast::hash(&bytes[start..start + each]);
    bytes[table + 4 * series..][..4].copy_from_slice(&checksum.to_le_bytes());
    let end = bytes.len() - 4;
    let all = crc32fast::hash(&bytes[table..end]);
    bytes[end..].copy_from_slice(&all.to_le_bytes());
    fs::write(path, bytes).unwrap();
}

#[test]
fn stored_series_obey_the_limits_and_one_that_does_not_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let specification = Specification {
        train: 16,
        hours: 3.0,
        held_out: 8,
        ambient: (0.0, 30.0),
        coverage: Coverage::Even,
        jitter: 0.05,
        ..small()
    };
    let path = generate(&specification, folder.path());
    let found = audit(&Dataset::open(&path).unwrap());
    assert!(found.violations.is_empty() && found.is_complete, "{:?}", found.violations);
    let ambients: Vec<(f64, f64)> = found.spans.iter().map(|(_, spans)| spans[2]).collect();
    assert!(ambients[0].0 < 5.0 && ambients[3].0 > 34.9, "the held-out series are warmer: {ambients:?}");

    // Series 17 is the second of the validation split: 9 A in the middle of nowhere, for a second, is a legal pulse.
    let at = |amperes: f64| ((amperes + 5.0) / 25.0 * 65535.0) as u16;
    for (feature, number, limit) in [
        (0, at(19.9), Limit::ShortCurrent),
        (0, at(-4.0), Limit::ShortCurrent),
        (1, ((4.21 - 2.5) / 1.75 * 65535.0) as u16, Limit::Voltage),
        (3, 65535, Limit::StateOfCharge),
        (3, 0, Limit::StateOfCharge),
    ] {
        let damaged = folder.path().join("damaged");
        fs::copy(&path, &damaged).unwrap();
        altered(&damaged, &specification, 17, 1234, feature, number);
        let found = audit(&Dataset::open(&damaged).unwrap());
        let [(Split::Validation, 1, violation)] = &found.violations[..] else { panic!("{:?}", found.violations) };
        assert_eq!(violation.second, 1234);
        assert!(violation.limit == limit || violation.limit == Limit::CriticalCurrent, "{violation}");
    }
}

#[test]
fn what_is_held_out_is_seen_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let read = |specification: &Specification, split| {
        let dataset = Dataset::open(&generate(specification, folder.path())).unwrap();
        dataset.rows(split, 0, 0, dataset.steps())
    };
    let specification = Specification { held_out: 1, kinds: vec![ProfileKind::DriveCycle], ..small() };
    let other =
        Specification { held_out_cycles: vec!["hwfet".into()], cycles: vec!["udds".into()], ..specification.clone() };
    assert_eq!(read(&specification, Split::HeldOut), read(&other, Split::HeldOut), "training cycles do not reach it");
    assert_ne!(read(&specification, Split::Train), read(&other, Split::Train));
    let hot = read(&specification, Split::HeldOut)[0][2];
    assert!((35.0..=45.0).contains(&hot), "{hot}");
}

#[test]
fn cells_of_one_production_differ_by_eights() {
    let folder = tempfile::tempdir().unwrap();
    let specification = Specification { train: 17, hours: 0.2, jitter: 0.1, initial_soc: (0.5, 0.5), ..small() };
    let dataset = Dataset::open(&generate(&specification, folder.path())).unwrap();
    // The charge that a series moves, over the state of charge that it moves by.
    let capacity = |series| {
        let rows = dataset.rows(Split::Train, series, 0, dataset.steps());
        let charge: f64 = rows.windows(2).map(|pair| 0.5 * (pair[0][0] + pair[1][0])).sum();
        charge / (rows[0][3] - rows[rows.len() - 1][3]) / 3600.0
    };
    let capacities = [0, 7, 8, 15, 16].map(capacity);
    let same = |a: f64, b: f64| (a / b - 1.0).abs() < 0.01;
    assert!(same(capacities[0], capacities[1]) && same(capacities[2], capacities[3]), "{capacities:?}");
    assert!(capacities.iter().all(|capacity| (4.4..=5.6).contains(capacity)), "{capacities:?}");
    assert!(!same(capacities[0], capacities[2]) || !same(capacities[2], capacities[4]), "{capacities:?}");
}

#[test]
fn damage_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = generate(&small(), folder.path());
    let whole = fs::read(&path).unwrap();
    assert_eq!(Dataset::open(&path).unwrap().specification(), &small());
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    for (bytes, message) in [
        (flipped(2), "header does not match"),
        (flipped(300), "header does not match"),
        (flipped(4096 + 100_000), "series 4 does not match"),
        (flipped(whole.len() - 1), "table of checksums"),
        (flipped(whole.len() - 9), "table of checksums"),
        (whole[..whole.len() - 1].to_vec(), "cut short"),
        (whole[..100].to_vec(), "cut short"),
        (Vec::new(), "cut short"),
        (vec![b'x'; 10_000], "does not begin with the header of a dataset"),
    ] {
        fs::write(&path, bytes).unwrap();
        let error = Dataset::open(&path).err().unwrap().to_string();
        assert!(error.contains(message) && error.contains("hint: "), "{error}");
        assert!(error.contains(&path.display().to_string()), "{error}");
    }
}

#[test]
fn mistakes_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Dataset::open(&folder.path().join("none")).err().unwrap();
    assert!(matches!(missing, DatasetError::Missing { .. }) && missing.to_string().contains("none"), "{missing}");

    let unknown = Specification { cell: "lgm50".to_owned(), ..small() };
    let error = Dataset::generate(&unknown, &folder.path().join("a"), &|_| {}).unwrap_err();
    assert!(error.to_string().contains("the known cells are `chen2020`, "), "{error}");

    // A file where the folder should be: also root may not write there.
    fs::write(folder.path().join("file"), "").unwrap();
    let error = Dataset::generate(&small(), &folder.path().join("file/data"), &|_| {}).unwrap_err();
    assert!(matches!(error, DatasetError::Unwritable { .. }), "{error}");
    assert!(error.to_string().contains("file/data") && error.to_string().contains("hint: "), "{error}");
}

#[test]
fn what_a_killed_writer_left_is_used_where_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fs::read(generate(&small(), folder.path())).unwrap();
    let (path, partial) = (folder.path().join("data"), folder.path().join("data.partial"));
    let table = OFFSET + small().bytes() as usize;
    let mut left = whole.clone();
    // Of 14 series, the second was never written, and the fifth not to its end.
    left[table + 4..table + 8].fill(0);
    left[OFFSET + 4 * (table - OFFSET) / 14 + 1000] ^= 1;
    let other = Specification { seed: 1, ..small() };
    for (left, specification, resumed) in
        [(&left[..], small(), 12), (&left[..], other, 0), (&whole[..5000], small(), 0), (&[], small(), 0)]
    {
        fs::write(&partial, left).unwrap();
        let generated = Dataset::generate(&specification, &path, &|_| {}).unwrap();
        assert_eq!(generated.resumed, resumed);
        assert_eq!(fs::read(&path).unwrap() == whole, specification == small());
        assert!(!partial.exists());
        fs::remove_file(&path).unwrap();
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(Dataset::generate(&small(), &path, &|_| {}).unwrap(), Generated { resumed: 14, redrawn: 0 });
    assert!(!partial.exists());
}

#[test]
fn a_killed_generation_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let specification = Specification { train: 64, hours: 4.0, ..small() };
    let at = |name: &str| folder.path().join(name);
    fs::write(at("data.ron"), "(train: 64, validation: 3, test: 2, hours: 4, thermal: TwoTemperature)").unwrap();
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        command.args(["battery", "generate", "data.ron", "--threads", "1"]).current_dir(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut child = start();
    // Killed when eight series are there; where it was quicker than we were, there is nothing to go on with.
    let table = OFFSET + specification.bytes() as usize;
    let there = || {
        fs::read(at("data.dataset.partial"))
            .is_ok_and(|bytes| bytes.len() > table && bytes[table..].iter().any(|&byte| byte != 0))
    };
    while !there() && child.try_wait().unwrap().is_none() {}
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!at("data.dataset").exists(), "a file appears under its name when it is whole");
    let said = start().wait_with_output().unwrap();
    let said = (said.status.code(), String::from_utf8(said.stderr).unwrap());
    assert!(said.0 == Some(0) && said.1.contains("from an interrupted generation"), "{said:?}");
    let path = folder.path().join("at once");
    Dataset::generate(&specification, &path, &|_| {}).unwrap();
    assert!(fs::read(path).unwrap() == fs::read(at("data.dataset")).unwrap());
}
