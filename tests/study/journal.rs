//! The journal of a study: a run folder that every verb reads, and that the next process goes on from.
use std::path::Path;
use std::process::Command;

use galvani::{Categorical, Error, Float, OptimizerSettings, Space, Study, Trial};

fn net() -> Space {
    Space::builder("net")
        .add("rate", Float::log(1e-5, 1e-1))
        .add("optimizer", Categorical::new(["sgd", "adam"]))
        .add_if("momentum", Float::new(0.0, 0.99), "optimizer == 'sgd'")
        .build()
        .unwrap()
}

fn cost(trial: &Trial) -> galvani::Result<f64> {
    let momentum = trial.get("momentum")?.and_then(galvani::Value::number).unwrap_or(0.5);
    Ok((trial.float("rate")?.log10() + 3.0).powi(2) + (momentum - 0.8).powi(2) + 1.0 / trial.budget())
}

fn study(folder: &Path, trials: u32) -> galvani::StudyBuilder {
    Study::builder(net()).budget(1.0, 9.0, 3).unit("epochs").stop_after(trials).seed(3).journal(folder)
}

fn galvani(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_galvani"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}\n{said}\n{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[test]
fn every_verb_reads_the_journal_of_a_study() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("runs/net");
    let mut study = study(&run, 20).build().unwrap();
    study.optimize(cost).unwrap();
    let best = study.best().unwrap();
    drop(study);
    assert!(galvani(folder.path(), &["status", "runs/net"]).contains("20"));
    assert_eq!(galvani(folder.path(), &["trials", "runs/net", "--format", "csv"]).lines().count(), 21);
    let said = galvani(folder.path(), &["best", "runs/net"]);
    assert!(said.contains(&format!("{:?}", best.float("rate").unwrap())), "{said}\n{best}");
    galvani(folder.path(), &["show", "runs/net", "1"]);
    galvani(folder.path(), &["store", "check", "runs/net"]);
    galvani(folder.path(), &["report", "runs/net"]);
}

#[test]
fn a_study_goes_on_as_if_nothing_had_happened() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, cut) = (folder.path().join("whole"), folder.path().join("cut"));
    let mut at_once = study(&whole, 24).build().unwrap();
    at_once.optimize(cost).unwrap();
    for trials in [0, 9, 1, 14] {
        let mut part = study(&cut, 24).build().unwrap();
        for _ in 0..trials {
            let trial = part.ask().unwrap().unwrap();
            part.tell(trial.id(), cost(&trial).unwrap()).unwrap();
        }
        // Each process ends with a trial that it never told.
        let last = part.ask().unwrap();
        if trials == 0 {
            assert_eq!(last.unwrap().checkpoint_dir(), Some(&*cut.join("checkpoints/000001")));
        }
    }
    let told = |folder: &Path| {
        let study = study(folder, 24).build().unwrap();
        study.trials().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    drop(at_once);
    assert_eq!(told(&whole), told(&cut));
}

#[test]
fn a_journal_is_of_one_study() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("net");
    let mut first = study(&run, 5).build().unwrap();
    let refused = |builder: galvani::StudyBuilder, message: &str| {
        let error = builder.build().unwrap_err().to_string();
        assert!(error.contains(message) && error.contains("hint: "), "{error}\nand not\n{message}");
    };
    refused(study(&run, 5), "is written by another `Study` of this program");
    first.optimize(cost).unwrap();
    drop(first);
    refused(study(&run, 5).seed(4), "another seed");
    refused(study(&run, 5).seed(4), "another `journal` folder");
    refused(study(&run, 5).budget(1.0, 27.0, 3), "another budget");
    let settings = OptimizerSettings { random_probability: 0.5, ..OptimizerSettings::default() };
    refused(study(&run, 5).settings(settings), "another optimizer");
    let other = Space::builder("net").add("rate", Float::log(1e-6, 1e-1)).build().unwrap();
    let other = Study::builder(other).budget(1.0, 9.0, 3).seed(3).journal(&run);
    refused(other, "another search space: ");
    let mut study = study(&run, 7).workers(2).build().unwrap();
    assert_eq!(study.trials().len(), 5);
    study.optimize_parallel(2, cost).unwrap();
    assert_eq!(study.trials().len(), 7);
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "no folder").unwrap();
    let error = study(&file.join("net"), 5).build().unwrap_err();
    assert!(matches!(error, Error::Journal(_)), "{error}");
    std::fs::create_dir_all(folder.path().join("broken/store")).unwrap();
    std::fs::write(folder.path().join("broken/store/journal.jsonl"), "no journal\n").unwrap();
    assert!(study(&folder.path().join("broken"), 5).build().is_err());
}
