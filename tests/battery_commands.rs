//! The verbs of `galvani battery`: their messages, their files, and how other programs read these.
#![cfg(feature = "simulator")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use galvani::battery::dataset::{Dataset, Specification, Split};
use galvani::battery::simulation::thermal::Thermal;

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
    let path = folder.join("data");
    Dataset::generate(specification, &path, &|_| {}).unwrap();
    path
}

#[test]
fn the_command_line_explains_itself() {
    let folder = tempfile::tempdir().unwrap();
    let galvani = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        let output = command.arg("battery").args(arguments).current_dir(folder.path()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let write = |text: &str| fs::write(folder.path().join("x.ron"), text).unwrap();
    write("(\n    train: 2, validation: 1, test: 1,\n    hours: 0.2,\n    jitter: 0.9,\n)");
    let (code, _, error) = galvani(&["generate", "x.ron"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("x.ron:4:13: `jitter` must be 0 to 0.2, not 0.9") && error.contains("hint: "), "{error}");

    write("(train: 2, validation: 1, test: 1, hours: 0.2)");
    let (code, out, error) = galvani(&["generate", "x.ron"]);
    assert_eq!(code, Some(0), "{error}");
    assert!(out.contains("x.dataset: 4 series of 0.2 h, a row each 1 s: 2880 rows of 6 features"), "{out}");
    assert!(error.contains("4 series in") && error.contains("every limit of the datasheet was checked"), "{error}");
    assert!(galvani(&["generate", "x.ron"]).2.contains("is complete already"));
    let (code, out, error) = galvani(&["inspect", "x.dataset"]);
    assert!(code == Some(0) && out.contains("spans of train:") && error.contains("within the limits"), "{out}{error}");
    let (_, out, _) = galvani(&["inspect", "x.dataset", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&json["rows"], &json["violations"]), (&2880.into(), &serde_json::json!([])));
    write("(train: 3, validation: 1, test: 1, hours: 0.2)");
    let (code, _, error) = galvani(&["generate", "x.ron"]);
    assert!(code == Some(2) && error.contains("another specification") && error.contains("hint: "), "{error}");
    let (code, _, error) = galvani(&["inspect", "x.ron"]);
    assert!(code == Some(2) && error.contains("cut short"), "{error}");
}

#[test]
fn other_programs_read_it_and_the_classic_method_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let specification = Specification { train: 24, hours: 3.0, held_out: 2, ambient: (5.0, 30.0), ..small() };
    let path = generate(&specification, folder.path());
    let galvani = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        let output = command.args(["battery", arguments[0]]).arg(&path).args(&arguments[1..]);
        let output = output.current_dir(folder.path()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (out, err) = (text(output.stdout), text(output.stderr));
        assert_eq!(output.status.code(), Some(0), "{err}");
        out
    };
    galvani(&["export", "--out", "arrays", "--series", "2"]);
    let array = fs::read(at("arrays/validation.npy")).unwrap();
    assert!(
        array.starts_with(b"\x93NUMPY\x01\x00") && (10 + usize::from(array[8]) + 256 * usize::from(array[9])) == 128
    );
    let header = std::str::from_utf8(&array[10..128]).unwrap();
    assert!(header.contains("'descr': '<f4'") && header.contains("'shape': (2, 10800, 6)") && header.ends_with('\n'));
    let dataset = Dataset::open(&path).unwrap();
    let row = dataset.rows(Split::Validation, 1, 5000, 5001)[0];
    let stored = &array[128 + (10_800 + 5000) * 24..][..24];
    for (bytes, value) in stored.chunks(4).zip(row) {
        assert_eq!(f32::from_le_bytes(bytes.try_into().unwrap()), value as f32);
    }

    // The lines of Python that the documentation gives, where there is a Python with NumPy.
    let documented =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/battery/dataset/storage.rs")).unwrap();
    let code = documented.split("```python").nth(1).unwrap().split("```").next().unwrap().replace("//! ", "");
    let check = format!("path = {:?}\n{code}\nprint(rows.shape, *physical[5000])", path.display().to_string());
    let has_numpy = Command::new("python3").args(["-c", "import numpy"]).stderr(Stdio::null()).status();
    if has_numpy.is_ok_and(|status| status.success()) {
        let output = Command::new("python3").args(["-c", &check]).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.starts_with("(31, 10800, 6)"), "{said}{}", String::from_utf8_lossy(&output.stderr));
        let numbers = said.rsplit(") ").next().unwrap().split_whitespace();
        for (number, value) in numbers.zip(dataset.rows(Split::Train, 0, 5000, 5001)[0]) {
            let number = number.trim_start_matches("np.float64(").trim_end_matches(')');
            assert!((number.parse::<f64>().unwrap() - value).abs() < 1e-9, "{number} {value}");
        }
    }

    galvani(&["plot", "--out", "pictures", "--series", "1"]);
    for name in ["profile.png", "profile.svg", "coverage.png", "coverage.svg", "coverage.json"] {
        assert!(fs::metadata(at("pictures").join(name)).unwrap().len() > 1000, "{name}");
    }

    let small = ["baseline", "--windows", "12", "--rows", "2000", "--context", "1000", "--format", "json"];
    let rows: Vec<serde_json::Value> =
        galvani(&small).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 8, "two splits, two methods, two kinds of sensors");
    let error = |row: &serde_json::Value| row["soc_mean_absolute_error"].as_f64().unwrap();
    for row in &rows {
        let (perfect, counter) = (row["sensors"] == "perfect", row["method"] == "coulomb counter");
        let other = rows.iter().find(|other| {
            ["split", "sensors"].iter().all(|key| other[key] == row[key]) && other["method"] != row["method"]
        });
        match (perfect, counter) {
            (true, _) => assert!(error(row) < 1e-4, "{row}"),
            (false, true) => assert!((0.005..0.05).contains(&error(row)), "{row}"),
            // The circuit was fitted to other drive cycles and temperatures than those of the split that was held out.
            (false, false) => {
                assert!(error(row) < 0.75 * error(other.unwrap()), "{row}");
                assert!(row["split"] == "held_out" || error(row) < 0.015, "{row}");
            }
        }
        assert!(row["voltage_mean_absolute_error"].as_f64().unwrap() < 0.05, "{row}");
    }
    assert!(rows[0]["circuit"]["time_constants"][0].as_f64().unwrap() > 1.0);
}
