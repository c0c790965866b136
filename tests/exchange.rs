//! Spaces of other programs mean here what they mean there.
use std::path::{Path, PathBuf};

use galvani::exchange::{configspace, pcs};
use galvani::numeric::stream::Stream;
use galvani::space::Space;
use galvani::space::hyperparameter::Value;
use galvani::space::prior::Prior;
use galvani::{Categorical, Float, Integer};
use proptest::collection::btree_set;
use proptest::prelude::*;
use serde_json::{Map, Value as Json};

#[path = "exchange/round_trips.rs"]
mod round_trips;

fn golden(name: &str) -> (String, PathBuf) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/configspace").join(name);
    (std::fs::read_to_string(&path).unwrap(), path)
}

fn is_legal(space: &Space, configuration: &Map<String, Json>) -> bool {
    let named = configuration.iter().map(|(name, value)| {
        let value: Value = serde_json::from_value(value.clone()).unwrap();
        (name.as_str(), value)
    });
    space.configuration_of(named).is_ok()
}

/// The fixtures are what `make.py` had ConfigSpace draw, and what it said of draws with one value exchanged.
#[test]
fn what_is_legal_for_configspace_is_legal_here() {
    for name in ["svm", "priors", "rules", "mlp"] {
        let (text, path) = golden(&format!("{name}.cases.json"));
        let json: Json = serde_json::from_str(&text).unwrap();
        let imported = configspace::read(&json["space"].to_string(), &path).unwrap();
        assert_eq!(imported.notes, Vec::<String>::new(), "{name}");
        let again = Space::parse(&imported.space.to_text(), Path::new("again.ron")).unwrap();
        let exported = configspace::write(&imported.space).unwrap();
        let back = configspace::read(&exported.text, &path).unwrap().space;
        let cases = json["cases"].as_array().unwrap();
        assert!(cases.len() >= 80);
        for case in cases {
            let (configuration, legal) = (case[0].as_object().unwrap(), case[1].as_bool().unwrap());
            for space in [&imported.space, &again, &back] {
                assert_eq!(is_legal(space, configuration), legal, "{name}: {configuration:?}");
            }
        }
        for space in [&again, &back] {
            assert_eq!(space.hyperparameters(), imported.space.hyperparameters(), "{name}");
        }
        assert_eq!(again.changes_since(&imported.space), Vec::<String>::new());
    }
}

#[test]
fn priors_come_over() {
    let (text, path) = golden("priors.cases.json");
    let json: Json = serde_json::from_str(&text).unwrap();
    let space = configspace::read(&json["space"].to_string(), &path).unwrap().space;
    let prior = |name: &str| &space.hyperparameters()[space.index(name).unwrap()].prior;
    assert_eq!(*prior("activation"), Prior::Weights(vec![1.0, 1.0, 3.0]));
    assert_eq!(*prior("epochs"), Prior::Normal { mean: 20.0, deviation: 5.0 });
    assert_eq!(*prior("n_neurons"), Prior::Beta { alpha: 4.0, beta: 2.0 });
    let Prior::LogNormal { median, deviation } = *prior("learning_rate_init") else { panic!("it is log-normal") };
    // One standard deviation is a factor of ten.
    assert!(median == 1e-3 && (deviation - 10_f64.ln()).abs() < 1e-5);
    assert_eq!(*prior("n_layer"), Prior::Uniform);
}

