//! Several objectives, from an experiment's file to the front that is printed and drawn.
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use galvani::intensifier::bracket::Schedule;
use galvani::optimizer::settings::OptimizerSettings;
use galvani::optimizer::{Ask, Optimizer};
use galvani::space::Space;
use galvani::trial::budget::Budget;
use galvani::trial::front::front;
use galvani::trial::outcome::Outcome;
use galvani::trial::{Proposal, TrialId};
use serde_json::{Value as Json, json};

const SPACE: &str = r#"(
    name: "trade",
    parameters: {
        "x": Float(min: 0, max: 1), "y": Float(min: 0, max: 1), "z": Float(min: 0, max: 1),
        "kind": Categorical(choices: ["plain", "rough"]),
    },
)"#;

fn budget(amount: f64) -> Budget {
    Budget::new(amount).unwrap()
}

fn settings(text: &str, objectives: usize) -> OptimizerSettings {
    let objectives = ["loss", "latency", "size"][..objectives].iter().map(|name| (*name).to_owned()).collect();
    OptimizerSettings { objectives, ..ron::from_str(text).unwrap() }
}

fn optimizer(text: &str, objectives: usize, rungs: u32, seed: u64) -> Optimizer {
    let space = Arc::new(Space::parse(SPACE, Path::new("trade")).unwrap());
    let schedule = Schedule::new(budget(1.0), budget(3_f64.powi(rungs as i32 - 1)), 3).unwrap();
    let settings = settings(text, objectives);
    Optimizer::new(space, schedule, settings.intensifier_or_default(), settings, seed).unwrap()
}

/// The best are where y is 0.5, z is 0.8 and `kind` is plain; x trades the first two for each other.
fn outcome(optimizer: &Optimizer, proposal: &Proposal, objectives: usize) -> Outcome {
    let row = optimizer.space().encode(&proposal.configuration);
    let off = 4.0 * ((row[1] - 0.5).powi(2) + (row[2] - 0.8).powi(2)) + 0.5 * row[3];
    let early = 0.2 * (1.0 - proposal.budget.amount() / optimizer.schedule().max().amount());
    let costs = [row[0].powi(2) + off + early, 10.0 * ((row[0] - 1.0).powi(2) + off), row[1] + early];
    Outcome::of_costs(costs[..objectives].to_vec())
}

fn run(optimizer: &mut Optimizer, objectives: usize, trials: usize) {
    for _ in 0..trials {
        let Ask::Trial(proposal) = optimizer.ask() else { panic!("one worker never waits") };
        let outcome = outcome(optimizer, &proposal, objectives);
        optimizer.tell(proposal.trial, outcome);
    }
}

/// The share of the rectangle up to (2, 20) that the front dominates.
fn dominated(optimizer: &Optimizer) -> f64 {
    let (mut area, mut ceiling) = (0.0, 20.0);
    for trial in front(optimizer.history(), &[]).into_iter().map(|point| point.trial) {
        let [x, y] = trial.outcome.as_ref().unwrap().costs() else { panic!("two objectives") };
        area += (2.0 - x).max(0.0) * (ceiling - y).max(0.0);
        ceiling = ceiling.min(*y);
    }
    area / 40.0
}

#[test]
fn both_acquisition_functions_find_more_of_the_front_than_chance() {
    let mean = |text: &str, rungs: u32, trials: usize| {
        let found = (0..2).map(|seed| {
            let mut optimizer = optimizer(text, 2, rungs, seed);
            run(&mut optimizer, 2, trials);
            dominated(&optimizer)
        });
        found.sum::<f64>() / 2.0
    };
    // All of the front dominates 0.9167.
    for (rungs, trials) in [(1, 36), (2, 50)] {
        let chance = mean("(search: Random)", rungs, trials);
        for text in ["()", "(acquisition: RandomScalarization)"] {
            let model = mean(text, rungs, trials);
            assert!(0.9167 - model < 0.5 * (0.9167 - chance), "{text}, {rungs} rungs: {model}, by chance {chance}");
        }
    }
}

