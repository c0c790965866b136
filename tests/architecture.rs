//! The house rules: imports run downward, files are short and say what they are.
use std::fs;
use std::path::{Path, PathBuf};

/// Folders of `src/` from the ground up; a file may import from lower levels, and from its own folder.
const LEVELS: [&[&str]; 8] = [
    &["numeric", "document"],
    &["space"],
    &["trial", "surrogate"],
    &["acquisition", "design", "intensifier"],
    &["optimizer", "task", "store", "analysis", "battery"],
    &["executor", "report", "exchange"],
    &["experiment"],
    &["cli", "study"],
];

/// Imports within a level that the map allows: who may use whom.
const ALLOWED: [(&str, &str); 1] = [("task", "battery")];

const LONGEST: usize = 400;

const BANNED: [&str; 8] = ["cfg", "hp", "utils", "util", "misc", "helper", "manager", "common"];

fn sources(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn level(folder: &str) -> Option<usize> {
    LEVELS.iter().position(|folders| folders.contains(&folder))
}

/// The folder of `src/` that a file is in; `None` for `lib.rs` and `main.rs`.
fn room(path: &Path) -> Option<String> {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).expect("a file of src");
    let mut parts = inside.components();
    let first = parts.next()?.as_os_str().to_str()?.to_owned();
    parts.next().map(|_| first)
}

/// The folders that a source text names after `crate::`.
fn imports(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut found = Vec::new();
    for line in code {
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            let names = rest.strip_prefix('{').map_or(rest, |list| list.split('}').next().unwrap_or(list));
            let candidates = if rest.starts_with('{') { names.split(',').collect() } else { vec![names] };
            for name in candidates {
                let name: String = name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if level(&name).is_some() {
                    found.push(name);
                }
            }
        }
    }
    found
}

fn upward(room: &str, import: &str) -> bool {
    room != import && level(import) >= level(room) && !ALLOWED.contains(&(room, import))
}

#[test]
fn imports_run_downward() {
    let mut wrong = Vec::new();
    for path in sources("src") {
        let Some(room) = room(&path) else { continue };
        assert!(level(&room).is_some(), "{}: `{room}` is not on the map", path.display());
        let text = fs::read_to_string(&path).expect("a readable file");
        for import in imports(&text) {
            if upward(&room, &import) {
                wrong.push(format!("{}: `{room}` must not import `{import}`", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_upward_import_is_noticed() {
    assert_eq!(
        imports("use crate::optimizer::Optimizer;\n// crate::cli\nuse crate::{space, trial::Trial};"),
        ["optimizer", "space", "trial"]
    );
    assert!(upward("space", "optimizer") && upward("store", "task") && !upward("optimizer", "space"));
}

#[test]
fn files_are_short() {
    let all = sources("src").into_iter().chain(sources("tests")).chain(sources("benches")).chain(sources("examples"));
    for path in all {
        let lines = fs::read_to_string(&path).expect("a readable file").lines().count();
        assert!(lines <= LONGEST, "{}: {lines} lines, at most {LONGEST}", path.display());
    }
}

#[test]
fn files_say_what_they_are() {
    for path in sources("src").into_iter().chain(sources("tests")) {
        let text = fs::read_to_string(&path).expect("a readable file");
        let first = text.lines().next().unwrap_or_default();
        let says = first.starts_with("//! ") && first.ends_with('.') && first.len() > 20;
        assert!(says, "{}: the first line says in a sentence what the file is", path.display());
    }
}

#[test]
fn names_are_in_full() {
    for path in sources("src") {
        let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
        assert!(!BANNED.contains(&name), "{}: a name that says nothing", path.display());
    }
}
