//! The tests that SMAC3 and ConfigSpace have for a space, for the space of galvani.
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use galvani::numeric::stream::Stream;
use galvani::space::configuration::Configuration;
use galvani::space::hyperparameter::{Domain, Hyperparameter, Value};
use galvani::space::{Illegal, Space};

fn space(parameters: &str, conditions: &str, forbidden: &str) -> Space {
    let text = format!("(parameters: {{{parameters}}}, conditions: {{{conditions}}}, forbidden: [{forbidden}])");
    Space::parse(&text, Path::new("test.ron")).unwrap_or_else(|error| panic!("{error}"))
}

fn word(word: &str) -> Value {
    Value::Word(word.into())
}

fn get(space: &Space, configuration: &Configuration, name: &str) -> Option<Value> {
    configuration.get(space.index(name).unwrap()).cloned()
}

/// Every configuration of a finite space.
fn all(space: &Space) -> Option<Vec<Configuration>> {
    Some((0..space.count()?).map(|number| space.nth(number).unwrap()).collect())
}

/// A nested condition, row by row: the child has a value exactly where the formula holds.
#[test]
fn a_nested_condition_has_the_rows_of_its_truth_table() {
    let space = space(
        r#""a": Integer(min: 0, max: 1), "b": Integer(min: 0, max: 1), "c": Integer(min: 0, max: 1),
           "d": Categorical(choices: ["x", "y", "z"]), "e": Integer(min: 0, max: 1), "child": Constant(value: 1)"#,
        r#""child": "(a == 1 and (b == 1 or c != 1)) or (d in ['x', 'y'] and not (e == 1 and a == 1))""#,
        "",
    );
    assert_eq!(space.count(), Some(48));
    for configuration in all(&space).unwrap() {
        let bit = |name: &str| get(&space, &configuration, name) == Some(Value::Integer(1));
        let d = get(&space, &configuration, "d").unwrap();
        let expected =
            (bit("a") && (bit("b") || !bit("c"))) || ((d == word("x") || d == word("y")) && !(bit("e") && bit("a")));
        assert_eq!(bit("child"), expected, "{configuration:?}");
        let mut values = configuration.values().to_vec();
        values[5] = if expected { None } else { Some(Value::Integer(1)) };
        let error = space.configuration(values).unwrap_err();
        assert!(matches!(error, Illegal::Missing { .. } | Illegal::Inactive { .. }), "{error}");
    }
}

/// ConfigSpace takes `!=` for true where the parent is inactive; here what reads an inactive parent is not true.
#[test]
fn an_inactive_parent_makes_every_comparison_false() {
    let space = space(
        r#""a": Boolean(), "b": Categorical(choices: ["u", "v"]), "c": Integer(min: 1, max: 3), "d": Integer(min: 1, max: 3)"#,
        r#""b": "a", "c": "b != 'u'", "d": "not (b == 'u')""#,
        r#""b != 'u' and c == 3", "c > 1 and d > 1""#,
    );
    let mut stream = Stream::of(1, "test", 0);
    for _ in 0..500 {
        let drawn = space.sample(&mut stream).unwrap();
        let on = get(&space, &drawn, "a") == Some(Value::Boolean(true));
        let v = get(&space, &drawn, "b") == Some(word("v"));
        assert_eq!(get(&space, &drawn, "b").is_some(), on);
        assert_eq!((get(&space, &drawn, "c").is_some(), get(&space, &drawn, "d").is_some()), (v, v));
        assert_ne!(get(&space, &drawn, "c"), Some(Value::Integer(3)));
    }
}

#[test]
fn a_diamond_is_deactivated_from_its_head_and_an_or_keeps_the_other_branch() {
    let parameters = r#""head": Integer(min: 0, max: 10), "left": Integer(min: 0, max: 10),
        "right": Integer(min: 0, max: 10), "child": Integer(min: 0, max: 10)"#;
    let branches = r#""left": "head > 5", "right": "head > 7", "child": "#;
    for (condition, both) in [("left > 5 and right > 5", true), ("left > 5 or right > 5", false)] {
        let space = space(parameters, &format!("{branches}{condition:?}"), "");
        let mut stream = Stream::of(2, "test", 0);
        for _ in 0..300 {
            let drawn = space.sample(&mut stream).unwrap();
            let high = |name: &str| get(&space, &drawn, name).is_some_and(|value| value.number().unwrap() > 5.0);
            let expected = if both { high("left") && high("right") } else { high("left") || high("right") };
            assert_eq!(get(&space, &drawn, "child").is_some(), expected);
            for _ in 0..20 {
                let Some(mutant) = space.mutate(&drawn, 1, 0.2, &mut stream) else { continue };
                if get(&space, &mutant, "head").unwrap().number().unwrap() <= 5.0 {
                    assert!(mutant.values()[1..].iter().all(Option::is_none), "{mutant:?}");
                }
            }
        }
    }
}

