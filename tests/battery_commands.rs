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

/// The verb `simulate` with a current of `tests/golden/currents/`: exit code, table and narration.
fn simulate(name: &str, more: &[&str]) -> (Option<i32>, Vec<String>, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/currents").join(name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
    let command = command.args(["battery", "simulate", "--cell", "chen2020", "--out", "-", "--current"]).arg(path);
    let output = command.args(more).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout).lines().map(str::to_owned).collect(), text(output.stderr))
}

#[test]
fn measured_currents_are_read_as_they_are_meant_or_not_at_all() {
    for (name, place, hint) in [
        ("decimal-commas.csv", "decimal-commas.csv:2:5: this row has 4 of 2 fields", "with a point"),
        ("quoted-commas.csv", "quoted-commas.csv:2:5: `1,5` is not a number", "with a point"),
        ("short-row.csv", "short-row.csv:2:4: this row has 2 of 3 fields", "may be empty"),
    ] {
        let (code, table, error) = simulate(name, &[]);
        assert!(code == Some(2) && table.is_empty() && error.contains(place) && error.contains(hint), "{error}");
    }
    let (code, table, _) = simulate("float32-times.csv", &[]);
    assert_eq!((code, table.len()), (Some(0), 20_003));
    assert!(table[20_002].starts_with("20000.0996094,1,"), "{}", table[20_002]);
    let (_, same, _) = simulate("float32-times.csv", &["--at", "input"]);
    assert_eq!(same.len(), 3);
    let voltage = |row: &str| row.split(',').nth(2).unwrap().parse::<f64>().unwrap();
    assert!((voltage(&same[2]) - voltage(&table[20_002])).abs() < 1e-5);
    // A step: the current changes at once, the charge does not, and the voltage loses what is ohmic.
    let (_, table, _) = simulate("step-with-two-rows-a-time.csv", &[]);
    assert_eq!(table.len(), 1 + 121 + 1);
    assert!(table[61].starts_with("60,5,") && table[62].starts_with("60,0,"), "{} {}", table[61], table[62]);
    assert!(voltage(&table[62]) - voltage(&table[61]) > 0.1 && voltage(&table[63]) > voltage(&table[62]));
    let (_, held, _) = simulate("step-with-two-rows-a-time.csv", &["--hold"]);
    assert_eq!(held, table);
}

#[test]
fn a_simulation_says_where_it_is_not_valid() {
    let (code, table, error) = simulate("fifteen-amperes.csv", &["--thermal", "isothermal"]);
    assert!(code == Some(0) && error.contains("not valid from 49 s: the electrolyte is empty"), "{error}");
    assert!(table[0].ends_with(",valid") && table[49].ends_with(",1") && table[50].ends_with(",0"), "{}", table[50]);
    let (_, table, error) = simulate("fifteen-amperes.csv", &["--charge-positive", "--initial-soc", "0.9"]);
    assert!(table[1].starts_with("0,-15,") && error.contains("leave out `--charge-positive`"), "{error}");
    let (_, table, error) = simulate("step-with-two-rows-a-time.csv", &["--initial-voltage", "4.0", "--ambient", "5"]);
    assert!(
        table[1].contains(",4.0000000,") && error.contains("4 V is a state of charge of 0.7"),
        "{error} {}",
        table[1]
    );
    assert!(error.contains("state of charge 1 is 4.181 V"), "{error}");
    let (code, _, error) = simulate("step-with-two-rows-a-time.csv", &["--initial-voltage", "5"]);
    assert!(code == Some(2) && error.contains("`--initial-voltage` must be"), "{error}");
}

