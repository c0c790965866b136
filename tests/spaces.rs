//! The promises of a search space: what it accepts is legal, what it refuses it explains.
use galvani::numeric::stream::Stream;
use galvani::space::Space;
use galvani::space::hyperparameter::{Domain, Hyperparameter, Value};

fn word(word: &str) -> Value {
    Value::Word(word.into())
}

fn hyperparameter(name: &str, domain: Domain) -> Hyperparameter {
    let default = domain.natural_default();
    Hyperparameter::new(name, domain, default)
}

fn words(list: &[&str]) -> Vec<Value> {
    list.iter().map(|each| word(each)).collect()
}

fn integers(list: &[i64]) -> Vec<Value> {
    list.iter().copied().map(Value::Integer).collect()
}

fn transformer() -> Vec<Hyperparameter> {
    vec![
        hyperparameter("pe", Domain::Categorical { choices: words(&["APE", "RoPE", "ALiBi"]) }),
        hyperparameter("theta", Domain::Float { min: 500.0, max: 200_000.0, log: true }),
        hyperparameter("width", Domain::Ordinal { values: integers(&[64, 96, 128]) }),
        hyperparameter("heads", Domain::Ordinal { values: integers(&[2, 4, 12]) }),
        hyperparameter("layers", Domain::Integer { min: 1, max: 30, log: false }),
        hyperparameter("size", Domain::Ordinal { values: words(&["small", "medium", "large"]) }),
        hyperparameter("bias", Domain::Categorical { choices: vec![Value::Boolean(false), Value::Boolean(true)] }),
    ]
}

fn space(conditions: &[(&str, &str)], forbidden: &[&str]) -> Space {
    let conditions = conditions.iter().map(|(child, text)| (child.to_string(), text.to_string())).collect();
    let forbidden = forbidden.iter().map(|text| text.to_string()).collect();
    Space::new("test".into(), transformer(), conditions, forbidden).unwrap()
}

#[test]
fn an_expression_means_what_it_says() {
    let values = [
        Some(word("APE")),
        None,
        Some(Value::Integer(96)),
        Some(Value::Integer(4)),
        Some(Value::Integer(7)),
        Some(word("medium")),
        Some(Value::Boolean(true)),
    ];
    // `theta` is inactive: neither a comparison with it nor the negation holds.
    for (text, holds) in [
        ("pe == 'APE'", true),
        ("pe != \"APE\"", false),
        ("'APE' == pe", true),
        ("pe in ['APE', 'RoPE']", true),
        ("pe not in ['APE', 'RoPE']", false),
        ("width % heads == 0", true),
        ("width // heads > 24 or width / heads == 24", true),
        ("-layers % 4 == 1", true),
        ("(layers + 1) ** 2 == width - 32", true),
        ("layers - 1 - 2 == 4", true),
        ("1 < layers < 8", true),
        ("1 < layers < 7", false),
        ("layers in [heads + 3, 30]", true),
        ("size < 'large'", true),
        ("'small' >= size", false),
        ("bias", true),
        ("not bias", false),
        ("bias == false", false),
        ("bias != (layers > 9)", true),
        ("not (layers > 9) and size == 'medium'", true),
        ("layers / (heads - 4) > 0", false),
        ("not layers / (heads - 4) > 0", false),
        ("theta > 600", false),
        ("theta <= 600", false),
        ("theta != 600", false),
        ("not theta > 600", false),
        ("theta > 600 or bias", true),
        ("theta > 600 and bias", false),
        ("not (theta > 600 and not bias)", true),
        ("not (theta > 600 and bias)", false),
    ] {
        let space = space(&[], &[text]);
        assert_eq!(space.forbidden()[0].holds(&values), holds, "{text}");
    }
}

