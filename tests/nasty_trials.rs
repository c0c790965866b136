//! Whatever a trial does, `galvani run` records the right outcome, goes on, and leaves nothing running.
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;

/// The behaviour of each trial, and the outcome that it must have.
const BEHAVIOURS: [(&str, &str, &str); 13] = [
    ("good", "echo '{\"cost\": 1}'", "finished"),
    ("daemon", "(setsid sh -c 'trap \"\" TERM HUP; sleep 600; sleep 600' >/dev/null 2>&1 &)\necho '{\"cost\": 1}'", "finished"),
    ("stubborn", "trap '' TERM\nwhile true; do sleep 1; done", "timed_out"),
    ("hungry", "tail /dev/zero", "out_of_memory"),
    ("garbage", "head -c 100000 /dev/urandom", "crashed"),
    ("half", "printf '{\"cost\": 0.'", "crashed"),
    ("vanishing", "rm -rf \"$GALVANI_TRIAL_DIR\"\necho '{\"cost\": 1}'", "finished"),
    ("silent", "exit 0", "crashed"),
    ("suicidal", "kill -9 $$", "crashed"),
    ("filling", "head -c 100000000 /dev/zero > \"$GALVANI_TRIAL_DIR/file\"\nsleep 600", "crashed"),
    ("burning", "while true; do true; done", "timed_out"),
    ("infinite", "echo '{\"cost\": Infinity}'", "diverged"),
    // The device has room for a quarter of the batch.
    (
        "large",
        "if [ \"$GALVANI_MICRO_BATCH_DIVISOR\" -lt 4 ]; then echo 'torch.OutOfMemoryError: CUDA out of memory.' >&2; exit 1; fi
echo \"{\\\"cost\\\": $GALVANI_MICRO_BATCH_DIVISOR}\"",
        "finished",
    ),
];

