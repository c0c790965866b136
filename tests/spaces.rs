//! The promises of a search space: what it accepts is legal, what it refuses it explains.
use std::path::{Path, PathBuf};

use galvani::document::source;
use galvani::numeric::stream::Stream;
use galvani::space::Space;
use galvani::space::file::SpaceSource;
use galvani::space::hyperparameter::{Domain, Hyperparameter, Value};
use galvani::space::validation::SpacePart;

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
    check(&[("pe", word("ALiBi")), ("heads", word("4"))], Ok(()));
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

    // Twenty numbers of 1..=20 in ascending order: one choice in 10¹⁵.
    let chain =
        (0..20).map(|index| hyperparameter(&format!("p{index}"), Domain::Integer { min: 1, max: 20, log: false }));
    let ascending = (1..20).map(|index| format!("p{} > p{index}", index - 1)).collect();
    let chain = Space::new("chain".into(), chain.collect(), vec![], ascending).unwrap();
    assert_eq!(chain.count(), Some(68_923_264_410));
    let sample = chain.sample(&mut stream).unwrap();
    assert!(sample.values().iter().flatten().map(|value| value.number().unwrap()).is_sorted());

    let x = hyperparameter("x", Domain::Float { min: 0.0, max: 1.0, log: false });
    let never = Space::new("never".into(), vec![x], vec![], text(&["x > 0.5", "x <= 0.5"])).unwrap();
    let error = never.sample(&mut stream).unwrap_err();
    assert_eq!((error.clauses.len(), error.draws), (2, Some(100_000)));
    assert_eq!(never.allowed_fraction(0), 0.0);
}

#[test]
fn a_wrong_file_is_explained() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/spaces");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "ron"));
    files.sort();
    assert!(files.len() >= 20, "{files:?}");
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let shown = Path::new("search_spaces").join(path.file_name().unwrap());
        let message = match Space::parse(&text, &shown) {
            Ok(_) => panic!("{} is accepted", path.display()),
            Err(error) => format!("error: {error}\n"),
        };
        let golden = path.with_extension("txt");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&golden, &message).unwrap();
        }
        assert_eq!(message, std::fs::read_to_string(&golden).unwrap_or_default(), "{}", path.display());
    }
}

#[test]
fn every_space_in_the_box_opens() {
    for (name, count) in [("transformer-small", None), ("transformer", None), ("mamba", Some(750)), ("branin", None)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("search_spaces/{name}.ron"));
        let space = Space::read(&path).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((space.name(), space.count()), (name, count));
        space.default_configuration().unwrap();
        space.sample(&mut Stream::of(1, "test", 0)).unwrap();
    }
}

#[test]
fn a_mistake_in_an_expression_has_its_place() {
    for (text, place, message) in [
        ("", 0, "the expression is empty"),
        ("true", 0, "the expression is always the same: it reads no parameter"),
        ("heads + pe > 3", 8, "`pe` is not a number"),
        ("heads + 'x' > 3", 8, "there is no arithmetic with the word 'x'"),
        ("layers > 3 and heads", 15, "`heads` is a number, neither true nor false"),
        ("not pe", 4, "`pe` is a word, neither true nor false"),
        ("bias == 1", 0, "`bias` is true or false, but `1` is a number"),
        ("bias > true", 0, "true and false have no order"),
        ("pe == size and pe < size", 15, "the values of `pe` have no order"),
        ("size < 'huge'", 7, "`size` cannot be 'huge'"),
        ("layers in 3", 10, "`in` needs a list in square brackets"),
        ("layers in []", 10, "this list is empty"),
        ("layers in [3, 'x']", 14, "`layers` is a number, but 'x' is not"),
        ("width % 0 == 1", 8, "this divides by zero"),
        ("layers if bias else heads", 0, "`if` cannot be used in an expression"),
        ("layers is defined", 0, "`is` cannot be used in an expression"),
        ("layers.x > 1", 0, "a part of a value (`.` or `[..]`) cannot be used in an expression"),
        ("layers | abs > 1", 7, "`|` is not part of an expression"),
        ("pe == none", 6, "`pe` cannot be none"),
        ("layers > 3 $ heads", 11, "`$` is not part of an expression"),
        ("pe == 'APE", 6, "this quote is not closed"),
        ("(layers > 3", 11, "the expression ends too early"),
        ("layers > > 3", 9, "unexpected `>`"),
        ("width == 100", 9, "`width` cannot be 100"),
        ("theta < 400 or theta == 400", 24, "`theta` cannot be 400"),
        (&format!("layers{} > 3", "+heads".repeat(600)), 0, "fine"),
        (&format!("layers{} > 3", "+heads".repeat(1000)), 4000, "the expression is longer than 4000 bytes"),
    ] {
        match Space::new("test".into(), transformer(), vec![], vec!["layers > 30".into(), text.into()]) {
            Ok(_) => assert_eq!(message, "fine", "{text}"),
            Err(error) => {
                assert_eq!(
                    (error.diagnostic.message.as_str(), error.part),
                    (message, SpacePart::Forbidden { index: 1, offset: place }),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn a_space_inside_another_file_is_read_and_its_mistakes_are_found() {
    #[derive(Debug, serde::Deserialize)]
    struct Outer {
        search_space: SpaceSource,
    }
    let path = Path::new("experiments/x.ron");
    let outer: Outer = source::parse(path, "(search_space: \"../y.ron\")").unwrap();
    assert!(matches!(outer.search_space, SpaceSource::Path(path) if path == Path::new("../y.ron")));

    let text = "(search_space: (\n  parameters: {\"x\": Integer(min: 1, max: 8), \"y\": Float(min: 0, max: 1)},\n  forbidden: [\"z > 1\"],\n))";
    let outer: Outer = source::parse(path, text).unwrap();
    let SpaceSource::Inline(file) = outer.search_space else { panic!("it is inside") };
    let error = file.validate(path, text).unwrap_err();
    assert_eq!(
        (error.line, error.column, error.diagnostic.message.as_str()),
        (3, 16, "there is no parameter named `z`")
    );

    let error = source::parse::<Outer>(path, "(search_space: (parameters: {\"x\": Integer(mim: 1)}))").unwrap_err();
    assert_eq!((error.line, error.column, error.diagnostic.hint.as_deref()), (1, 43, Some("did you mean `min`?")));
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("branin.ron"), "()").unwrap();
    std::fs::write(folder.path().join("latin.ron"), b"(\n\"\xe9\")").unwrap();
    for (name, expected) in [
        ("brannin.ron", "brannin.ron: there is no such file\nhint: did you mean FOLDER/branin.ron?"),
        ("quadratic.ron", "quadratic.ron: there is no such file\nhint: FOLDER has branin.ron, latin.ron"),
        ("latin.ron", "latin.ron: line 2 is not UTF-8 text\nhint: save the file as UTF-8"),
        ("none/x.ron", "none/x.ron: there is no such file\nhint: there is no folder FOLDER/none either"),
    ] {
        let error = Space::read(&folder.path().join(name)).unwrap_err().to_string();
        let error = error.replace(folder.path().to_str().unwrap(), "FOLDER");
        assert_eq!(error, format!("FOLDER/{expected}"));
    }
}