#[test]
fn older_json_opens() {
    let text = r#"{
        "hyperparameters": [
            {"name": "rate:initial", "type": "uniform_float", "log": true, "lower": 1e-05, "upper": 1.0, "default": 0.001, "q": null},
            {"name": "width", "type": "uniform_int", "log": false, "lower": 8, "upper": 64, "default": 32, "q": 8},
            {"name": "noise", "type": "normal_float", "log": false, "mu": 0.0, "sigma": 1.0, "default": 0.0, "q": null},
            {"name": "kind", "type": "categorical", "choices": ["a", "b", null], "default": "a", "probabilities": [0.5, 0.25, 0.25]},
            {"name": "size", "type": "ordinal", "sequence": ["small", "large"], "default": "small"},
            {"name": "fixed", "type": "constant", "value": 3}
        ],
        "conditions": [
            {"child": "width", "parent": "kind", "type": "IN", "values": ["a", null]},
            {"child": "noise", "type": "AND", "conditions": [
                {"child": "noise", "parent": "size", "type": "NEQ", "value": "small"},
                {"child": "noise", "parent": "rate:initial", "type": "LT", "value": 0.1}]}
        ],
        "forbiddens": [{"type": "RELATION", "left": "noise", "right": "rate:initial", "lambda": "LT"}],
        "python_module_version": "0.6.1", "json_format_version": 0.3
    }"#;
    let imported = configspace::read(text, Path::new("old.json")).unwrap();
    let space = &imported.space;
    assert_eq!(space.name(), "old");
    assert_eq!(space.hyperparameters()[1].size(), Some(8), "the old quantum makes steps");
    assert_eq!(space.condition(1).unwrap().text(), "kind in ['a', none]");
    assert_eq!(space.condition(2).unwrap().text(), "size != 'small' and `rate:initial` < 0.1");
    assert_eq!(space.forbidden()[0].text(), "noise < `rate:initial`");
    assert_eq!(imported.notes, ["`noise` has no bounds there; it is cut to 4 standard deviations"]);
}

#[test]
fn both_dialects_of_pcs_open() {
    let (text, path) = golden("svm.pcs");
    let space = pcs::read(&text, &path).unwrap().space;
    let (json, _) = golden("svm.cases.json");
    let json: Json = serde_json::from_str(&json).unwrap();
    let other = configspace::read(&json["space"].to_string(), &path).unwrap().space;
    let domains =
        |space: &Space| space.hyperparameters().iter().map(|each| each.domain.to_string()).collect::<Vec<_>>();
    let words =
        domains(&other).iter().map(|each| each.replace("true, false", "\"True\", \"False\"")).collect::<Vec<_>>();
    assert_eq!(domains(&space), words);

    let old = "model:depth | model in {tree}  # before its parent
        {model=tree, scale=0.5}
        model {tree, net}[tree]
        model:depth [1, 64] [4]il
        scale {0.1, 0.5, 1} [1]
        rate [1e-05, 1] [0.001]l

        Conditionals:
        rate | model in {net}
        rate | scale in {0.1, 0.5}
        model:depth | scale in {0.5, 1}";
    let imported = pcs::read(old, Path::new("old.pcs")).unwrap();
    let space = &imported.space;
    assert_eq!(
        imported.notes,
        ["all conditions of `model:depth` must hold at once", "all conditions of `rate` must hold at once",]
    );
    assert_eq!(domains(space), ["one of tree, net", "1 to 64, whole, log", "one of 0.1, 0.5, 1", "1e-5 to 1, log"]);
    assert_eq!(space.condition(3).unwrap().text(), "model == 'net' and scale in [0.1, 0.5]");
    assert_eq!(space.forbidden()[0].text(), "model == 'tree' and scale == 0.5");

    let back = pcs::read(&pcs::write(space).unwrap().text, Path::new("old.pcs")).unwrap().space;
    assert_eq!(domains(&back), domains(space));
    let mut stream = Stream::of(1, "test", 0);
    for _ in 0..200 {
        let drawn = space.sample(&mut stream).unwrap();
        assert_eq!(back.configuration(drawn.values().to_vec()), Ok(drawn));
    }
}

#[test]
fn arithmetic_is_written_out_where_the_other_format_has_none() {
    for name in ["transformer", "transformer-small", "mamba"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("search_spaces/{name}.ron"));
        let space = Space::read(&path).unwrap();
        let json = configspace::read(&configspace::write(&space).unwrap().text, &path).unwrap().space;
        let lines = pcs::read(&pcs::write(&space).unwrap().text, &path).unwrap().space;
        for other in [json, lines] {
            let mut stream = Stream::of(7, "test", 0);
            let mut refused = 0;
            for _ in 0..2000 {
                let positions: Vec<f64> = space.hyperparameters().iter().map(|_| stream.uniform()).collect();
                let (own, theirs) = (space.complete(&positions), other.complete(&positions));
                assert_eq!(own, theirs, "{name}");
                refused += usize::from(own.is_none());
            }
            assert_eq!(refused > 0, !space.forbidden().is_empty());
        }
    }
}