#[test]
fn three_objectives_and_every_way_of_searching_go_on_after_a_replay() {
    for text in [
        "(intensifier: Some(Hyperband))",
        "(search: TreeParzen(()), intensifier: Some(Asynchronous()))",
        "(search: DifferentialEvolution(()), intensifier: Some(SuccessiveHalving()))",
        "(surrogate: Forest(()))",
    ] {
        let mut whole = optimizer(text, 3, 3, 5);
        run(&mut whole, 3, 45);
        let mut resumed = optimizer(text, 3, 3, 5);
        for trial in whole.history().trials() {
            resumed.adopt(trial.proposal.clone());
        }
        for trial in whole.history().ended() {
            assert!(resumed.tell(trial.proposal.trial, trial.outcome.clone().unwrap()));
        }
        assert_eq!(whole.ask(), resumed.ask(), "{text}");
        assert!(front(whole.history(), &[]).len() > 1);
    }
}

#[test]
fn a_rung_promotes_the_front_and_its_ends_first() {
    for text in ["(intensifier: Some(Hyperband))", "(intensifier: Some(Asynchronous(brackets: Some(1))))"] {
        let mut optimizer = optimizer(text, 2, 2, 1);
        let asked: Vec<Proposal> = (0..9)
            .map(|_| match optimizer.ask() {
                Ask::Trial(proposal) => proposal,
                other => panic!("{other:?}"),
            })
            .take_while(|proposal| proposal.budget == budget(1.0))
            .collect();
        // Dominated, on the front in the middle, crashed, and both ends.
        let costs = [vec![5.0, 5.0], vec![2.0, 2.0], vec![], vec![1.0, 4.0], vec![4.0, 1.0], vec![9.0, 9.0]];
        for (proposal, costs) in asked.iter().zip(costs.iter().cycle().take(asked.len())) {
            let crashed = Outcome::Crashed { message: String::new() };
            let outcome = if costs.is_empty() { crashed } else { Outcome::of_costs(costs.clone()) };
            optimizer.tell(proposal.trial, outcome);
        }
        let Ask::Trial(next) = optimizer.ask() else { panic!("something is promoted") };
        assert_eq!(next.budget, budget(3.0), "{text}");
        let costs =
            optimizer.history().trial(asked_first(&optimizer, &next)).unwrap().outcome.as_ref().unwrap().costs();
        assert!(costs == [1.0, 4.0] || costs == [2.0, 2.0], "{text}: {costs:?}");
    }
}

/// The first trial of what a trial continues.
fn asked_first(optimizer: &Optimizer, proposal: &Proposal) -> TrialId {
    optimizer.history().of(proposal.configuration_id).next().unwrap().proposal.trial
}

#[test]
fn what_needs_one_cost_is_refused() {
    let refused = |text: &str, objectives: &[&str]| {
        let objectives = objectives.iter().map(|name| (*name).to_owned()).collect();
        let settings = OptimizerSettings { objectives, ..ron::from_str(text).unwrap() };
        settings.validate(&settings.intensifier_or_default()).unwrap_err().message
    };
    for (text, problem) in [
        ("(acquisition: ThompsonSampling)", "`acquisition` cannot be `ThompsonSampling` with 2 objectives"),
        ("(pruning: Some(()))", "`pruning` compares one cost, but there are 2 objectives"),
        (
            "(intensifier: Some(Pasha))",
            "progressive asynchronous successive halving compares one cost, but there are 2 objectives",
        ),
    ] {
        assert_eq!(refused(text, &["a", "b"]), problem);
    }
    let alone = refused("(acquisition: RandomScalarization)", &[]);
    assert_eq!(alone, "`acquisition` cannot be `RandomScalarization` with 1 objective");
}

const EXPERIMENT: &str = r#"(
    name: "trade",
    search_space: (
        name: "trade",
        parameters: { "x": Float(min: 0, max: 1), "y": Float(min: 0.1, max: 1) },
    ),
    objectives: ["loss", "latency"],
    task: Command(program: "sh", arguments: ["-c", "echo '{\"costs\": {\"latency\": '{y}', \"loss\": '{x}'}}'"]),
    budget: (min: 1, max: 9, eta: 3),
    executor: Process(workers: 2),
    stop: (trials: 16),
    seed: 3,
)"#;

fn galvani(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_galvani")).args(arguments).current_dir(folder).output().unwrap()
}

