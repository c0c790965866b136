//! The house rules: imports run downward and in no circle, files are short and say what they are, words are plain.
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "architecture/circles.rs"]
mod circles;
#[path = "architecture/code.rs"]
mod code;
#[path = "architecture/imports.rs"]
mod imports;
#[path = "architecture/map.rs"]
mod map;

use imports::{Crate, Module};

const LONGEST: usize = 400;

const BANNED: [&str; 8] = ["cfg", "hp", "utils", "util", "misc", "helper", "manager", "common"];

/// First words of a sentence that asks instead of saying what something is.
const RIDDLES: [&str; 6] = ["What", "Who", "How", "Of", "Whether", "Where"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files of folders of this repository, with their texts, in order.
fn sources(folders: &[&str]) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a readable file");
                found.insert(path.strip_prefix(root()).expect("it lies here").to_owned(), text);
            }
        }
    }
    found
}

fn read_crate() -> Crate {
    let sources = sources(&["src"]);
    let named = sources.iter().filter_map(|(path, text)| {
        let inside = path.strip_prefix("src").expect("a file of src").to_str()?;
        (inside != "main.rs").then_some((inside, text.as_str()))
    });
    Crate::of(named)
}

fn name(module: &Module) -> String {
    if module.is_empty() { "lib.rs".to_owned() } else { module.join("::") }
}

fn check(mistakes: Vec<String>) {
    assert!(mistakes.is_empty(), "{} times:\n{}", mistakes.len(), mistakes.join("\n"));
}

#[test]
fn imports_run_downward() {
    let mut mistakes = Vec::new();
    for (from, targets) in read_crate().graph() {
        let Some(room) = from.first() else { continue };
        assert!(map::level(room).is_some(), "`{room}` is not on the map");
        let upward = targets.iter().filter(|to| map::is_upward(&from, to));
        mistakes.extend(upward.map(|to| format!("{} must not import {}", name(&from), name(to))));
    }
    check(mistakes);
}

#[test]
fn no_files_import_in_a_circle() {
    let mut graph = read_crate().graph();
    // The root names every room, and takes nothing from any.
    graph.remove(&Module::new());
    let found = circles::circles(&graph);
    let lines = found.iter().map(|circle| circle.iter().map(name).collect::<Vec<_>>().join(", "));
    check(lines.collect());
}

#[test]
fn imports_keep_their_names() {
    let read = read_crate();
    let mut mistakes = Vec::new();
    for (module, file) in &read.files {
        for import in &file.imports {
            let is_ours = read.resolve(&import.path, module).is_some();
            if let Some(alias) = import.alias.as_ref().filter(|alias| is_ours && *alias != "_") {
                mistakes.push(format!("{}: {} as {alias}", name(module), import.path.join("::")));
            }
        }
    }
    check(mistakes);
}

#[test]
fn errors_have_types() {
    let mut mistakes = Vec::new();
    for (module, file) in read_crate().files {
        let code = file.code.split_whitespace().collect::<String>();
        for (end, _) in code.match_indices(",String>") {
            let mut depth = 0;
            let start = code[..end].rfind(|letter| {
                depth += i32::from(letter == '>') - i32::from(letter == '<');
                depth < 0
            });
            let result = start.map_or("", |start| &code[..start]);
            if result.ends_with("Result") {
                mistakes.push(format!("{}: Result{}", name(&module), &code[result.len()..end + ",String>".len()]));
            }
        }
    }
    check(mistakes);
}

#[test]
fn files_are_short() {
    let long = sources(&["src", "tests", "benches", "examples", "fuzz/src", "fuzz/fuzz_targets"]).into_iter();
    let long = long.map(|(path, text)| (path, text.lines().count())).filter(|(_, lines)| *lines > LONGEST);
    check(long.map(|(path, lines)| format!("{}: {lines} lines, at most {LONGEST}", path.display())).collect());
}

#[test]
fn files_say_what_they_are() {
    let mut mistakes = Vec::new();
    for (path, text) in sources(&["src", "tests", "fuzz/src", "fuzz/fuzz_targets"]) {
        let first = text.lines().next().unwrap_or_default();
        if !(first.starts_with("//! ") && first.ends_with('.') && first.len() > 20) {
            mistakes.push(format!("{}: the first line says in a sentence what the file is", path.display()));
        }
    }
    check(mistakes);
}

#[test]
fn descriptions_name_their_subject() {
    let mut mistakes = Vec::new();
    for (path, text) in sources(&["src", "tests", "benches", "examples", "fuzz/src"]) {
        let mut before = "";
        for (line, number) in text.lines().map(str::trim_start).zip(1..) {
            let said = ["/// ", "//! "].into_iter().find_map(|mark| line.strip_prefix(mark));
            let is_first = !before.starts_with("///") && !before.starts_with("//!");
            let word = said.filter(|_| is_first).and_then(|said| said.split([' ', ',', ':', '\'']).next());
            if word.is_some_and(|word| RIDDLES.contains(&word)) {
                mistakes.push(format!("{}:{number}: {line}", path.display()));
            }
            before = line;
        }
    }
    check(mistakes);
}

#[test]
fn names_are_in_full() {
    for path in sources(&["src"]).into_keys() {
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
        assert!(!BANNED.contains(&name), "{}: a name that says nothing", path.display());
    }
}