fn galvani(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

fn write(folder: &Path, executor: &str, stop: usize, tag: &str) {
    let cases = BEHAVIOURS.map(|(name, script, _)| format!("{name})\n{script}\n;;\n")).concat();
    let program = folder.join("nasty.sh");
    fs::write(&program, format!("#!/bin/sh\ncase $1 in\n{cases}esac\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let names = BEHAVIOURS.map(|(name, ..)| format!("{name:?}")).join(", ");
    let text = format!(
        r#"(
    name: "nasty",
    search_space: (parameters: {{ "behaviour": Categorical(choices: [{names}]) }}),
    task: Command(program: "./nasty.sh", arguments: ["{{behaviour}}"], environment: {{ "NASTY": "{tag}" }}),
    executor: {executor},
    stop: (trials: {stop}),
)"#
    );
    fs::write(folder.join("nasty.ron"), text).unwrap();
}

/// The number of processes that were started with this tag and still run.
fn left(tag: &str) -> usize {
    let expected = format!("NASTY={tag}");
    let all = fs::read_dir("/proc").unwrap().flatten();
    let has = |entry: &fs::DirEntry| {
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        environment.split(|&byte| byte == 0).any(|each| each == expected.as_bytes())
    };
    all.filter(has).count()
}

fn trials(folder: &Path) -> Vec<Json> {
    let output = galvani(folder, &["trials", "nasty", "--format", "json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_nasty_trial_ends_as_what_it_is_and_the_sweep_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let tag = format!("all-{}", std::process::id());
    let executor = "Process(workers: 2, time_limit: \"30s\", cpu_time_limit: \"8s\", grace: \"500ms\", memory_limit_mib: 150, \
                    disk_limit_mib: 50)";
    write(folder.path(), executor, BEHAVIOURS.len(), &tag);
    let output = galvani(folder.path(), &["run", "nasty.ron"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(left(&tag), 0, "something of the trials still runs");
    let found: BTreeMap<String, (String, Json)> = trials(folder.path())
        .into_iter()
        .map(|trial| {
            let text = |value: &Json| value.as_str().unwrap().to_owned();
            (text(&trial["config"]["behaviour"]), (text(&trial["outcome"]), trial["trial"].clone()))
        })
        .collect();
    for (name, _, expected) in BEHAVIOURS {
        assert_eq!(found[name].0, expected, "{name}");
    }
    let show = |name: &str| {
        let output = galvani(folder.path(), &["show", "nasty", &found[name].1.to_string()]);
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(show("filling").contains("exceeded `disk_limit_mib`"), "{}", show("filling"));
    assert!(show("suicidal").contains("exit: SIGKILL"), "{}", show("suicidal"));
    // Twice out of device memory, then with a quarter of the batch at a time.
    let large = show("large");
    assert!(large.contains("attempts: 3") && large.contains("cost: 4"), "{large}");
}

#[test]
fn a_trial_that_prints_a_gigabyte_fills_neither_memory_nor_disk() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "Process(workers: 1)", 1, "chatty");
    let script = "#!/bin/sh\nhead -c 1000000000 /dev/zero\necho\necho '{\"cost\": 1}'\n";
    fs::write(folder.path().join("nasty.sh"), script).unwrap();
    let output = galvani(folder.path(), &["run", "nasty.ron"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(trials(folder.path())[0]["outcome"], "finished");
    let log = folder.path().join("runs/nasty/trials/000001/stdout.log");
    assert!(fs::metadata(log).unwrap().len() < 2_000_000);
}

#[test]
fn a_sweep_whose_first_trials_all_fail_stops_and_says_what_they_said() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "Process(workers: 2)", 13, "hopeless");
    fs::write(folder.path().join("nasty.sh"), "#!/bin/sh\necho \"no module named $1\" >&2\nexit 1\n").unwrap();
    let output = galvani(folder.path(), &["run", "nasty.ron"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("the first 5 trials all failed") && text.contains("no module named good"), "{text}");
    assert!(text.contains("hint:"), "{text}");
}

#[test]
fn a_trial_sees_the_device_of_its_slot_alone_and_no_slot_has_two_at_once() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "Process(slots: [\"gpu:0\", \"gpu:1x2\", \"cpu:1\"])", 13, "slots");
    let script = "#!/bin/sh\nmkdir \"$(dirname $0)/lock-$GALVANI_SLOT\" || exit 1\nsleep 0.2\nrmdir \"$(dirname $0)/lock-$GALVANI_SLOT\"
        echo \"{\\\"cost\\\": 1, \\\"info\\\": {\\\"sees\\\": \\\"$CUDA_VISIBLE_DEVICES\\\"}}\"\n";
    fs::write(folder.path().join("nasty.sh"), script).unwrap();
    let run = |visible: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
        command.args(["run", "nasty.ron", "--dir", &format!("runs-{visible}")]).current_dir(folder.path());
        command.env("CUDA_VISIBLE_DEVICES", visible).stdin(Stdio::null()).output().unwrap()
    };
    let output = run("7,GPU-b");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let output = galvani(folder.path(), &["trials", "runs-7,GPU-b/nasty", "--format", "json"]);
    let mut seen = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let trial: Json = serde_json::from_str(line).unwrap();
        assert_eq!(trial["outcome"], "finished", "two trials at once in {}", trial["device"]);
        seen.insert(trial["device"].as_str().unwrap().to_owned(), trial["info"]["sees"].as_str().unwrap().to_owned());
    }
    let expected = [("cpu:0", ""), ("gpu:0", "7"), ("gpu:1.0", "GPU-b"), ("gpu:1.1", "GPU-b")];
    let expected = expected.map(|(slot, sees)| (slot.to_owned(), sees.to_owned()));
    assert_eq!(seen, BTreeMap::from(expected));

    // Somebody has given us one device only.
    let output = run("7");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("there is no `gpu:1`") && text.contains("hint:"), "{text}");
}

#[test]
fn a_field_that_makes_no_sense_is_refused_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    for (executor, words) in [
        ("Process(workers: 2, slots: [\"cpu:2\"])", "`workers` and `slots`"),
        ("Process(slots: [\"tpu:0\"])", "`tpu:0` is not a slot"),
        ("Process(slots: [])", "at least 1 slot"),
        ("Process(cpu_time_limit: \"0s\")", "must be positive"),
        ("Process(disk_limit_mib: 0)", "`disk_limit_mib` must be positive"),
        ("Process(grace: \"-1s\")", "must be positive"),
    ] {
        write(folder.path(), executor, 1, "none");
        let output = galvani(folder.path(), &["check", "nasty.ron"]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{executor}: {text}");
        assert!(text.contains(words) && text.contains("hint:") && text.contains("nasty.ron:5:"), "{executor}: {text}");
    }
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Writes an experiment whose trials run a shell script with one parameter.
fn write_script(folder: &Path, script: &str, mode: &str, parameter: &str, rest: &str) {
    let program = folder.join("script.sh");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let text = format!(
        "(name: \"nasty\", search_space: (parameters: {{ {parameter} }}), task: Command(program: \"./script.sh\", {mode}), {rest})"
    );
    fs::write(folder.join("nasty.ron"), text).unwrap();
}

const X: &str = "\"x\": Float(min: 0, max: 1)";

#[test]
fn a_program_that_answers_without_the_number_of_the_trial_stops_the_run_at_once() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/programs");
    let folder = tempfile::tempdir().unwrap();
    for name in ["answers_without_trial.sh", "answers_without_trial.ron"] {
        fs::copy(fixtures.join(name), folder.path().join(name)).unwrap();
    }
    let output = galvani(folder.path(), &["run", "answers_without_trial.ron"]);
    let text = errors(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("the first 5 trials all failed") && text.contains("it answered `{\"cost\": 0.0}`"), "{text}");
    assert!(text.contains("it has no `trial`") && text.contains("`{\"trial\": 5, \"cost\": 0.3}`"), "{text}");
}

#[test]
fn an_output_without_a_cost_is_quoted_and_its_fault_is_named() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/programs");
    let folder = tempfile::tempdir().unwrap();
    let choices = "\"file\": Categorical(choices: [6, 1, 2, 3, 4, 5], default: 6)";
    let mode = "arguments: [\"{file}\"]";
    write_script(
        folder.path(),
        &format!("cat {}/output-$1.txt", fixtures.display()),
        mode,
        choices,
        "stop: (trials: 6)",
    );
    let output = galvani(folder.path(), &["run", "nasty.ron"]);
    assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
    let expected = [
        "its last line is `{\"loss\": 0.3}`: it has `loss`, but no `cost`",
        "its last line is `{'cost': 0.3}`: it is a dictionary as Python prints it",
        "its last line is `}`: the result is spread over several lines",
        "its last line is `INFO train: {\"cost\": 0.3}`: `INFO train:` stands before the object",
        "its last line is `cost=0.3`: it names `cost`, but is no JSON object",
    ];
    for trial in trials(folder.path()) {
        let shown = galvani(folder.path(), &["show", "nasty", &trial["trial"].to_string()]);
        let shown = String::from_utf8(shown.stdout).unwrap();
        match usize::try_from(trial["config"]["file"].as_u64().unwrap()).unwrap() {
            6 => assert_eq!(trial["outcome"], "diverged"),
            file => assert!(shown.contains(expected[file - 1]) && shown.contains("hint: "), "{shown}"),
        }
    }
}