fn lines(output: &Output) -> Vec<Json> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

#[test]
fn a_program_that_reports_costs_by_name_ends_in_a_front() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("trade.ron"), EXPERIMENT).unwrap();
    let ran = galvani(folder, &["run", "trade.ron"]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let trials = lines(&galvani(folder, &["trials", "trade", "--format", "json"]));
    assert_eq!(trials.len(), 16);
    for trial in &trials {
        assert_eq!(trial["costs"], json!({ "loss": trial["config"]["x"], "latency": trial["config"]["y"] }));
        assert_eq!(trial["cost"], trial["config"]["x"], "the first objective");
    }
    let best = lines(&galvani(folder, &["best", "trade", "--format", "json"]));
    let top = trials.iter().map(|trial| trial["budget"].as_f64().unwrap()).fold(0.0, f64::max);
    assert!(!best.is_empty() && best.iter().all(|member| member["budget"] == json!(top)));
    let of = |trial: &Json, name: &str| trial["costs"][name].as_f64().unwrap();
    for trial in trials.iter().filter(|trial| trial["budget"] == json!(top)) {
        let better =
            |member: &&Json| of(member, "loss") <= of(trial, "loss") && of(member, "latency") <= of(trial, "latency");
        assert!(best.iter().any(|member| better(&member)), "{trial}");
    }
    let status = String::from_utf8(galvani(folder, &["status", "trade"]).stdout).unwrap();
    assert!(status.contains(&format!("front: {} configuration", best.len())), "{status}");
    let report = folder.join("reports/trade");
    for file in ["front.png", "front.svg", "report.html"] {
        assert!(fs::metadata(report.join(file)).is_ok_and(|file| file.len() > 1000), "{file}");
    }
    let numbers: Json = serde_json::from_slice(&fs::read(report.join("report.json")).unwrap()).unwrap();
    assert_eq!(numbers["front"]["members"].as_array().unwrap().len(), best.len());
    assert!(fs::read_to_string(report.join("report.html")).unwrap().contains("Which trials are on the front?"));
    let recommended = &numbers["headline"]["best"]["configuration_id"];
    assert!(best.iter().any(|member| member["configuration"] == *recommended), "{recommended}: {best:?}");

    // What a program forgets is a crash that says so.
    let forgetful = EXPERIMENT
        .replace(r#"\"latency\": '{y}', "#, "")
        .replace("name: \"trade\",\n    search", "name: \"less\",\n    search");
    fs::write(folder.join("less.ron"), forgetful).unwrap();
    assert_eq!(galvani(folder, &["run", "less.ron"]).status.code(), Some(1));
    let shown = String::from_utf8(galvani(folder, &["show", "less", "1"]).stdout).unwrap();
    assert!(shown.contains("its `costs` lack `latency`"), "{shown}");
}

#[test]
fn mistakes_in_the_file_are_answered_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let check = |from: &str, to: &str| {
        fs::write(folder.path().join("trade.ron"), EXPERIMENT.replace(from, to)).unwrap();
        String::from_utf8(galvani(folder.path(), &["check", "trade.ron"]).stderr).unwrap()
    };
    let one = check(r#"["loss", "latency"]"#, r#"["loss"]"#);
    assert!(one.contains("trade.ron:7:17: `objectives` must be at least two different names"), "{one}");
    let task = EXPERIMENT.lines().find(|line| line.contains("Command")).unwrap();
    let function = check(task, "    task: Function(\"branin\"),");
    assert!(function.contains("this task reports one cost") || function.contains("reads the number"), "{function}");
    let racing = check("seed: 3", "seed: 3, optimizer: (acquisition: LowerConfidenceBound())");
    assert!(racing.contains("cannot be `LowerConfidenceBound` with 2 objectives"), "{racing}");
}

#[test]
fn a_program_tells_costs_by_name_and_gets_the_front() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("trade.ron"), EXPERIMENT.replace("min: 1, max: 9", "min: 9, max: 9")).unwrap();
    let session = |requests: &[Json]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        command.args(["ask-tell", "trade.ron"]).current_dir(folder.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        requests.iter().for_each(|request| writeln!(input, "{request}").unwrap());
        drop(input);
        lines(&child.wait_with_output().unwrap())
    };
    let tell = |trial: u32, loss: f64, latency: f64| json!({ "tell": { "trial": trial, "costs": { "latency": latency, "loss": loss } } });
    let answers = session(&[
        json!({ "ask": { "count": 4 } }),
        tell(1, 3.0, 1.0),
        tell(2, 1.0, 3.0),
        tell(3, 4.0, 4.0),
        json!({ "tell": { "trial": 4, "cost": 1.0 } }),
        json!({ "tell": { "trial": 4, "costs": { "loss": 1.0 } } }),
    ]);
    assert_eq!(answers[1..4], [json!({ "ok": true }), json!({ "ok": true }), json!({ "ok": true })]);
    for (answer, problem) in answers[4..].iter().zip(["the objectives loss, latency need `costs`", "lack `latency`"]) {
        assert!(answer["error"].as_str().unwrap().contains(problem), "{answer}");
    }
    // Another session reads them from the journal.
    let best = session(&[json!({ "best": {} })]).remove(0);
    let members: Vec<(Json, Json)> =
        best["front"].as_array().unwrap().iter().map(|each| (each["trial"].clone(), each["costs"].clone())).collect();
    let expected =
        [(json!(2), json!({ "loss": 1.0, "latency": 3.0 })), (json!(1), json!({ "loss": 3.0, "latency": 1.0 }))];
    assert_eq!(members, expected);
}

