//! Search spaces: as RON files, as expressions over fixed hyperparameters, and as other programs write them.
use galvani::exchange::{configspace as configspace_format, irace as irace_format, pcs as pcs_format};
use galvani::numeric::stream::Stream;
use galvani::space::Space;
use galvani::space::hyperparameter::{Domain, Hyperparameter, Value};
use galvani::space::steps::Steps;

use super::{check_error, path, text};

/// Bytes of the longest input whose space is sampled: rejection asks every clause 100,000 times.
const LONGEST: usize = 400;

/// A RON file of a search space.
pub fn spaces(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match Space::parse(text, path()) {
        Ok(space) => {
            check_draws(&space);
            check_written(&space);
        }
        Err(error) => check_error(&error, text),
    }
}

/// The first line is a condition, each further line a forbidden combination.
pub fn conditions(data: &[u8]) {
    let Some(text) = text(data).filter(|text| text.len() <= LONGEST) else { return };
    let mut lines = text.lines();
    let condition = lines.next().filter(|line| !line.trim().is_empty());
    let conditions = condition.map(|line| ("child".to_owned(), line.to_owned()));
    let forbidden = lines.map(str::to_owned).collect();
    match Space::new("fuzzed".into(), hyperparameters(), conditions.into_iter().collect(), forbidden) {
        Ok(space) => {
            check_draws(&space);
            check_written(&space);
        }
        Err(error) => assert!(!error.to_string().is_empty(), "{error:?}"),
    }
}

/// A `.pcs` file, old or new.
pub fn pcs(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match pcs_format::read(text, path()) {
        Ok(imported) => {
            let space = imported.space;
            check_draws(&space);
            check_written(&space);
            let Ok(exported) = pcs_format::write(&space) else { return };
            let back = pcs_format::read(&exported.text, path());
            let back = back.unwrap_or_else(|error| panic!("{error}\n{}", exported.text)).space;
            check_copy(&space, &back, exported.notes.is_empty());
        }
        Err(error) => check_error(&error, text),
    }
}

/// A parameter file of irace.
pub fn irace(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match irace_format::read(text, path()) {
        Ok(imported) => {
            check_draws(&imported.space);
            check_written(&imported.space);
        }
        Err(error) => check_error(&error, text),
    }
}

/// A JSON file of ConfigSpace.
pub fn configspace(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match configspace_format::read(text, path()) {
        Ok(imported) => {
            let space = imported.space;
            check_draws(&space);
            check_written(&space);
            let Ok(exported) = configspace_format::write(&space) else { return };
            let back = configspace_format::read(&exported.text, path());
            let back = back.unwrap_or_else(|error| panic!("{error}\n{}", exported.text)).space;
            check_copy(&space, &back, exported.notes.is_empty());
        }
        Err(error) => check_error(&error, text),
    }
}

/// One hyperparameter of each kind, and `child`, which a condition may switch off.
fn hyperparameters() -> Vec<Hyperparameter> {
    let words = |words: &[&str]| words.iter().map(|word| Value::Word((*word).into())).collect::<Vec<_>>();
    let domains = [
        ("float", Domain::Float { min: -1.0, max: 5.0, log: false }),
        ("rate", Domain::Float { min: 1e-5, max: 1.0, log: true }),
        ("whole", Domain::Integer { min: -3, max: 12, log: false }),
        ("steps", Domain::Steps(Steps::new(0.0, 5.0, 0.5, false).expect("eleven steps"))),
        ("size", Domain::Ordinal { values: [1, 2, 4, 8].map(Value::Integer).to_vec() }),
        ("grade", Domain::Ordinal { values: words(&["low", "mid", "high"]) }),
        ("kind", Domain::Categorical { choices: words(&["a", "b", "c"]) }),
        ("flag", Domain::Categorical { choices: [false, true].map(Value::Boolean).to_vec() }),
        ("fixed", Domain::Constant { value: Value::Integer(2) }),
        ("child", Domain::Integer { min: 1, max: 64, log: true }),
    ];
    let named = domains.into_iter().map(|(name, domain)| {
        let mut hyperparameter = Hyperparameter::new(name.to_owned(), domain, Value::Boolean(false));
        hyperparameter.default = hyperparameter.natural_default();
        hyperparameter
    });
    named.collect()
}

/// Whatever a space draws, alone or many at once, is legal, and its encoding is in the unit cube.
fn check_draws(space: &Space) {
    let clauses: usize = space.forbidden().iter().map(|clause| clause.text().len()).sum();
    if clauses > LONGEST || space.hyperparameters().len() > 40 {
        return;
    }
    let mut stream = Stream::of(1, "fuzz", 0);
    let share = space.allowed_fraction(1);
    assert!((0.0..=1.0).contains(&share), "{share} of the draws are legal");
    for _ in 0..3 {
        let Ok(configuration) = space.sample(&mut stream) else { return };
        assert_eq!(space.configuration(configuration.values().to_vec()), Ok(configuration.clone()));
        let row = space.encode(&configuration);
        assert!(row.iter().all(|each| !each.is_infinite()), "{row:?}");
    }
    let Ok(many) = space.sample_many(8, &mut stream) else { return };
    for index in 0..many.len() {
        let configuration = many.configuration(index);
        assert_eq!(space.configuration(configuration.values().to_vec()), Ok(configuration));
    }
}

/// A space that was written is read as the same space; only one without a legal configuration is refused.
fn check_written(space: &Space) {
    let written = space.to_text();
    match Space::parse(&written, path()) {
        Ok(back) => {
            assert_eq!(back.changes_since(space), Vec::<String>::new(), "{written}");
            assert_eq!(back.hyperparameters(), space.hyperparameters(), "{written}");
        }
        Err(error) => assert!(space.sample(&mut Stream::of(0, "possible", 0)).is_err(), "{error}\n{written}"),
    }
}

/// A space in another format and back has the same hyperparameters, and where nothing was left out the same draws.
fn check_copy(space: &Space, back: &Space, is_exact: bool) {
    assert_eq!(back.hyperparameters().len(), space.hyperparameters().len());
    if !is_exact {
        return;
    }
    let mut stream = Stream::of(1, "fuzz", 1);
    for _ in 0..3 {
        let Ok(configuration) = space.sample(&mut stream) else { return };
        let named = space.named(&configuration).map(|(name, value)| (name, value.clone()));
        assert!(back.configuration_of(named).is_ok(), "{configuration:?}\n{}", back.to_text());
    }
}