#[test]
fn a_sweep_whose_trials_all_diverge_stops_and_quotes_them() {
    let folder = tempfile::tempdir().unwrap();
    write_script(folder.path(), "echo '{\"cost\": nan}'", "arguments: []", X, "stop: (trials: 30)");
    let output = galvani(folder.path(), &["run", "nasty.ron"]);
    let text = errors(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("the first 10 trials all failed") && text.contains("{\"cost\": nan}"), "{text}");
}

#[test]
fn a_result_above_the_budget_of_its_trial_is_none() {
    let persistent = "while read line; do echo \"{\\\"trial\\\": $(echo $line | sed 's/.*\"trial\": *\\([0-9]*\\).*/\\1/'), \\\"cost\\\": 1, \\\"budget\\\": 100}\"; done";
    for (script, mode) in [("echo '{\"cost\": 1, \"budget\": 100}'", "arguments: []"), (persistent, "mode: Persistent")]
    {
        let folder = tempfile::tempdir().unwrap();
        write_script(folder.path(), script, mode, X, "budget: (min: 1, max: 9), stop: (trials: 3)");
        let output = galvani(folder.path(), &["run", "nasty.ron"]);
        assert_eq!(output.status.code(), Some(1), "{}", errors(&output));
        let shown = String::from_utf8(galvani(folder.path(), &["show", "nasty", "1"]).stdout).unwrap();
        let expected = ["its result is of the budget 100, above that of the trial, 1: `{", "\"budget\": 100}`"];
        assert!(expected.iter().all(|words| shown.contains(words)), "{shown}");
    }
}