#[test]
fn costs_of_an_earlier_run_and_of_other_programs_are_learnt_from() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let good = |arguments: &[&str]| {
        let output = galvani(folder, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let write = |name: &str, optimizer: &str| {
        let text = EXPERIMENT.replacen("name: \"trade\",", &format!("name: \"{name}\", optimizer: {optimizer},"), 1);
        fs::write(folder.join(format!("{name}.ron")), text).unwrap();
    };
    write("trade", "()");
    good(&["run", "trade.ron"]);
    let listed = good(&["trials", "trade", "--format", "json"]).0;
    fs::write(folder.join("listed.jsonl"), listed).unwrap();
    for format in ["csv", "jsonl", "smac3", "optuna"] {
        good(&["export", format, "trade", "--out", &format!("out.{format}")]);
    }
    let files = [
        ("jsonl", "listed.jsonl"),
        ("csv", "out.csv"),
        ("jsonl", "out.jsonl"),
        ("smac3", "out.smac3"),
        ("optuna", "out.optuna"),
    ];
    for (index, (format, file)) in files.into_iter().enumerate() {
        let name = format!("learner{index}");
        write(&name, "(design_size: 1, random_probability: 0)");
        let (_, said) = good(&["import", format, file, &format!("{name}.ron")]);
        assert!(said.contains("kept 16 results of 16"), "{file}: {said}");
        let journal = fs::read_to_string(folder.join(format!("runs/{name}/store/journal.jsonl"))).unwrap();
        let note = journal.lines().find(|line| line.contains("evidence/000001")).unwrap();
        let note: Json = serde_json::from_str(&note[note.find('{').unwrap()..=note.rfind('}').unwrap()]).unwrap();
        for result in note["value"]["results"].as_array().unwrap() {
            assert_eq!(result["cost"], json!([result["config"]["x"], result["config"]["y"]]), "{file}: {result}");
        }
    }
    write("later", "(warm_start: [\"runs/trade\"], design_size: 1, random_probability: 0)");
    good(&["run", "later.ron"]);
    let origins: Vec<Json> = lines(&galvani(folder, &["trials", "later", "--format", "json"]))
        .iter()
        .map(|trial| trial["origin"].clone())
        .collect();
    assert!(origins[1..].iter().all(|origin| *origin == "model"), "{origins:?}");

    let one = EXPERIMENT.replacen("trade", "one", 1).replace("objectives: [\"loss\", \"latency\"],", "");
    fs::write(folder.join("one.ron"), one).unwrap();
    let refused = galvani(folder, &["import", "csv", "out.csv", "one.ron"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("there is no column `cost`"), "{said}");
    assert!(said.contains("hint: ") && said.contains("loss, latency"), "{said}");
}