#[test]
fn bpx_is_read_written_and_refused_by_name() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/cells");
    let folder = tempfile::tempdir().unwrap();
    let galvani = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        let output = command.arg("battery").args(arguments).current_dir(folder.path()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let at = |name: &str| corpus.join(name).display().to_string();
    fs::write(folder.path().join("i.csv"), "time_s,current_a\n0,5\n600,5\n").unwrap();
    let voltages = |cell: &str, start: &[&str]| -> Vec<f64> {
        let fixed = ["simulate", "--cell", cell, "--current", "i.csv", "--thermal", "isothermal", "--out", "-"];
        let (code, out, error) = galvani(&[&fixed[..], start].concat());
        assert_eq!(code, Some(0), "{error}");
        out.lines().skip(1).map(|line| line.split(',').nth(2).unwrap().parse().unwrap()).collect()
    };
    let worst = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    // The same cell as the built-in one, whose state of charge 1 is 4.181 V instead of the limit.
    let (code, ron, error) = galvani(&["cell", "import", &at("bpx_0_1.json")]);
    assert!(
        code == Some(0) && ron.contains("// Imported from BPX 0.1 (DFN)") && ron.contains("the file has 0.90"),
        "{ron}"
    );
    assert!(error.contains("not kept: `Parameterisation > Cell > Thermal conductivity [W.m-1.K-1]`"), "{error}");
    assert!(error.contains("0 and 1 of the charge are at 2.5 and 4.2 V"), "{error}");
    fs::write(folder.path().join("mine.ron"), ron).unwrap();
    let volt = ["--initial-voltage", "4.1", "--ambient", "25"];
    let (built_in, imported) = (voltages("chen2020", &volt), voltages("mine.ron", &volt));
    assert!(worst(&built_in, &imported) < 2e-5, "{}", worst(&built_in, &imported));
    assert_eq!(imported, voltages(&at("bpx_0_1.json"), &volt));
    let full = galvani(&["simulate", "--cell", "mine.ron", "--current", "i.csv", "--out", "-"]).1;
    assert!(full.lines().nth(1).unwrap().contains(",4.2000000,"), "{full:.200}");
    // A later version with tables, and what it says that is not kept.
    let (code, ron, error) = galvani(&["cell", "import", &at("bpx_1_1.json"), "--out", "later.ron"]);
    assert!(code == Some(0) && error.contains("`User-defined`, `Validation`"), "{error}{ron}");
    let later = fs::read_to_string(folder.path().join("later.ron")).unwrap();
    assert!(
        later.contains("heat_transfer: \"7.5 [W/m2/K]\"") && later.contains("activation_energy: \"15000"),
        "{later}"
    );
    assert!(voltages("later.ron", &["--ambient", "10"])[600] > 2.5);
    // There and back.
    let (code, out, error) = galvani(&["cell", "export", "mine.ron", "--out", "back.json"]);
    assert_eq!((code, out.as_str()), (Some(0), "back.json\n"), "{error}");
    assert!(worst(&imported, &voltages("back.json", &volt)) < 2e-5);
    for (file, message) in [
        ("bpx_blended.json", "`Particle`: blended electrodes cannot be held"),
        ("bpx_hysteresis.json", "`OCP (delithiation) [V]`: hysteresis"),
        ("not_bpx.json", "this is JSON, but not BPX"),
    ] {
        let (code, _, error) = galvani(&["simulate", "--cell", &at(file), "--current", "i.csv", "--out", "o.csv"]);
        assert!(code == Some(2) && error.contains(message) && error.contains("hint: "), "{error}");
    }
    assert!(!folder.path().join("o.csv").exists());
}

#[test]
fn numbers_that_only_expressions_use_are_kept() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/cells");
    let text = fs::read_to_string(corpus.join("pybamm_plain.json")).unwrap();
    assert!(text.contains("Negative_energy / R"));
    let folder = tempfile::tempdir().unwrap();
    let more = "\"Positive_energy\": 1, \"Reference temperature";
    fs::write(folder.path().join("c.json"), text.replacen("\"Reference temperature", more, 1)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
    let output = command.args(["battery", "cell", "import", "c.json"]).current_dir(folder.path()).output().unwrap();
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(notes.contains("no place for them: `Positive_energy`\n"), "{notes}");
}

