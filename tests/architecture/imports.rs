//! Imports of source files: `use` trees over several lines, and paths written out where they are used.
use std::collections::{BTreeMap, BTreeSet};

use super::code::{without_literals, without_tests};

/// Names below `crate`; none for the root of the library.
pub type Module = Vec<String>;

/// A leaf of a `use` tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    pub path: Vec<String>,
    /// The name that it is given with `as`.
    pub alias: Option<String>,
}

/// A source file: its code without literals and tests, and the leaves of its `use` trees.
#[derive(Clone, Debug)]
pub struct File {
    pub code: String,
    pub imports: Vec<Import>,
}

/// Files of a crate by their modules; those that only tests have are left out.
#[derive(Clone, Debug, Default)]
pub struct Crate {
    pub files: BTreeMap<Module, File>,
}

impl Crate {
    /// Reads files, each given by its path below `src/` and its text.
    pub fn of<'a>(sources: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut files = BTreeMap::new();
        let mut of_tests = Vec::new();
        for (path, text) in sources {
            let module = module(path);
            let (code, names) = without_tests(&without_literals(text));
            of_tests.extend(names.into_iter().map(|name| [&module[..], &[name]].concat()));
            let imports = imports(&code);
            files.insert(module, File { code, imports });
        }
        files.retain(|module, _| !of_tests.iter().any(|test| module.starts_with(test)));
        Self { files }
    }

    /// The module of the file that a path of a file leads into; `None` where it leads out of the crate.
    pub fn resolve(&self, path: &[String], from: &Module) -> Option<Module> {
        let mut at = from.clone();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => (at, rest) = (Module::new(), &rest[1..]),
            "self" | "super" => {
                while let Some(("self" | "super", name)) = rest.first().map(|name| (name.as_str(), name)) {
                    if name == "super" {
                        at.pop();
                    }
                    rest = &rest[1..];
                }
            }
            child if self.files.contains_key(&[&from[..], &[child.to_owned()]].concat()) => {}
            _ => return None,
        }
        for name in rest {
            at.push(name.clone());
            if !self.files.contains_key(&at) {
                at.pop();
                break;
            }
        }
        Some(at)
    }

    /// The files that each file imports from or names.
    pub fn graph(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let edges = self.files.iter().map(|(module, file)| {
            let written = paths(&file.code);
            let all = file.imports.iter().map(|import| &import.path).chain(&written);
            let mut targets: BTreeSet<Module> = all.filter_map(|path| self.resolve(path, module)).collect();
            targets.remove(module);
            (module.clone(), targets)
        });
        edges.collect()
    }
}

/// The module of a path below `src/`.
fn module(path: &str) -> Module {
    let mut names: Module = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if names.last().is_some_and(|last| last == "mod") || names == ["lib"] {
        names.pop();
    }
    names
}

/// The words and marks of code; `::` is one mark.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        let length = match first {
            _ if is_word(first) => rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()),
            _ if rest.starts_with("::") => 2,
            _ => first.len_utf8(),
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

/// The leaves of all `use` trees of code.
fn imports(code: &str) -> Vec<Import> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    for statement in tokens.split(|&token| token == ";") {
        if let Some(start) = statement.iter().rposition(|&token| token == "use") {
            leaves(&statement[start + 1..], &[], &mut found);
        }
    }
    found
}

/// Adds the leaves of one tree below a prefix.
fn leaves(tree: &[&str], prefix: &[String], found: &mut Vec<Import>) {
    let names = tree.iter().take_while(|&&token| !matches!(token, "{" | "as" | "*")).filter(|&&token| token != "::");
    let mut path: Vec<String> = prefix.iter().cloned().chain(names.map(|&name| name.to_owned())).collect();
    match tree.iter().position(|&token| matches!(token, "{" | "as" | "*")) {
        Some(brace) if tree[brace] == "{" => {
            let (mut depth, mut start) = (0, brace + 1);
            for place in brace..tree.len() {
                match tree[place] {
                    "{" => depth += 1,
                    "}" => depth -= 1,
                    _ => {}
                }
                if depth == 0 || depth == 1 && tree[place] == "," {
                    if start < place {
                        leaves(&tree[start..place], &path, found);
                    }
                    start = place + 1;
                }
            }
        }
        place => {
            let alias = place.filter(|&place| tree[place] == "as").map(|place| tree[place + 1].to_owned());
            if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
                path.pop();
            }
            found.push(Import { path, alias });
        }
    }
}

/// Paths of at least two names that are written outside of `use` trees.
fn paths(code: &str) -> Vec<Vec<String>> {
    let tokens = tokens(code);
    let is_name = |token: &str| token.starts_with(|letter: char| letter.is_alphabetic() || letter == '_');
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at] == "use" {
            at += tokens[at..].iter().position(|&token| token == ";").unwrap_or(tokens.len() - at);
        }
        let mut path = Vec::new();
        // `pub(in crate::a)` takes nothing from `a`.
        let is_start = at == 0 || !matches!(tokens[at - 1], "::" | ".") && !tokens[..at].ends_with(&["(", "in"]);
        while is_start && tokens.get(at).is_some_and(|token| is_name(token)) {
            path.push(tokens[at].to_owned());
            if tokens.get(at + 1) != Some(&"::") {
                break;
            }
            at += 2;
        }
        if path.len() > 1 {
            found.push(path);
        }
        at += 1;
    }
    found
}

#[test]
fn trees_over_several_lines_are_read() {
    let code = "pub(crate) use a::b;\nuse crate::{\n    c::{self, d as e, f::*},\n    g,\n};\nfn x() { use super::h; }";
    let leaf = |path: &str, alias: Option<&str>| Import {
        path: path.split("::").map(str::to_owned).collect(),
        alias: alias.map(str::to_owned),
    };
    let expected = [
        leaf("a::b", None),
        leaf("crate::c", None),
        leaf("crate::c::d", Some("e")),
        leaf("crate::c::f", None),
        leaf("crate::g", None),
        leaf("super::h", None),
    ];
    assert_eq!(imports(code), expected);
    assert_eq!(
        paths("use a::b; pub(in crate::z) let x = crate::c::d(e::F::new(), y.g::<u8>());"),
        [["crate", "c", "d"].map(str::to_owned).to_vec(), ["e", "F", "new"].map(str::to_owned).to_vec(),]
    );
}

#[test]
fn paths_lead_to_the_deepest_file() {
    let sources = [
        ("lib.rs", "pub mod a;"),
        ("a/mod.rs", "use b::Item;\n#[cfg(test)]\nmod tests;"),
        ("a/b.rs", "use super::Root; use std::fs; fn f() { crate::c::inner::g() }"),
        ("a/tests.rs", "use crate::c;"),
        ("c.rs", "use crate::{\n    a::{\n        b::Item,\n    },\n};"),
    ];
    let module = |path: &str| path.split("::").map(str::to_owned).collect::<Module>();
    let graph = Crate::of(sources).graph();
    assert_eq!(graph.len(), 4, "the module of tests is left out");
    assert_eq!(graph[&module("a")], BTreeSet::from([module("a::b")]));
    assert_eq!(graph[&module("a::b")], BTreeSet::from([module("a"), module("c")]));
    assert_eq!(graph[&module("c")], BTreeSet::from([module("a::b")]));
}
