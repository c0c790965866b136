//! Properties of every search space: random ones are checked by a second, naive reading of their rules.
use std::collections::BTreeMap;
use std::path::Path;

use galvani::numeric::stream::Stream;
use galvani::space::Space;
use galvani::space::configuration::Configuration;
use galvani::space::encoding::Column;
use galvani::space::hyperparameter::{Domain, Hyperparameter, Value};
use galvani::space::prior::Prior;
use galvani::space::steps::Steps;
use galvani::space::validation::SpacePart;
use proptest::prelude::*;

/// Hyperparameters of the random spaces.
const SIZE: usize = 10;

/// A rule in a form that the naive reading walks, and that is written out for the space.
#[derive(Clone, Debug)]
enum Rule {
    Above(usize, i64),
    Equals(usize, i64),
    Divides(usize, usize),
    Not(Box<Rule>),
    And(Box<Rule>, Box<Rule>),
    Or(Box<Rule>, Box<Rule>),
}

impl Rule {
    fn text(&self) -> String {
        match self {
            Self::Above(a, limit) => format!("p{a} > {limit}"),
            Self::Equals(a, value) => format!("p{a} + 0 == {value}"),
            Self::Divides(a, b) => format!("p{a} % p{b} == 0"),
            Self::Not(rule) => format!("not ({})", rule.text()),
            Self::And(a, b) => format!("({}) and ({})", a.text(), b.text()),
            Self::Or(a, b) => format!("({}) or ({})", a.text(), b.text()),
        }
    }

    /// True, false, or neither.
    fn truth(&self, values: &[Option<Value>]) -> Option<bool> {
        let number = |index: usize| values[index].as_ref().map(|value| value.number().unwrap());
        match self {
            Self::Above(a, limit) => Some(number(*a)? > *limit as f64),
            Self::Equals(a, value) => Some(number(*a)? == *value as f64),
            Self::Divides(a, b) => {
                let (a, b) = (number(*a)?, number(*b)?);
                (b != 0.0).then(|| (a / b).fract() == 0.0)
            }
            Self::Not(rule) => rule.truth(values).map(|truth| !truth),
            Self::And(a, b) => match (a.truth(values), b.truth(values)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(a, b) => match (a.truth(values), b.truth(values)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
        }
    }
}

/// A rule over the hyperparameters `0..limit`; only the first three, which are whole numbers, are divided.
fn rule(limit: usize) -> impl Strategy<Value = Rule> {
    let leaf = prop_oneof![
        (0..limit, -1..6_i64).prop_map(|(a, value)| Rule::Above(a, value)),
        (0..limit, -1..6_i64).prop_map(|(a, value)| Rule::Equals(a, value)),
        (0..limit.min(3), 0..limit.min(3)).prop_map(|(a, b)| Rule::Divides(a, b)),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|rule| Rule::Not(Box::new(rule))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Rule::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner).prop_map(|(a, b)| Rule::Or(Box::new(a), Box::new(b))),
        ]
    })
}

fn hyperparameters() -> Vec<Hyperparameter> {
    let integers = |list: &[i64]| list.iter().copied().map(Value::Integer).collect::<Vec<_>>();
    let domains = [
        Domain::Integer { min: -1, max: 4, log: false },
        Domain::Ordinal { values: integers(&[1, 2, 4]) },
        Domain::Categorical { choices: integers(&[3, 0, 5]) },
        Domain::Float { min: 0.0, max: 5.0, log: false },
        Domain::Integer { min: 1, max: 40, log: true },
        Domain::Constant { value: Value::Integer(2) },
        Domain::Float { min: 0.01, max: 5.0, log: true },
        Domain::Steps(Steps::new(0.0, 5.0, 0.5, false).unwrap()),
        Domain::Categorical { choices: integers(&[1, 2, 5]) },
        Domain::Float { min: 0.1, max: 5.0, log: false },
    ];
    let priors = [
        (7, Prior::Normal { mean: 2.0, deviation: 1.5 }),
        (8, Prior::Weights(vec![1.0, 0.0, 3.0])),
        (9, Prior::LogNormal { median: 0.3, deviation: 1.0 }),
        (6, Prior::Beta { alpha: 2.0, beta: 3.0 }),
    ];
    let named = domains.into_iter().enumerate().map(|(index, domain)| {
        let mut hyperparameter = Hyperparameter::new(format!("p{index}"), domain, Value::Boolean(false));
        if let Some((_, prior)) = priors.iter().find(|(of, _)| *of == index) {
            hyperparameter.prior = prior.clone();
        }
        hyperparameter.default = hyperparameter.natural_default();
        hyperparameter
    });
    named.collect()
}