#[test]
fn values_of_bpx_without_a_place_are_told_and_wrong_ones_refused() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/cells");
    let json = fs::read_to_string(corpus.join("bpx_0_1.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let import = |edit: &dyn Fn(&mut serde_json::Value)| {
        let mut json: serde_json::Value = serde_json::from_str(&json).unwrap();
        edit(&mut json);
        fs::write(folder.path().join("c.json"), json.to_string()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        let output = command.args(["battery", "cell", "import", "c.json"]).current_dir(folder.path()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let set = |section: &'static str, name: &'static str, value: serde_json::Value| {
        let value = std::cell::RefCell::new(value);
        import(&move |json| json["Parameterisation"][section][name] = value.borrow().clone())
    };
    let (code, notes) = set("Cell", "Ambient temperature [K]", 318.15.into());
    assert!(code == Some(0) && notes.contains("not kept: `Ambient temperature [K]`, 318.15 K"), "{notes}");
    assert!(notes.contains("--ambient 45`"), "{notes}");
    for (section, name, value, words) in [
        ("Cell", "Ambient temperature [K]", -1.0, "-1 K is no temperature"),
        ("Cell", "Initial temperature [K]", 25.0, "25 °C is 298.15 K"),
        ("Cell", "Initial temperature [K]", 1e300, "it lies between"),
        ("Negative electrode", "Minimum stoichiometry", -0.1, "-0.1 is not a share"),
        ("Positive electrode", "Maximum stoichiometry", 1.5, "1.5 is not a share"),
        ("Negative electrode", "Minimum stoichiometry", 0.95, "is not below the maximum"),
        ("Electrolyte", "Cation transference number", 2.0, "`electrolyte.transference` is 2\n"),
        ("Negative electrode", "Diffusivity [m2.s-1]", 1e300, "is the unit right?"),
    ] {
        let (code, error) = set(section, name, value.into());
        assert!(code == Some(2) && error.contains(words) && error.contains("hint: "), "{name}: {error}");
    }
    let (code, error) = import(&|json| drop(json.as_object_mut().unwrap().remove("Parameterisation")));
    assert!(code == Some(2) && error.contains("`Parameterisation` is missing in the file"), "{error}");
    let (code, error) = import(&|json| json["Header"]["BPX"] = 0.into());
    assert!(code == Some(2) && error.contains("the version 0 is not known"), "{error}");
    let (code, error) = import(&|json| {
        let cell = json["Parameterisation"]["Cell"].as_object_mut().unwrap();
        let capacity = cell.remove("Nominal cell capacity [A.h]").unwrap();
        cell.insert("Nominal cell capacity [Ah]".into(), capacity);
    });
    assert!(code == Some(2) && error.contains("there is `Nominal cell capacity [Ah]`"), "{error}");
}

#[test]
fn numbers_on_the_command_line_are_refused_in_plain_words() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("i.csv"), "time_s,current_a\n0,5\n60,5\n").unwrap();
    fs::write(folder.path().join("semi.csv"), "time_s;current_a\n0;1,5\n").unwrap();
    let fixed = ["battery", "simulate", "--cell", "chen2020", "--out", "-", "--current"];
    for (arguments, words) in [
        (&["i.csv", "--initial-soc", "-0.5"][..], "`--initial-soc` must be"),
        (&["i.csv", "--initial-soc", "x"], "it is not a number such as"),
        (&["i.csv", "--ambient", "1,5"], "decimals are written with a point"),
        (&["-"], "`--current -` is not a file"),
        (&["semi.csv"], "separated by semicolons"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        let output = command.args(fixed).args(arguments).current_dir(folder.path()).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && error.contains(words), "{error}");
    }
}

#[test]
fn cells_of_any_length_make_datasets_that_tell_when_they_were_changed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let cell = galvani::battery::cell::Cell::text("ai2020").unwrap();
    fs::write(at("mine.ron"), cell.replace("\"ai2020\"", "\"mine\"")).unwrap();
    let specification = "(cell: \"mine.ron\", train: 2, validation: 1, test: 1, hours: 0.1, thermal: Isothermal)";
    fs::write(at("x.ron"), specification).unwrap();
    let galvani = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        let output = command.arg("battery").args(arguments).current_dir(folder.path()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(galvani(&["generate", "x.ron"]).0, Some(0));
    let (code, error) = galvani(&["inspect", "x.dataset"]);
    assert!(code == Some(0) && error.contains("what the specification gives"), "{error}");
    // One stored number less by one, and checksums that match.
    let mut bytes = fs::read(at("x.dataset")).unwrap();
    let header: serde_json::Value = serde_json::from_slice(bytes.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    let offset = header["offset"].as_u64().unwrap() as usize;
    assert!(offset > 4096 && offset.is_multiple_of(4096), "{offset}");
    let (each, table) = (360 * 6 * 2, offset + 4 * 360 * 6 * 2);
    bytes[offset + each + 2] ^= 1;
    let sum = crc32fast::hash(&bytes[offset + each..offset + 2 * each]);
    bytes[table + 4..table + 8].copy_from_slice(&sum.to_le_bytes());
    let all = crc32fast::hash(&bytes[table..table + 16]);
    bytes[table + 16..].copy_from_slice(&all.to_le_bytes());
    fs::write(at("x.dataset"), bytes).unwrap();
    let (code, error) = galvani(&["inspect", "x.dataset"]);
    assert!(code == Some(2) && error.contains("1 series are not what the specification gives, train 1"), "{error}");
    for (out, message) in [("-", "which stdout cannot be"), ("/dev/null", "is not a regular file")] {
        let (code, error) = galvani(&["generate", "x.ron", "--out", out]);
        assert!(code == Some(2) && error.contains(message), "{error}");
    }
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
