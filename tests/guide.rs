//! The guide: every command that a page shows is run, page by page, and does what the page says.
//!
//! Pages are `docs/src/**/*.md`. Commands are the lines `$ ...` of blocks marked `console`; a line that ends in `\` goes on in the
//! next. Those of a page are run one after another in one temporary folder, into which the folder `files` beside the page was
//! copied. Marks after `console`: `fails` where every command must fail, `exact` where the lines below a command are all that it
//! prints (`...` alone on a line stands for any number of lines). Blocks of other kinds (`sh`, `text`) are not run.
//! `<!-- features: simulator, tables -->` names what a page needs; in another build it is skipped, and said to be.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rayon::prelude::*;

/// Programs that pages may run beside galvani; others are shown and not run.
const HARMLESS: [&str; 5] = ["galvani", "cat", "head", "ls", "printf"];

/// Features of this build.
const FEATURES: [(&str, bool); 6] = [
    ("simulator", cfg!(feature = "simulator")),
    ("battery", cfg!(feature = "battery")),
    ("serve", cfg!(feature = "serve")),
    ("tables", cfg!(feature = "tables")),
    ("cuda", cfg!(feature = "cuda")),
    ("emulation", cfg!(feature = "emulation")),
];

/// A command of a page, and what is shown below it.
#[derive(Debug, PartialEq)]
struct ShownCommand {
    /// The number of its line, from 1.
    line: usize,
    text: String,
    fails: bool,
    /// The lines below it, where they are all that it prints.
    exact: Option<Vec<String>>,
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src")
}