/// Values of some hyperparameters.
type Row = BTreeMap<usize, Value>;

/// Conditions, forbidden combinations, and a table of allowed ones, where it has rows.
type Rules = (Vec<(usize, Rule)>, Vec<Rule>, Vec<Row>);

fn rules() -> impl Strategy<Value = Rules> {
    let condition = |child: usize| prop::option::of(rule(child).prop_map(move |rule| (child, rule)));
    let conditions = (condition(1), condition(3), condition(4), condition(6), condition(7), condition(8), condition(9));
    let conditions = conditions.prop_map(|(a, b, c, d, e, f, g)| [a, b, c, d, e, f, g].into_iter().flatten().collect());
    let cells = prop::collection::btree_map(prop::sample::select(vec![0_usize, 1, 2, 4, 5, 7, 8]), 0.0..1.0, 1..4);
    let row =
        cells.prop_map(|cells| cells.into_iter().map(|(at, share)| (at, hyperparameters()[at].at(share))).collect());
    let table = prop_oneof![Just(Vec::new()), prop::collection::vec(row, 1..8)];
    (conditions, prop::collection::vec(rule(SIZE), 0..3), table)
}

fn space((conditions, forbidden, table): &Rules) -> Space {
    let conditions = conditions.iter().map(|(child, rule)| (format!("p{child}"), rule.text())).collect();
    let forbidden = forbidden.iter().map(Rule::text).collect();
    // A comparison with a value that can never be is refused, and so the rules add 0 to it.
    let space = Space::new("random".into(), hyperparameters(), conditions, forbidden).unwrap();
    let row = |row: &Row| row.iter().map(|(index, value)| (format!("p{index}"), value.clone())).collect();
    let tables = if table.is_empty() { vec![] } else { vec![table.iter().map(row).collect()] };
    space.allowing(&tables).unwrap()
}

fn legal((conditions, forbidden, table): &Rules, values: &[Option<Value>]) -> bool {
    let agrees = |row: &Row| row.iter().all(|(index, value)| values[*index].as_ref().is_none_or(|own| own == value));
    if !table.is_empty() && !table.iter().any(agrees) {
        return false;
    }
    let active =
        |index: usize| conditions.iter().all(|(child, rule)| *child != index || rule.truth(values) == Some(true));
    let inside = |(index, hyperparameter): (usize, &Hyperparameter)| match &values[index] {
        Some(value) => active(index) && hyperparameter.admit(value).as_ref() == Some(value),
        None => !active(index),
    };
    hyperparameters().iter().enumerate().all(inside) && forbidden.iter().all(|rule| rule.truth(values) != Some(true))
}

