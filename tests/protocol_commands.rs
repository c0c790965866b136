//! `galvani battery simulate --experiment`: its table, its files, and what it says of mistakes.
#![cfg(feature = "simulator")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// Exit code, stdout and stderr of a simulation of chen2020 at one temperature.
fn simulate(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
    let fixed = ["battery", "simulate", "--cell", "chen2020", "--thermal", "isothermal"];
    let output = command.args(fixed).args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_protocol_has_a_table_rows_and_a_state_that_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let text = "Discharge at 1C for 10 minutes; Rest for 2 minutes (30 s period)";
    let files = ["--out", "rows.csv", "--steps-out", "steps.csv", "--state-out", "state.json"];
    let (code, table, error) = simulate(folder.path(), &[&["--experiment", text], &files[..]].concat());
    assert_eq!(code, Some(0), "{error}");
    assert!(table.contains("ended by") && table.contains("0.1667  0.8333"), "{table}");
    let rows = read("rows.csv");
    let times: Vec<&str> = rows.lines().skip(1).map(|row| row.split(',').next().unwrap()).collect();
    assert_eq!(times[..2], ["0", "60"]);
    assert_eq!(times[9..], ["540", "600", "600", "630", "660", "690", "720"]);
    let steps = read("steps.csv");
    assert!(steps.lines().nth(1).unwrap().starts_with("1,1,0.000000,600.000000,0.833333333,"), "{steps}");
    assert!(steps.contains("time,\"Rest for 2 minutes (30 s period)\""), "{steps}");

    let go_on = ["--state-in", "state.json", "--experiment", "Charge at 1C until 4.19 V", "--steps-out", "-"];
    let (code, steps, error) = simulate(folder.path(), &go_on);
    assert_eq!(code, Some(0), "{error}");
    assert!(steps.contains("1,1,720.000000,") && steps.contains(",voltage,"), "{steps}");
    fs::write(folder.path().join("state.json"), read("state.json").replace("720", "721")).unwrap();
    let (code, _, error) = simulate(folder.path(), &go_on);
    assert!(code == Some(2) && error.contains("its checksum differs"), "{error}");

    fs::write(folder.path().join("ambient.csv"), "time_s,temperature_c\n0,25\n60,15\n").unwrap();
    let cooling = ["--ambient", "ambient.csv", "--experiment", "Rest for 2 minutes", "--steps-out", "-"];
    let (_, steps, _) = simulate(folder.path(), &cooling);
    assert!(steps.contains(",15.000000,time,"), "{steps}");
    fs::write(folder.path().join("p.ron"), "[(repeat: 2, steps: [\"Rest for 1 h\"])]").unwrap();
    let (_, table, _) = simulate(folder.path(), &["--experiment-file", "p.ron"]);
    assert_eq!(table.lines().count(), 3, "{table}");
}

#[test]
fn mistakes_are_refused_at_their_place() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("hot.csv"), "time_s,temperature_c\n0,25\n60,500\n").unwrap();
    for (arguments, message) in [
        (&["--experiment", "Rest for 1 h; Discharge at 5 V until 3 V"][..], "--experiment:1:28: a voltage is held"),
        (&["--experiment", "Rest"], "--experiment:1:1: this step would never end"),
        (&["--experiment", "Run nowhere.csv (A)"], "`nowhere.csv`: there is no such file"),
        (&["--experiment", "Rest for 1 h", "--period", "10"], "it is not a time such as `10 s`"),
        (&["--experiment", "Rest for 1 h", "--ambient", "hot.csv"], "`--ambient` must be"),
        (&["--experiment", "Rest for 1 h", "--ambient", "warm"], "it is not a number"),
        (&["--experiment", "Rest for 1 h", "--hold"], "cannot be used with"),
        (&["--experiment", "Rest for 1 h", "--current", "x.csv"], "cannot be used with"),
        (&["--experiment-file", "none.ron"], "there is no such file"),
        (&["--current", "x.csv", "--out", "-", "--ambient", "hot.csv"], "needs `--experiment`"),
        (&["--out", "-"], "required"),
    ] {
        let (code, out, error) = simulate(folder.path(), arguments);
        assert!(code == Some(2) && out.is_empty() && error.contains(message), "{arguments:?}: {error}");
    }
    let (code, table, error) =
        simulate(folder.path(), &["--experiment", "Charge at 1C until 4 V; Discharge at 900 W for 1 h"]);
    assert!(code == Some(2) && table.contains("impossible") && table.contains("skipped"), "{table}{error}");
    assert!(error.contains("was skipped at 4.1") && error.contains("no current gives the cell this load"), "{error}");
}

#[test]
fn datasets_take_protocols() {
    let folder = tempfile::tempdir().unwrap();
    let galvani = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        let output = command.arg("battery").args(arguments).current_dir(folder.path()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
    };
    let write = |protocol: &str| {
        let text = format!(
            "(train: 2, validation: 1, test: 1, hours: 0.2, thermal: Isothermal, kinds: [Experiment],\n experiment: (protocols: [\"{protocol}\"]))"
        );
        fs::write(folder.path().join("x.ron"), text).unwrap();
    };
    write("Discharge at {rate} for 3 minutes or until 2.9 V; Hold at 3.7 V for 1 minute; Rest for 30 s");
    let (code, said) = galvani(&["generate", "x.ron"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("profiles Experiment"), "{said}");
    let (code, said) = galvani(&["inspect", "x.dataset"]);
    assert!(code == Some(0) && said.contains("what the specification gives"), "{said}");
    write("Discharge at {rate} for 3 minuts");
    let (code, said) = galvani(&["generate", "x.ron", "--out", "y.dataset"]);
    assert!(code == Some(2) && said.contains("`minuts` is not a unit"), "{said}");
}