/// The pages, as paths within the guide.
fn pages() -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![source()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path.strip_prefix(source()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The commands of a page, or what is wrong with its marks.
fn commands(text: &str) -> Result<Vec<ShownCommand>, String> {
    let mut found: Vec<ShownCommand> = Vec::new();
    // The marks of the block, and the number of commands before it.
    let mut block: Option<(Vec<&str>, usize)> = None;
    let mut goes_on = false;
    for (line, written) in (1..).zip(text.lines()) {
        let written = written.trim_end();
        if let Some(marks) = written.trim_start().strip_prefix("```") {
            block = match block.take() {
                Some((marks, before)) if marks[0] == "console" && found.len() == before => {
                    return Err(format!("line {line}: this block has no command: lines that begin with `$ `"));
                }
                Some(_) => None,
                None => {
                    let marks: Vec<&str> = marks.split(',').map(str::trim).collect();
                    let unknown = marks.iter().skip(1).find(|mark| !["fails", "exact"].contains(mark));
                    if let Some(mark) = unknown.filter(|_| marks[0] == "console") {
                        return Err(format!("line {line}: there is no mark `{mark}`, only `fails` and `exact`"));
                    }
                    Some((marks, found.len()))
                }
            };
            continue;
        }
        let Some((marks, before)) = block.as_ref().filter(|(marks, _)| marks[0] == "console") else { continue };
        if goes_on {
            let command = found.last_mut().expect("it goes on");
            goes_on = take_over(&mut command.text, written.trim_start_matches(['>', ' ']));
        } else if let Some(written) = written.strip_prefix("$ ") {
            let exact = marks.contains(&"exact").then(Vec::new);
            let mut command = ShownCommand { line, text: String::new(), fails: marks.contains(&"fails"), exact };
            goes_on = take_over(&mut command.text, written);
            found.push(command);
        } else if let Some(command) = found[*before..].last_mut()
            && let Some(exact) = &mut command.exact
        {
            exact.push(written.to_owned());
        }
    }
    if block.is_some() {
        return Err("a block is not closed".to_owned());
    }
    Ok(found)
}

/// Adds a line to a command; true where the next line belongs to it too.
fn take_over(command: &mut String, line: &str) -> bool {
    let whole = line.strip_suffix('\\');
    command.push_str(whole.unwrap_or(line));
    whole.is_some()
}

/// The features that a page names.
fn needed(text: &str) -> Vec<&str> {
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("<!-- features:")?.strip_suffix("-->"));
    lines.flat_map(|list| list.split([',', ' '])).filter(|name| !name.is_empty()).collect()
}

/// True where every program of a command is one of the harmless, quotes aside.
fn is_harmless(command: &str) -> bool {
    let mut quote = None;
    let bare: String = command
        .replace("2>&1", "")
        .chars()
        .filter_map(|letter| match (quote, letter) {
            (None, '\'' | '"') => {
                quote = Some(letter);
                Some('q')
            }
            (Some(open), letter) => {
                if letter == open {
                    quote = None;
                }
                None
            }
            (None, letter) => Some(letter),
        })
        .collect();
    bare.split(['|', ';', '&']).map(str::trim).filter(|part| !part.is_empty()).all(|part| {
        let program = part.split(' ').next().unwrap_or_default();
        HARMLESS.contains(&program)
    })
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Runs a command in a folder: success, and all that it prints, in order.
fn shell(folder: &Path, command: &str) -> (bool, String) {
    let binary = Path::new(env!("CARGO_BIN_EXE_galvani")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    let script = format!("set -o pipefail; {{ {command}\n}} 2>&1");
    let mut shell = Command::new("bash");
    shell.args(["-c", &script]).current_dir(folder).env("PATH", path).env("NO_COLOR", "1").stdin(Stdio::null());
    let output = shell.output().expect("bash runs");
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// True where lines are the expected ones; `...` stands for any number of lines.
fn is_like(lines: &[&str], expected: &[&str]) -> bool {
    match expected.split_first() {
        None => lines.is_empty(),
        Some((&"...", rest)) => (0..=lines.len()).any(|skipped| is_like(&lines[skipped..], rest)),
        Some((first, rest)) => lines.split_first().is_some_and(|(line, left)| line == first && is_like(left, rest)),
    }
}

/// Runs the commands of a page; its mistakes, a sentence each.
fn run(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(source().join(page)).unwrap();
    let at = |line: usize, what: String| format!("docs/src/{}:{line}: {what}", page.display());
    for feature in needed(&text) {
        match FEATURES.iter().find(|(name, _)| *name == feature) {
            None => return vec![at(1, format!("there is no feature `{feature}`"))],
            Some((_, false)) => {
                eprintln!("docs/src/{} is skipped: this build lacks the feature `{feature}`", page.display());
                return Vec::new();
            }
            Some((_, true)) => {}
        }
    }
    let commands = match commands(&text) {
        Ok(commands) => commands,
        Err(wrong) => return vec![format!("docs/src/{}: {wrong}", page.display())],
    };
    let folder = tempfile::tempdir().unwrap();
    let files = source().join(page).with_file_name("files");
    if files.is_dir() {
        copy(&files, folder.path());
    }
    let mut mistakes = Vec::new();
    for ShownCommand { line, text, fails, exact } in commands {
        if !is_harmless(&text) {
            eprintln!("{}", at(line, format!("not run: {text}")));
            continue;
        }
        let (is_success, printed) = shell(folder.path(), &text);
        if is_success == fails {
            let ended = if fails { "succeeds, and must fail" } else { "fails" };
            mistakes.push(at(line, format!("`{text}` {ended}:\n{printed}")));
            continue;
        }
        let Some(exact) = exact else { continue };
        let trimmed: Vec<&str> = printed.trim_end().lines().map(str::trim_end).collect();
        let expected: Vec<&str> = exact.iter().map(String::as_str).collect();
        let expected = &expected[..expected.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1)];
        if !is_like(&trimmed, expected) {
            mistakes.push(at(line, format!("`{text}` prints another text than shown:\n{printed}")));
        }
    }
    mistakes
}

#[test]
fn every_command_does_what_its_page_says() {
    let mistakes: Vec<String> = pages().par_iter().flat_map(|page| run(page)).collect();
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

#[test]
fn pages_are_listed_and_links_lead_somewhere() {
    let mut mistakes = Vec::new();
    let summary = fs::read_to_string(source().join("SUMMARY.md")).unwrap();
    for page in pages() {
        let name = page.to_str().unwrap();
        if name != "SUMMARY.md" && !summary.contains(&format!("({name})")) {
            mistakes.push(format!("docs/src/{name} is not in docs/src/SUMMARY.md"));
        }
        let text = fs::read_to_string(source().join(&page)).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ', '#']).next()) {
            let is_outside = target.is_empty() || target.contains("://") || target.starts_with("mailto:");
            if !is_outside && !source().join(&page).with_file_name(target).exists() {
                mistakes.push(format!("docs/src/{name}: there is no `{target}`"));
            }
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

#[test]
fn blocks_are_read_as_they_are_marked() {
    let text =
        "```console,exact\n$ galvani a \\\n>   --b\nx\n...\n```\n```sh\n$ rm\n```\n```console,fails\n$ cat c\ny\n```\n";
    let read = commands(text).unwrap();
    let command = |line, text: &str, fails, exact: Option<&[&str]>| ShownCommand {
        line,
        text: text.to_owned(),
        fails,
        exact: exact.map(|lines| lines.iter().map(|line| (*line).to_owned()).collect()),
    };
    let expected = [command(2, "galvani a --b", false, Some(&["x", "..."])), command(11, "cat c", true, None)];
    assert_eq!(read, expected);
    assert!(commands("```console,fail\n$ x\n```").unwrap_err().contains("`fail`"));
    assert!(commands("```console\nx\n```").is_err() && commands("```console\n$ x").is_err());
    assert!(is_like(&["a", "b", "c"], &["...", "c"]) && !is_like(&["a", "b"], &["a"]));
    for (command, harmless) in [
        ("galvani x | head -n 3", true),
        ("printf 'a; rm b' > c", true),
        ("cat a && rm b", false),
        ("python x.py", false),
        ("galvani new x; ls", true),
    ] {
        assert_eq!(is_harmless(command), harmless, "{command}");
    }
    assert_eq!(needed("<!-- features: simulator, tables -->\n# x"), ["simulator", "tables"]);
}
