//! The simulator agrees with converged PyBaMM, and the dataset keeps what was simulated.
#![cfg(feature = "simulator")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use galvani::battery::cell::Cell;
use galvani::battery::current::Kind;
use galvani::battery::dataset::{Dataset, DatasetError, FEATURES, Specification, Split};
use galvani::battery::limits::check;
use galvani::battery::thermal::Thermal;
use galvani::battery::trace::{Start, Trace, simulate};

fn chen() -> Cell {
    Cell::named("chen2020").unwrap()
}

fn golden(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/spme").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Samples of a current, 1 s apart; `5*3` stands for three fives.
fn current(profile: &str) -> Vec<f64> {
    let text = golden(&format!("{profile}.current.txt"));
    let run = |line: &str| {
        let (value, count) = line.split_once('*').unwrap_or((line, "1"));
        vec![value.parse::<f64>().unwrap(); count.parse().unwrap()]
    };
    text.lines().flat_map(run).collect()
}

#[test]
fn traces_agree_with_converged_pybamm() {
    // Largest deviation allowed of voltage and its losses, mV, and of the temperatures, mK. The electrolyte nearly runs
    // dry in the 3 C pulses of `step_4h`.
    for (profile, name, thermal, millivolt, millikelvin) in [
        ("const_1C", "const_1C__two_temperature", Thermal::TwoTemperature, 0.05, 2.5),
        ("drive_4h", "drive_4h__two_temperature", Thermal::TwoTemperature, 0.03, 0.5),
        ("step_4h", "step_4h__two_temperature", Thermal::TwoTemperature, 0.3, 4.0),
        ("step_4h", "step_4h__isothermal", Thermal::Isothermal, 0.3, 1e-3),
        ("step_4h", "step_4h__lumped", Thermal::Lumped, 0.3, 4.0),
    ] {
        let trace = simulate(&chen(), thermal, &current(profile), Start::default());
        let columns: [(&str, &[f64], f64); 8] = [
            ("voltage", &trace.voltage, 1e-3 * millivolt),
            ("surface_temperature", &trace.surface_temperature, 1e-3 * millikelvin),
            ("core_temperature", &trace.core_temperature, 1e-3 * millikelvin),
            ("soc", &trace.soc, 4e-6),
            ("ocv", &trace.ocv, 4e-6),
            ("reaction", &trace.reaction, 1e-3 * millivolt),
            ("concentration", &trace.concentration, 1e-3 * millivolt),
            ("ohmic", &trace.ohmic, 1e-3 * millivolt),
        ];
        let text = golden(&format!("{name}.csv"));
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        assert_eq!(header[1..], columns.map(|(column, ..)| column));
        let mut rows = 0;
        for line in lines {
            let numbers: Vec<f64> = line.split(',').map(|number| number.parse().unwrap()).collect();
            let second = numbers[0] as usize;
            for ((column, found, allowed), expected) in columns.iter().zip(&numbers[1..]) {
                let deviation = (found[second] - expected).abs();
                assert!(deviation < *allowed, "{name}: {column} at {second} s is off by {deviation:e}");
            }
            rows += 1;
        }
        assert!(rows > 240, "{name} has {rows} rows");
    }
}

#[test]
fn a_resting_cell_comes_to_its_open_circuit_voltage() {
    let current = [vec![0.0], vec![6.0; 600], vec![0.0; 60_000]].concat();
    let Trace { voltage, ocv, core_temperature, .. } =
        simulate(&chen(), Thermal::Lumped, &current, Start { soc: 0.7, ambient: 15.0 });
    assert!((voltage[600] - ocv[600]).abs() > 0.1);
    let (last, rest) = (voltage.len() - 1, voltage[60_600] - ocv[60_600]);
    assert!(rest.abs() < 1e-6, "{rest:e}");
    assert!((core_temperature[last] - 15.0).abs() < 1e-3);
}

#[test]
fn charge_and_energy_are_accounted_for() {
    let cell = chen();
    let current = current("drive_4h");
    let trace = simulate(&cell, Thermal::Lumped, &current, Start::default());
    let trapezoid = |f: &dyn Fn(usize) -> f64| (1..current.len()).map(|k| 0.5 * (f(k - 1) + f(k))).sum::<f64>();

    let last = current.len() - 1;
    let charge = trapezoid(&|k| current[k]);
    assert!((trace.soc[last] - (1.0 - charge / cell.capacity())).abs() < 1e-11);

    // What leaves the chemistry arrives as heat: I (U - V) with the potentials of the surfaces, and the collectors. The
    // trapezoid of samples of 1 s is the coarser side.
    let heat = trapezoid(&|k| {
        let loss = -(trace.reaction[k] + trace.concentration[k] + trace.ohmic[k]);
        current[k] * loss + current[k] * current[k] * cell.collector_resistance()
    });
    let cooling = cell.thermal.lumped * cell.thermal.cooling_area;
    let given_off = cooling * trapezoid(&|k| trace.core_temperature[k] - 25.0);
    let stored = cell.heat_capacity() * (trace.core_temperature[last] - 25.0);
    assert!(((given_off + stored) / heat - 1.0).abs() < 0.05, "{heat} J against {} J", given_off + stored);
}

#[test]
fn a_start_at_any_charge_is_a_cell_that_came_there_and_rested() {
    let drive = &current("drive_4h")[..3600];
    let way = [vec![0.0], vec![2.0; 3600], vec![0.0; 60_000]].concat();
    let long = simulate(&chen(), Thermal::Isothermal, &[&way, drive].concat(), Start::default());
    let short = simulate(&chen(), Thermal::Isothermal, drive, Start { soc: 0.6, ambient: 25.0 });
    for (second, (long, short)) in long.voltage[way.len()..].iter().zip(&short.voltage).enumerate() {
        assert!((long - short).abs() < 1e-6, "at {second} s {long} {short}");
    }
}

fn small() -> Specification {
    Specification { train: 9, validation: 3, test: 2, hours: 0.5, ..Specification::default() }
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
    assert_eq!(crc32fast::hash(&bytes[0][4096..]), 4_249_427_043);
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
    let specification = Specification { ambient: (5.0, 35.0), kinds: vec![Kind::DriveCycle], ..small() };
    let dataset = Dataset::open(&generate(&specification, folder.path())).unwrap();
    let mut rows = vec![0.0; dataset.steps() * FEATURES.len()];
    dataset.read(Split::Validation, 1, 0, &mut rows);
    let column = |feature: usize| -> Vec<f64> {
        rows.chunks(FEATURES.len()).map(|row| f64::from(Dataset::unscale(feature, row[feature]))).collect()
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
    assert!((Dataset::scale(1, Dataset::unscale(1, 0.3)) - 0.3).abs() < 1e-6);
}

#[test]
fn longer_intervals_keep_the_charge() {
    let folder = tempfile::tempdir().unwrap();
    let read = |interval_s| {
        let specification = Specification { interval_s, hours: 2.0, ..small() };
        let dataset = Dataset::open(&generate(&specification, folder.path())).unwrap();
        let mut rows = vec![0.0; dataset.steps() * FEATURES.len()];
        dataset.read(Split::Train, 0, 0, &mut rows);
        rows.chunks(FEATURES.len()).map(|row| row.to_vec()).collect::<Vec<_>>()
    };
    let (fine, coarse) = (read(1), read(20));
    assert_eq!((fine.len(), coarse.len()), (7200, 360));
    let mut charge = 0.0;
    for (k, row) in coarse.iter().enumerate() {
        assert_eq!(row[1..], fine[20 * k][1..], "row {k}");
        let current = f64::from(Dataset::unscale(0, row[0]));
        charge += if k == 0 { 0.0 } else { 20.0 * current };
        let expected = 18_000.0 * f64::from(coarse[0][3] - row[3]);
        assert!((charge - expected).abs() < 10.0, "row {k}: {charge} A s against {expected} A s");
    }
}

#[test]
fn stored_series_obey_the_limits() {
    let folder = tempfile::tempdir().unwrap();
    let specification = Specification { train: 16, hours: 3.0, ambient: (0.0, 45.0), ..small() };
    let dataset = Dataset::open(&generate(&specification, folder.path())).unwrap();
    let mut cell = chen();
    // Half a step of quantization is no violation.
    for side in [&mut cell.limits.discharge, &mut cell.limits.charge] {
        side.critical += 2e-4;
        side.continuous += 2e-4;
        side.short += 2e-4;
    }
    cell.limits.critical_soc = (0.1999, 0.8001);
    cell.limits.soc = (0.0095, 0.9805);
    cell.limits.voltage = (2.4999, 4.2001);
    let mut rows = vec![0.0; dataset.steps() * FEATURES.len()];
    for series in 0..16 {
        dataset.read(Split::Train, series, 0, &mut rows);
        let column = |feature: usize| -> Vec<f64> {
            rows.chunks(FEATURES.len()).map(|row| f64::from(Dataset::unscale(feature, row[feature]))).collect()
        };
        assert_eq!(check(&cell, column(3)[0], &column(0), &column(1)), Ok(()), "series {series}");
    }
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
        (vec![b'x'; 10_000], "does not begin as a dataset does"),
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
    assert!(error.to_string().contains("the known cells are `chen2020`"), "{error}");

    // A file where the folder should be: also root may not write there.
    fs::write(folder.path().join("file"), "").unwrap();
    let error = Dataset::generate(&small(), &folder.path().join("file/data"), &|_| {}).unwrap_err();
    assert!(matches!(error, DatasetError::Unwritable { .. }), "{error}");
    assert!(error.to_string().contains("file/data") && error.to_string().contains("hint: "), "{error}");
}

#[test]
fn a_partial_file_of_a_killed_writer_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    fs::write(folder.path().join("data.partial-1"), "half").unwrap();
    Dataset::generate(&small(), &path, &|_| {}).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