#[test]
fn a_condition_decides_who_has_a_value() {
    let space = space(
        &[("theta", "pe == 'RoPE'"), ("layers", "theta > 5000"), ("heads", "layers > 3 or pe == 'ALiBi'")],
        &["heads == 12 and width == 64", "theta > 100000"],
    );
    let common = [("width", Value::Integer(64)), ("size", word("small")), ("bias", Value::Boolean(true))];
    let check = |named: &[(&'static str, Value)], expected: Result<(), &str>| {
        let configuration = space.configuration_of(common.iter().chain(named).cloned());
        let result = configuration.map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(result, expected.map_err(str::to_owned), "{named:?}");
    };
    let (theta, layers, heads) =
        (|x| ("theta", Value::Float(x)), |n| ("layers", Value::Integer(n)), |n| ("heads", Value::Integer(n)));
    check(&[("pe", word("APE"))], Ok(()));
    check(
        &[("pe", word("APE")), theta(1e4)],
        Err("`theta` has a value but is inactive, because `pe == 'RoPE'` does not hold"),
    );
    check(&[("pe", word("RoPE")), theta(600.0)], Ok(()));
    check(&[("pe", word("RoPE"))], Err("`theta` is active but has no value"));
    check(&[("pe", word("RoPE")), theta(6000.0), layers(3)], Ok(()));
    check(&[("pe", word("RoPE")), theta(6000.0), layers(4)], Err("`heads` is active but has no value"));
    check(&[("pe", word("ALiBi")), heads(4)], Ok(()));
    check(&[("pe", word("ALiBi")), heads(12)], Err("`heads == 12 and width == 64` forbids it"));
    check(&[("pe", word("ALiBi")), heads(3)], Err("`heads` cannot be `3`"));
    check(&[("pe", word("RoPE")), theta(150_000.0), layers(2)], Err("`theta > 100000` forbids it"));
    check(&[("pe", word("Rope"))], Err("`pe` cannot be `Rope`"));
    check(&[("pe", word("APE")), ("depth", Value::Integer(1))], Err("there is no hyperparameter `depth`"));
    check(&[("pe", word("ALiBi")), ("heads", Value::Float(4.0))], Ok(()));
    check(&[("pe", word("ALiBi")), ("heads", word("4"))], Err("`heads` cannot be `4`"));
}

#[test]
fn few_legal_combinations_are_found_and_none_are_explained() {
    let digits = |name: &str| hyperparameter(name, Domain::Integer { min: 0, max: 99, log: false });
    let digits = || vec![digits("a"), digits("b"), digits("c"), digits("d")];
    let text = |clauses: &[&str]| clauses.iter().map(|each| each.to_string()).collect::<Vec<_>>();
    let narrow =
        Space::new("narrow".into(), digits(), vec![], text(&["a != 7", "b != a", "c != b", "d != c + 1"])).unwrap();
    assert_eq!(narrow.count(), Some(1));
    let mut stream = Stream::of(1, "test", 0);
    let only = narrow.sample(&mut stream).unwrap();
    assert_eq!(narrow.to_ron(&only), "{\"a\": 7, \"b\": 7, \"c\": 7, \"d\": 8}");
    assert!((narrow.allowed_fraction(0) - 1e-8).abs() < 1e-15);

    let none = Space::new("none".into(), digits(), vec![], text(&["d > 50", "a <= b", "b <= c", "c <= a"])).unwrap();
    assert_eq!(none.count(), Some(0));
    let error = none.sample(&mut stream).unwrap_err();
    assert_eq!(error.to_string(), "no configuration is legal: together `a <= b`, `b <= c`, `c <= a` forbid all");

    let x = hyperparameter("x", Domain::Float { min: 0.0, max: 1.0, log: false });
    let never = Space::new("never".into(), vec![x], vec![], text(&["x > 0.5", "x <= 0.5"])).unwrap();
    let error = never.sample(&mut stream).unwrap_err();
    assert_eq!((error.clauses.len(), error.draws), (2, Some(100_000)));
    assert_eq!(never.allowed_fraction(0), 0.0);
}