/// Each ordering clause on a float, an integer and an ordinal of words; about an inactive parameter none fires.
#[test]
fn ordering_clauses_forbid_what_they_say() {
    for (clause, allowed) in [
        ("o < 'medium'", vec!["medium", "large"]),
        ("o <= 'medium'", vec!["large"]),
        ("o > 'medium'", vec!["small", "medium"]),
        ("o >= 'medium'", vec!["small"]),
    ] {
        let space = space(r#""o": Ordinal(values: ["small", "medium", "large"])"#, "", &format!("{clause:?}"));
        let values: Vec<Value> = all(&space).unwrap().iter().map(|each| get(&space, each, "o").unwrap()).collect();
        assert_eq!(values, allowed.into_iter().map(word).collect::<Vec<_>>(), "{clause}");
    }
    let space = space(
        r#""on": Boolean(), "i": Integer(min: 1, max: 9), "f": Float(min: 0, max: 1)"#,
        r#""f": "on""#,
        r#""i >= 5 and f > 0.25", "f <= 0.125""#,
    );
    let mut stream = Stream::of(3, "test", 0);
    let mut large_while_off = 0;
    for _ in 0..500 {
        let drawn = space.sample(&mut stream).unwrap();
        let (i, f) = (get(&space, &drawn, "i").unwrap().number().unwrap(), get(&space, &drawn, "f"));
        match f.and_then(|f| f.number()) {
            Some(f) => assert!(f > 0.125 && (i < 5.0 || f <= 0.25)),
            None => large_while_off += usize::from(i >= 5.0),
        }
    }
    assert!(large_while_off > 50);
}

#[test]
fn relations_hold_between_active_parameters_only() {
    let space = space(
        r#""use_b": Boolean(), "a": Float(min: 0, max: 1), "b": Float(min: 0, max: 1), "w": Integer(min: 1, max: 8), "v": Integer(min: 1, max: 8)"#,
        r#""b": "use_b""#,
        r#""a >= b", "w == v""#,
    );
    let mut stream = Stream::of(4, "test", 0);
    for _ in 0..300 {
        let drawn = space.sample(&mut stream).unwrap();
        let number = |name: &str| get(&space, &drawn, name).map(|value| value.number().unwrap());
        assert!(number("b").is_none_or(|b| number("a").unwrap() < b));
        assert_ne!(number("w"), number("v"));
    }
}

#[test]
fn finite_spaces_are_counted_and_every_configuration_comes_once() {
    let hidden = r#""x": Integer(min: 1, max: 3)"#;
    for (parameters, conditions, forbidden, count) in [
        (r#""k": Constant(value: 1)"#, "", "", Some(1)),
        (r#""a": Categorical(choices: [1, 2, 3]), "b": Boolean()"#, "", "", Some(6)),
        (r#""a": Categorical(choices: [1, 2, 3]), "b": Boolean()"#, r#""a": "b""#, "", Some(4)),
        (r#""a": Categorical(choices: [1, 2, 3]), "b": Integer(min: 1, max: 6)"#, "", "", Some(18)),
        (
            r#""a": Float(min: 0, max: 1, step: 0.1), "b": Integer(min: 10, max: 30, step: 10)"#,
            "",
            r#""b * a > 15""#,
            Some(25),
        ),
        (r#""a": Float(min: 0, max: 1)"#, "", "", None),
        (hidden, "", r#""x == 2""#, Some(2)),
    ] {
        let space = space(parameters, conditions, forbidden);
        assert_eq!(space.count(), count, "{parameters}");
        let Some(all) = all(&space) else { continue };
        assert_eq!(all.iter().collect::<HashSet<_>>().len() as u64, count.unwrap());
        assert!(all.iter().all(|each| space.configuration(each.values().to_vec()).is_ok()));
        assert_eq!(space.nth(count.unwrap()), None);
    }
}

#[test]
fn the_same_seed_draws_the_same_and_another_does_not() {
    let space = Space::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("search_spaces/transformer.ron")).unwrap();
    let draw = |seed: u64| {
        let mut stream = Stream::of(seed, "test", 0);
        (0..100).map(|_| space.sample(&mut stream).unwrap()).collect::<Vec<_>>()
    };
    for seed in 0..5 {
        assert_eq!(draw(seed), draw(seed));
        assert_ne!(draw(seed), draw(seed + 1));
    }
}

#[test]
fn defaults_are_where_configspace_has_them() {
    // Middle of the scale, mean, mode of the Beta law, heaviest choice, first of an order.
    for (parameter, default) in [
        ("Integer(min: 1, max: 10)", "6"),
        ("Integer(min: 1, max: 1024, log: true)", "32"),
        ("Float(min: 1e-4, max: 1, log: true)", "0.01"),
        ("Float(min: 0, max: 10, prior: Normal(mean: 7, deviation: 2))", "7.0"),
        ("Float(min: 0, max: 10, prior: Normal(mean: 12, deviation: 2))", "10.0"),
        ("Float(min: 1, max: 4, prior: Beta(alpha: 3, beta: 2))", "3.0"),
        ("Float(min: 0, max: 1, prior: Beta(alpha: 1, beta: 1))", "0.5"),
        ("Categorical(choices: [\"a\", \"b\", \"c\"], weights: [1, 5, 2])", "b"),
        ("Ordinal(values: [\"low\", \"high\"])", "low"),
    ] {
        let space = space(&format!("\"x\": {parameter}"), "", "");
        let value = &space.hyperparameters()[0].default;
        let shown = match value {
            Value::Float(float) => Value::Float((float * 1e9).round() / 1e9).to_string(),
            other => other.to_string(),
        };
        assert_eq!(shown, default, "{parameter}");
    }
}

#[test]
fn what_is_drawn_follows_the_weights_and_zero_is_never_drawn() {
    let space = space(
        r#""x": Categorical(choices: ["a", "b", "c"], weights: [0, 1, 3]), "y": Boolean()"#,
        "",
        r#""x == 'c' and y""#,
    );
    let mut stream = Stream::of(7, "test", 0);
    let mut drawn = [0_u32; 3];
    for _ in 0..20_000 {
        let value = get(&space, &space.sample(&mut stream).unwrap(), "x").unwrap();
        drawn[["a", "b", "c"].iter().position(|each| word(each) == value).unwrap()] += 1;
    }
    // Of `c`, whose weight is three times that of `b`, half is forbidden.
    let share = f64::from(drawn[2]) / 20_000.0;
    assert!(drawn[0] == 0 && (share - 0.6).abs() < 0.015, "{drawn:?}");
    assert_eq!(space.configuration(vec![Some(word("a")), Some(Value::Boolean(true))]).map(|_| ()), Ok(()));
    assert!((space.allowed_fraction(0) - 0.625).abs() < 1e-12);
}

/// One configuration in a million is legal, and less: drawn in as many tries as it takes elsewhere for a few.
#[test]
fn rare_legal_points_of_real_numbers_are_found() {
    let number = |name: &str| format!("{name:?}: Float(min: 0, max: 1)");
    for (parameters, forbidden, fraction) in [
        // The corner of a square, a thin diagonal of a cube, a narrow product, and whole numbers beyond counting.
        (["x", "y"].map(number).join(", "), r#""x + y < 1.999""#, 5e-7),
        (
            ["x", "y", "z"].map(number).join(", "),
            r#""x > y + 0.002 or y > x + 0.002", "y > z + 0.002 or z > y + 0.002""#,
            1.6e-5,
        ),
        (
            r#""rate": Float(min: 1e-5, max: 1, log: true), "batch": Integer(min: 1, max: 1000000, log: true)"#
                .to_owned(),
            r#""not (0.99 < rate * batch < 1)""#,
            f64::NAN,
        ),
        (
            r#""a": Integer(min: 1, max: 1000000), "b": Integer(min: 1, max: 1000000)"#.to_owned(),
            r#""a + b > 1500""#,
            1.1e-6,
        ),
    ] {
        let space = space(&parameters, "", forbidden);
        let mut stream = Stream::of(8, "test", 0);
        let drawn: Vec<Configuration> = (0..200).map(|_| space.sample(&mut stream).unwrap()).collect();
        assert!(drawn.iter().all(|each| space.configuration(each.values().to_vec()).is_ok()), "{forbidden}");
        assert!(drawn.iter().collect::<HashSet<_>>().len() > 150, "{forbidden}");
        let share = space.allowed_fraction(0);
        assert!(fraction.is_nan() || (share / fraction - 1.0).abs() < 0.15, "{forbidden}: {share}");
    }
    // Uniform in the corner: the mean of x is two thirds of the way into it.
    let corner = space(&["x", "y"].map(number).join(", "), "", r#""x + y < 1.99""#);
    let mut stream = Stream::of(9, "test", 0);
    let x = |_| get(&corner, &corner.sample(&mut stream).unwrap(), "x").unwrap().number().unwrap();
    let mean = (0..4000).map(x).sum::<f64>() / 4000.0;
    assert!((mean - (0.99 + 0.01 * 2.0 / 3.0)).abs() < 2e-4, "{mean}");

    let error = Space::parse(
        "(parameters: {\"x\": Float(min: 0, max: 1), \"y\": Float(min: 0, max: 1)}, forbidden: [\"y > 0.9\", \"x * y <= 2\"])",
        Path::new("never.ron"),
    );
    assert!(error.unwrap_err().diagnostic.message.contains("no configuration is legal: `x * y <= 2` forbids all"));
}

/// A table of 2,000 allowed combinations: draws, neighbours and counts keep to it, and draws are as likely as its rows.
#[test]
fn two_thousand_allowed_combinations_are_drawn_alike() {
    let listed = |name: &str, size: i64| {
        let values = (0..size).map(|value| Value::Integer(value * value)).collect();
        Hyperparameter::new(name, Domain::Ordinal { values }, Value::Integer(0))
    };
    let words = (0..300).map(|word| Value::Word(format!("w{word}").into())).collect();
    let mut all: Vec<_> = ["a", "b", "c", "d"].into_iter().map(|name| listed(name, 400)).collect();
    all.push(Hyperparameter::new("kind", Domain::Categorical { choices: words }, Value::Word("w0".into())));
    all.push(Hyperparameter::new("free", Domain::Float { min: 0.0, max: 1.0, log: false }, Value::Float(0.5)));
    let mut stream = Stream::of(3, "test", 0);
    let mut rows = BTreeSet::new();
    while rows.len() < 2000 {
        rows.insert([400, 400, 400, 400, 300].map(|size| stream.below(size)));
    }
    let row = |cells: &[usize; 5]| {
        let names = all.iter().map(|each| each.name.clone()).zip(&all).zip(cells);
        names
            .map(|((name, each), cell)| (name, each.at((*cell as f64 + 0.5) / each.size().unwrap() as f64)))
            .collect::<Vec<_>>()
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    let space =
        Space::new("table".into(), all.clone(), vec![], vec![]).unwrap().allowing(std::slice::from_ref(&rows)).unwrap();
    let key =
        |values: &[Option<Value>]| values[..5].iter().flatten().map(Value::to_string).collect::<Vec<_>>().join(" ");
    let mut counts: HashMap<String, usize> = (rows.iter())
        .map(|row| (row.iter().map(|(_, value)| value.to_string()).collect::<Vec<_>>().join(" "), 0))
        .collect();
    let drawn = space.sample_many(100_000, &mut stream).unwrap();
    for index in 0..drawn.len() {
        *counts.get_mut(&key(drawn.configuration(index).values())).expect("a row of the table") += 1;
    }
    assert!(counts.values().all(|count| (15..100).contains(count)), "50 are expected of each");
    let mut moved = HashSet::new();
    let mut at = space.sample(&mut stream).unwrap();
    for _ in 0..500 {
        assert!(counts.contains_key(&key(at.values())));
        if let Some(near) = space.mutate(&at, 1, 0.1, &mut stream) {
            at = near;
        }
        moved.insert(key(at.values()));
    }
    assert!(moved.len() > 50, "{} rows were met", moved.len());
    let again = Space::parse(&space.to_text(), Path::new("x.ron")).unwrap();
    assert_eq!(again.changes_since(&space), Vec::<String>::new());
    let fewer = Space::new("table".into(), all, vec![], vec![]).unwrap().allowing(&[rows[1..].to_vec()]).unwrap();
    let changes = fewer.changes_since(&space);
    assert_eq!(
        changes,
        ["other combinations are allowed: 1999 combinations in a list; before, 2000 combinations in a list"]
    );
}