#[test]
fn numbers_beside_the_cost_are_kept_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let script = "many=''; if [ $1 = 1 ]; then for i in $(seq 100); do many=\"$many, \\\"m$i\\\": $i\"; done; fi
echo \"{\\\"cost\\\": $1, \\\"accuracy\\\": 0.9, \\\"seed\\\": 7, \\\"host\\\": \\\"a\\\"$many}\"";
    let choices = "\"x\": Ordinal(values: [1, 2, 3], default: 2)";
    write_script(folder.path(), script, "arguments: [\"{x}\"]", choices, "stop: (trials: 3)");
    let output = galvani(folder.path(), &["run", "nasty.ron"]);
    let text = errors(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(text.matches("values beside its cost that are not kept: a trial keeps 64").count(), 1, "{text}");
    let first = &trials(folder.path())[0];
    assert_eq!((&first["metrics"]["accuracy"], &first["info"]["host"]), (&Json::from(0.9), &Json::from("a")));
    let listed = |arguments: &[&str]| {
        let output = galvani(folder.path(), &[&["trials", "nasty", "--metrics"], arguments].concat());
        String::from_utf8(output.stdout).unwrap()
    };
    let table = listed(&["--top", "1"]);
    let (heads, row) = table.split_once('\n').unwrap();
    assert!(heads.contains("cost  accuracy  metric seed  m1") && row.contains("0.9"), "{table}");
    let csv = listed(&["--format", "csv"]);
    assert!(csv.lines().next().unwrap().contains(",accuracy,metric seed"), "{csv}");
    let printed = |arguments: &[&str]| String::from_utf8(galvani(folder.path(), arguments).stdout).unwrap();
    let csv = printed(&["export", "csv", "nasty"]);
    assert!(csv.lines().next().unwrap().contains(",metric accuracy,metric seed,metric m1,"), "{csv}");
    let exported: Json = serde_json::from_str(printed(&["export", "jsonl", "nasty"]).lines().next().unwrap()).unwrap();
    assert_eq!(exported["info"]["accuracy"], 0.9);
    let page = fs::read_to_string(folder.path().join("reports/nasty/report.html")).unwrap();
    assert!(page.contains("What else did the trials measure?") && page.contains(">accuracy<"), "no chapter of metrics");
    let shown = printed(&["show", "nasty", "1"]);
    assert!(
        shown.contains("info: \n  host: \"a\"\n") && shown.contains("metrics: \n  accuracy: 0.9\n  seed: 7"),
        "{shown}"
    );
}

#[test]
fn one_interruption_ends_a_run_whose_program_never_answers() {
    let folder = tempfile::tempdir().unwrap();
    write_script(folder.path(), "touch started; sleep 600", "mode: Persistent", X, "stop: (trials: 3)");
    let mut command = Command::new(env!("CARGO_BIN_EXE_galvani"));
    let mut run = command.args(["run", "nasty.ron"]).current_dir(folder.path()).stderr(Stdio::piped()).spawn().unwrap();
    while !folder.path().join("started").exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let begun = std::time::Instant::now();
    rustix::process::kill_process(rustix::process::Pid::from_child(&run), rustix::process::Signal::INT).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(130));
    assert!(begun.elapsed().as_secs() < 40, "it waited for the program");
}
