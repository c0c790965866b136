//! The report's promises: it renders whatever an experiment left behind, and what it says is true.
use std::path::{Path, PathBuf};

use galvani::analysis::{Evidence, Feature, Findings, Prediction, Source, Timing, Verdict};
use galvani::numeric::stream::Stream;
use galvani::space::Space;
use galvani::space::configuration::Configuration;
use galvani::space::hyperparameter::{Domain, Hyperparameter, Value};
use galvani::trial::budget::Budget;
use galvani::trial::history::History;
use galvani::trial::outcome::Outcome;
use galvani::trial::{ConfigurationId, Origin, Proposal};

fn words(words: &[&str]) -> Vec<Value> {
    words.iter().map(|word| Value::Word((*word).into())).collect()
}

fn integers(values: &[i64]) -> Vec<Value> {
    values.iter().copied().map(Value::Integer).collect()
}

fn space() -> Space {
    let parameter = |name: &str, domain: Domain, default: Value| Hyperparameter::new(name, domain, default);
    let hyperparameters = vec![
        parameter("pe_type", Domain::Categorical { choices: words(&["APE", "RoPE", "ALiBi"]) }, Value::Word("APE".into())),
        parameter(
            "norm_type",
            Domain::Categorical { choices: words(&["LayerNorm", "RMSNorm"]) },
            Value::Word("LayerNorm".into()),
        ),
        parameter("rope_theta", Domain::Float { min: 500.0, max: 200_000.0, log: true }, Value::Float(10_000.0)),
        parameter("dim_model", Domain::Ordinal { values: integers(&[32, 48, 64, 96, 128]) }, Value::Integer(64)),
        parameter("n_heads", Domain::Ordinal { values: integers(&[2, 3, 4, 8]) }, Value::Integer(4)),
        parameter("seq_len", Domain::Ordinal { values: integers(&[32, 64, 128, 256]) }, Value::Integer(64)),
        parameter("n_layer", Domain::Integer { min: 1, max: 4, log: false }, Value::Integer(2)),
        parameter("learning_rate", Domain::Float { min: 1e-4, max: 3e-2, log: true }, Value::Float(1e-3)),
    ];
    Space::new(
        "transformer-small".into(),
        hyperparameters,
        vec![("rope_theta".into(), "pe_type == 'RoPE'".into())],
        vec!["dim_model % n_heads != 0".into()],
    )
    .expect("a legal space")
}

/// A law with one strong interaction, in decades of cost.
fn law(space: &Space, configuration: &Configuration, budget: f64) -> f64 {
    let value = |name: &str| configuration.get(space.index(name).expect("a name of the space"));
    let number = |name: &str| value(name).and_then(Value::number).unwrap_or(0.0);
    let rate = number("learning_rate").log10();
    let best_rate = -2.2 - 0.5 * (number("dim_model") / 64.0).log2();
    let rope = if value("pe_type") == Some(&Value::Word("RoPE".into())) { -0.2 } else { 0.0 };
    let norm = if value("norm_type") == Some(&Value::Word("RMSNorm".into())) { -0.1 } else { 0.0 };
    -1.3 + 0.55 * (rate - best_rate).powi(2) - 0.18 * (number("seq_len") / 32.0).log2() + rope + norm
        - 0.06 * number("n_layer")
        - 0.8 * (budget / 27.0).log(9.0)
}

/// A sweep like Hyperband's: nine, three and one at three budgets, again and again; two diverge, one crashes.
fn sweep(space: &Space, trials: usize) -> History {
    let mut history = History::default();
    let mut stream = Stream::of(5, "sweep", 0);
    let default = space.default_configuration().expect("defaults are legal");
    let mut waiting: Vec<(f64, u32, Configuration)> = Vec::new();
    let mut results: Vec<(f64, Configuration, f64)> = Vec::new();
    while history.trials().len() < trials {
        if waiting.is_empty() {
            let n = history.trials().len();
            let draw = |index: usize| if n + index == 0 { default.clone() } else { space.sample(&mut Stream::of(9, "draw", (n + index) as u64)).expect("legal") };
            waiting = (0..9).map(|index| (27.0, 0, draw(index))).collect();
            waiting.reverse();
        }
        let (budget, rung, configuration) = waiting.pop().expect("filled above");
        let trial = history.next_trial();
        let origin = [Origin::Design, Origin::Model, Origin::Model, Origin::Random][trial.0 as usize % 4];
        let configuration_id: ConfigurationId = history.number_of(&configuration);
        let budget_of = |amount| Budget::new(amount).expect("positive");
        let proposal = Proposal {
            trial,
            configuration_id,
            configuration: configuration.clone(),
            budget: budget_of(budget),
            bracket: 0,
            rung,
            seed: 1,
            origin: if trial.0 == 1 { Origin::Default } else { origin },
        };
        history.ask(proposal);
        let cost = 10f64.powf(law(space, &configuration, budget) + 0.08 * stream.normal());
        let outcome = match trial.0 {
            5 | 22 => Outcome::Diverged,
            17 => Outcome::Crashed { message: "out of ideas".into() },
            _ => Outcome::Finished { cost },
        };
        if let Some(cost) = outcome.cost() {
            results.push((budget, configuration, cost));
        }
        history.tell(trial, outcome);
        if waiting.is_empty() && rung < 2 {
            let mut rung_results: Vec<_> = results.drain(..).collect();
            rung_results.sort_by(|a, b| a.2.total_cmp(&b.2));
            let keep = if rung == 0 { 5 } else { 4 };
            waiting = rung_results.into_iter().take(keep).map(|(b, c, _)| (b * 3.0, rung + 1, c)).collect();
        } else if waiting.is_empty() {
            results.clear();
        }
    }
    history
}