/// Encoding and decoding agree, in columns and in positions.
fn check_encoding(space: &Space, configuration: &Configuration) {
    let hyperparameters = space.hyperparameters().iter().zip(configuration.values());
    let position = |(each, value): (&Hyperparameter, &Option<Value>)| {
        value.as_ref().map_or(0.5, |value| each.position(value).expect("a value of the domain"))
    };
    let positions: Vec<f64> = hyperparameters.map(position).collect();
    let again: Vec<Option<Value>> = space
        .hyperparameters()
        .iter()
        .zip(&positions)
        .zip(configuration.values())
        .map(|((each, position), value)| value.as_ref().map(|_| each.at(*position)))
        .collect();
    for (before, after) in configuration.values().iter().flatten().zip(again.iter().flatten()) {
        match (before, after) {
            (Value::Float(a), Value::Float(b)) => assert!((a - b).abs() <= 1e-12 * a.abs().max(1.0), "{a} and {b}"),
            _ => assert_eq!(before, after),
        }
    }
    let row = space.encode(configuration);
    for ((number, column), value) in row.iter().zip(space.columns()).zip(configuration.values()) {
        match column {
            _ if value.is_none() => assert!(number.is_nan()),
            Column::Numeric => assert!((0.0..=1.0).contains(number), "{row:?}"),
            Column::Categorical { choices } => assert!(number.fract() == 0.0 && (*number as usize) < choices),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_space_emits_is_legal(rules in rules(), seed: u64) {
        let space = space(&rules);
        let mut stream = Stream::of(seed, "test", 0);
        for _ in 0..5 {
            let Ok(configuration) = space.sample(&mut stream) else { break };
            prop_assert!(legal(&rules, configuration.values()), "{configuration:?}");
            prop_assert_eq!(space.configuration(configuration.values().to_vec()), Ok(configuration.clone()));
            check_encoding(&space, &configuration);
            for _ in 0..20 {
                let Some(mutant) = space.mutate(&configuration, 1, 0.1, &mut stream) else { continue };
                prop_assert!(legal(&rules, mutant.values()), "{mutant:?}");
                let both = configuration.values().iter().zip(mutant.values());
                let changed = both.filter(|(a, b)| a.is_some() && b.is_some() && a != b).count();
                prop_assert!(changed == 1 || !rules.2.is_empty() && changed > 0, "{:?} and {:?}", &configuration, &mutant);
            }
        }
        if let Ok(many) = space.sample_many(7, &mut stream) {
            prop_assert_eq!(many.len(), 7);
            for (index, row) in many.rows().chunks_exact(SIZE).enumerate() {
                let configuration = many.configuration(index);
                prop_assert!(legal(&rules, configuration.values()), "{configuration:?}");
                prop_assert_eq!(space.configuration(configuration.values().to_vec()), Ok(configuration.clone()));
                for (ours, expected) in row.iter().zip(space.encode(&configuration)) {
                    prop_assert!((ours - expected).abs() < 1e-9 || ours.is_nan() && expected.is_nan());
                }
            }
        }
        for _ in 0..20 {
            let positions: Vec<f64> = (0..SIZE).map(|_| stream.uniform()).collect();
            if let Some(configuration) = space.complete(&positions) {
                prop_assert!(legal(&rules, configuration.values()), "{configuration:?}");
            }
        }
        if let Ok(default) = space.default_configuration() {
            prop_assert!(legal(&rules, default.values()));
        }
    }

    #[test]
    fn a_space_comes_back_from_its_text(rules in rules(), seed: u64) {
        let space = space(&rules);
        let again = Space::new("random".into(), hyperparameters(), vec![], vec![]).unwrap();
        prop_assert!(again.to_text().contains("p7"));
        // A space without a legal configuration is refused by the reader, and so is compared without its clauses.
        if let Ok(again) = Space::parse(&space.to_text(), Path::new("x.ron")) {
            prop_assert_eq!(again.changes_since(&space), Vec::<String>::new());
            prop_assert_eq!(again.hyperparameters(), space.hyperparameters());
            if let Ok(configuration) = space.sample(&mut Stream::of(seed, "test", 2)) {
                prop_assert_eq!(again.carry(&space, &configuration), Ok(configuration));
            }
        } else {
            // A table that is met by chance only is refused too.
            prop_assert!(!rules.2.is_empty() || space.sample(&mut Stream::of(0, "possible", 0)).is_err());
        }
    }

    #[test]
    fn no_text_is_too_broken_for_a_message(cut in 0..1900_usize, length in 0..12_usize, insert in "[a-z0-9(){}\\[\\]\"'\\\\/*#!:,.=<> %é]{0,6}") {
        let text = include_str!("../search_spaces/transformer-small.ron");
        let at = |place: usize| text.floor_char_boundary(place.min(text.len()));
        let broken = format!("{}{insert}{}", &text[..at(cut)], &text[at(cut + length)..]);
        if let Err(error) = Space::parse(&broken, Path::new("x.ron")) {
            prop_assert!(error.line <= broken.lines().count() + 1 && !error.diagnostic.message.is_empty());
            prop_assert!(error.column <= error.source_line.chars().count() + 1, "{error}");
            prop_assert!(error.to_string().starts_with("x.ron:"));
        }
    }

    #[test]
    fn no_expression_is_too_broken_for_a_message(text in "(p0|p1|p2|p3|==|!=|<|%|and|or|not|in|\\[|\\]|\\(|\\)|'a'|\"|'|1|0|2.5|,| |é|\\|){1,9}") {
        if let Err(error) = Space::new("x".into(), hyperparameters(), vec![], vec![text.clone()]) {
            let SpacePart::Forbidden { index: 0, offset } = error.part else { panic!("{error:?}") };
            prop_assert!(offset <= text.len() && text.is_char_boundary(offset), "{offset} in {text}: {error}");
        }
    }

    #[test]
    fn an_impossible_space_has_no_legal_point(rules in rules(), seed: u64) {
        let space = space(&rules);
        let mut stream = Stream::of(seed, "test", 1);
        if space.possible().is_err() {
            for _ in 0..200 {
                let positions: Vec<f64> = (0..SIZE).map(|_| stream.uniform()).collect();
                prop_assert!(space.complete(&positions).is_none());
            }
            prop_assert_eq!(space.allowed_fraction(seed), 0.0);
        }
    }
}

/// Every legal configuration of a finite space is counted and drawn as often as its share of the unit cube says.
#[test]
fn draws_are_uniform_over_the_legal_cube() {
    let digits = |name: &str, max| {
        Hyperparameter::new(name, Domain::Integer { min: 1, max, log: name == "c" }, Value::Integer(1))
    };
    let conditions = vec![("b".to_owned(), "a > 1".to_owned())];
    let all = vec![digits("a", 3), digits("b", 4), digits("c", 5)];
    let space =
        Space::new("digits".into(), all, conditions, vec!["b == c".into(), "a == 1 and c == 5".into()]).unwrap();
    // Without `b`: c in 1..=4; with `b`: 4 * 5 - 4 pairs for each of two values of `a`.
    assert_eq!(space.count(), Some(4 + 2 * 16));

    let mut stream = Stream::of(5, "test", 0);
    let (mut tables, mut rejection) = (BTreeMap::new(), BTreeMap::new());
    let draws = 40_000;
    for _ in 0..draws {
        *tables.entry(format!("{:?}", space.sample(&mut stream).unwrap())).or_insert(0.0) += 1.0 / f64::from(draws);
    }
    let many = space.sample_many(draws as usize, &mut stream).unwrap();
    let mut bulk = BTreeMap::new();
    for index in 0..many.len() {
        *bulk.entry(format!("{:?}", many.configuration(index))).or_insert(0.0) += 1.0 / f64::from(draws);
    }
    let mut accepted = 0.0;
    for _ in 0..2 * draws {
        let positions: Vec<f64> = (0..3).map(|_| stream.uniform()).collect();
        if let Some(configuration) = space.complete(&positions) {
            *rejection.entry(format!("{configuration:?}")).or_insert(0.0) += 1.0;
            accepted += 1.0;
        }
    }
    assert_eq!(tables.len(), 36);
    for (configuration, share) in &tables {
        let expected = rejection[configuration] / accepted;
        assert!((share - expected).abs() < 0.006, "{configuration}: {share} against {expected}");
        assert!((bulk[configuration] - expected).abs() < 0.006, "{configuration}: {bulk:?} against {expected}");
    }
    let fraction = accepted / (2.0 * f64::from(draws));
    assert!((space.allowed_fraction(0) - fraction).abs() < 0.01, "{fraction}");
}

/// Active share, mean and spread of every column of one law.
fn moments(rows: &[Vec<f64>]) -> Vec<[f64; 3]> {
    let column = |index: usize| {
        let largest = rows.iter().map(|row| row[index]).fold(1.0, f64::max);
        let known: Vec<f64> = rows.iter().map(|row| row[index] / largest).filter(|number| !number.is_nan()).collect();
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let square = known.iter().map(|number| number * number).sum::<f64>() / known.len() as f64;
        [known.len() as f64 / rows.len() as f64, mean, square]
    };
    (0..rows[0].len()).map(column).collect()
}

/// Configurations that are drawn at once have the law of those that are drawn one by one: where clauses read words, truths,
/// ranks and real numbers, where tables, diagrams, boxes and rejection decide, with every prior.
#[test]
fn draws_at_once_have_the_law_of_single_ones() {
    const DRAWS: usize = 20_000;
    let words = ["small", "middle", "large"].map(|word| Value::Word(word.into())).to_vec();
    let integers = |max| Domain::Integer { min: 1, max, log: false };
    let truths = vec![Value::Boolean(false), Value::Boolean(true)];
    let mut all = hyperparameters();
    for (name, domain) in [
        ("kind", Domain::Categorical { choices: words.clone() }),
        ("other", Domain::Categorical { choices: words.iter().rev().cloned().collect() }),
        ("size", Domain::Ordinal { values: words.clone() }),
        ("limit", Domain::Ordinal { values: words }),
        ("is_open", Domain::Categorical { choices: truths }),
        ("many", integers(30_000)),
        ("more", integers(30_000)),
        ("vast", Domain::Integer { min: 1, max: 1 << 40, log: true }),
    ] {
        let default = domain.natural_default();
        all.push(Hyperparameter::new(name, domain, default));
    }
    for clauses in [
        vec![],
        vec!["kind == other", "size > limit", "kind == 'small' and is_open"],
        vec![
            "not is_open and size in ['small', 'large']",
            "p3 + p6 > 4 or p9 ** 2 < 0.5",
            "limit < 'large' and p2 != 3",
        ],
        vec!["many > more", "p4 in [1, 2, 3, p0] and p3 < 2", "vast // 2 == 1"],
        vec!["p3 > 0.05", "p6 > 0.3 and p9 > 0.2", "p7 == p3", "1 < p4 < 9"],
    ] {
        let conditions =
            [("p9", "kind == 'large' or p6 > 1"), ("other", "is_open"), ("p8", "p7 in [0, 0.5, 4] or not is_open")];
        let conditions = conditions.map(|(child, rule)| (child.to_owned(), rule.to_owned())).to_vec();
        let clauses: Vec<String> = clauses.into_iter().map(str::to_owned).collect();
        let space = Space::new("law".into(), all.clone(), conditions, clauses.clone()).unwrap();
        let mut stream = Stream::of(11, "test", 0);
        let single: Vec<Vec<f64>> = (0..DRAWS).map(|_| space.encode(&space.sample(&mut stream).unwrap())).collect();
        let many = space.sample_many(DRAWS, &mut stream).unwrap();
        for index in 0..DRAWS {
            let configuration = many.configuration(index);
            assert_eq!(space.configuration(configuration.values().to_vec()), Ok(configuration));
        }
        let many: Vec<Vec<f64>> = many.rows().chunks_exact(all.len()).map(<[f64]>::to_vec).collect();
        let both = moments(&single).into_iter().zip(moments(&many)).zip(&all);
        for ((single, many), hyperparameter) in both {
            let name = &hyperparameter.name;
            for (ours, expected) in many.iter().zip(single) {
                assert!((ours - expected).abs() < 0.025, "{name}: {many:?} instead of {single:?} under {clauses:?}");
            }
        }
    }
}