#[test]
fn a_clause_that_a_format_lacks_is_an_error() {
    let space = |clause: &str| {
        let text = format!(
            "(parameters: {{\"x\": Float(min: 0, max: 1), \"y\": Float(min: 0, max: 1), \"k\": Categorical(choices: [\"a b\"])}}, forbidden: [{clause:?}])"
        );
        Space::parse(&text, Path::new("x.ron")).unwrap()
    };
    let product = configspace::write(&space("x * y > 0.5")).unwrap_err();
    assert!(product.to_string().starts_with("`x * y > 0.5` cannot be expressed in ConfigSpace's format\nhint: "));
    configspace::write(&space("x > y")).unwrap();
    assert!(pcs::write(&space("x > y")).unwrap_err().to_string().contains("the value `a b` of `k`"));
    for (text, place, message) in [
        ("{", "1:1", "it ends too early"),
        ("{\"hyperparameters\": [{\"name\": \"x\", \"type\": \"cauchy\"}]}", "1:31", "`x` is of the type `cauchy`"),
        (
            "{\"hyperparameters\": [],\n\"conditions\": [{\"type\": \"EQ\", \"child\": \"b\", \"parent\": \"a\", \"value\": 1}]}",
            "2:55",
            "there is no parameter named `a`",
        ),
        (
            "{\"hyperparameters\": [\n{\"name\": \"x\", \"type\": \"uniform_int\", \"lower\": 5, \"upper\": 1}]}",
            "2:10",
            "the min of `x` (5) is not below its max (1)",
        ),
    ] {
        let error = configspace::read(text, Path::new("x.json")).unwrap_err().to_string();
        assert!(error.starts_with(&format!("x.json:{place}: {message}")), "{error}");
        assert!(error.contains("\nhint: "), "{error}");
    }
    for (text, place, message) in [
        ("a integer [1, 8 [4]", "1:1", "`a` has no default in square brackets"),
        ("a {1, 2} [1]\n  b real [0, 1] [0.5]\nc | d == 1", "3:1", "there is no parameter named `c`"),
        ("a {1, 2} [3]", "1:1", "the default of `a` cannot be 3"),
        ("nothing", "1:1", "this is neither a parameter nor a condition"),
    ] {
        let error = pcs::read(text, Path::new("x.pcs")).unwrap_err().to_string();
        assert!(error.starts_with(&format!("x.pcs:{place}: {message}")), "{error}");
    }
}

/// Names of all kinds: letters of every script, and those that a format or the expressions use for something else.
fn names() -> impl Strategy<Value = Vec<String>> {
    let any = "\\PC{1,20}".prop_filter("no control characters", |name| !name.chars().any(char::is_control));
    let hard = "[a-z:./+ `'\"{}\\[\\]|,=#<>&!;ß日🦀\u{301}\\\\-]{1,8}";
    let words =
        prop::sample::select(vec!["in", "and", "none", "True", "cost", "budget", "trial", "seed", "a b", " a", "a "]);
    let name = prop_oneof![any, hard.prop_map(|name| name), words.prop_map(str::to_owned)];
    btree_set(name, 3).prop_map(|names| names.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn every_name_is_carried_by_every_format(names in names()) {
        let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", name.replace('`', "``"))).collect();
        let space = Space::builder("s")
            .add(&names[0], Categorical::new(["a", "b"]))
            .add(&names[1], Integer::new(1, 9))
            .add_if(&names[2], Float::new(0.0, 1.0), format!("{} == 'a' and {} > 2", quoted[0], quoted[1]))
            .forbid(format!("{} == 'b' and {} == 3", quoted[0], quoted[1]))
            .build()
            .unwrap();
        let path = Path::new("s.ron");
        let others = [
            Space::parse(&space.to_text(), path).unwrap(),
            configspace::read(&configspace::write(&space).unwrap().text, path).unwrap().space,
            pcs::read(&pcs::write(&space).unwrap().text, path).unwrap().space,
        ];
        let mut stream = Stream::of(3, "test", 0);
        let drawn: Vec<_> = (0..20).map(|_| space.sample(&mut stream).unwrap()).collect();
        for other in &others {
            prop_assert_eq!(other.hyperparameters(), space.hyperparameters());
            let positions = [0.9, 0.3, 0.5];
            prop_assert_eq!(other.complete(&positions), space.complete(&positions));
            for one in &drawn {
                prop_assert_eq!(other.configuration(one.values().to_vec()), Ok(one.clone()));
            }
        }
    }
}
