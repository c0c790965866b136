//! Lines of programs: requests of `ask-tell`, and the output of trials.
use std::path::Path;
use std::sync::LazyLock;

use galvani::cli::ask_tell;
use galvani::executor::job::{JobId, Launch};
use galvani::executor::limits::Limits;
use galvani::executor::transcript;
use galvani::experiment::Experiment;
use galvani::trial::TrialId;
use galvani::trial::outcome::Outcome;
use serde_json::Value as Json;

use super::check_words;

/// The experiment that requests are about.
static EXPERIMENT: LazyLock<Experiment> = LazyLock::new(|| {
    let space = "(parameters: { \"x\": Float(min: 0, max: 1), \"kind\": Categorical(choices: [\"a\", \"b\"]) })";
    let text = format!(
        "(name: \"fixed\", search_space: {space}, budget: (min: 1, max: 9, eta: 3), stop: (trials: 30), optimizer: (search: Random, intensifier: FullFidelity))"
    );
    Experiment::with_space(&text, Path::new("fixed.ron"), space).expect("an experiment")
});

/// Lines to `ask-tell`: each is answered with a JSON object, a mistake with a message in plain words.
pub fn requests(data: &[u8]) {
    let answers = ask_tell::answers(&EXPERIMENT, data).expect("a space that is not empty");
    let mut lines = 0;
    for line in String::from_utf8(answers).expect("answers are text").lines() {
        let answer: Json = serde_json::from_str(line).expect("an answer is JSON");
        let is_known = ["trials", "done", "ok", "error", "config"].iter().any(|key| answer.get(*key).is_some());
        assert!(is_known, "{answer}");
        if let Some(error) = answer.get("error") {
            let error = error.as_str().expect("an error is text");
            assert!(!error.is_empty() && error.len() < 2000, "{error}");
            check_words(error, data);
        }
        lines += 1;
    }
    assert!(lines <= data.split(|&byte| byte == b'\n').count());
}

/// The output of a program that ends with success: it is a result, or a failure with a message in plain words.
pub fn outputs(data: &[u8]) {
    for (request, objectives) in [(None, 0), (None, 2), (Some("{\"trial\": 7}"), 0)] {
        let launch = Launch {
            job: JobId::Trial { trial: TrialId(7), attempt: 1 },
            program: "none".into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: "none".into(),
            checkpoint: "none".into(),
            continues_from: None,
            request: request.map(str::to_owned),
            objectives: ["loss", "latency"].iter().take(objectives).map(|name| (*name).to_owned()).collect(),
            budget: Some(9.0),
            limits: Limits::default(),
        };
        let errors = String::from_utf8_lossy(&data[..data.len().min(200)]).into_owned();
        match transcript::outcome(data, &errors, &launch) {
            Outcome::Finished(costs) => assert!(costs.iter().all(|cost| cost.is_finite()), "{costs:?}"),
            Outcome::Crashed { message } => {
                assert!(!message.is_empty(), "a crash without a message");
                check_words(&message, data);
            }
            _ => {}
        }
    }
}
