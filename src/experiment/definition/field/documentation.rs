//! Comparison of the table of fields with the doc comments of the settings: neither changes without the other.
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use super::fields;

/// The settings behind the fields below a path: a file of `src/`, and the beginning of the type's definition in it.
const TYPES: [(&str, &str, &str); 25] = [
    ("", "experiment/definition/file.rs", "struct ExperimentFile {"),
    ("budget", "experiment/definition/file.rs", "struct BudgetRange {"),
    ("search_space", "space/file/mod.rs", "pub struct SpaceFile {"),
    ("task", "experiment/definition/objective.rs", "pub enum Objective {"),
    ("task.Command", "task/command.rs", "pub struct Command {"),
    ("task.Command.mode", "task/command.rs", "pub enum Mode {"),
    ("stop", "optimizer/stop.rs", "pub struct Stop {"),
    ("executor", "experiment/definition/executor_file.rs", "pub(crate) enum ExecutorFile {"),
    ("executor.Process", "experiment/definition/execution.rs", "pub(crate) struct ProcessFields {"),
    ("executor.Slurm", "experiment/definition/slurm_fields.rs", "pub(crate) struct SlurmFields {"),
    ("optimizer", "optimizer/settings.rs", "pub struct OptimizerSettings {"),
    ("optimizer.design", "design/mod.rs", "pub enum Sampler {"),
    ("optimizer.scale", "surrogate/target.rs", "pub enum Scale {"),
    ("optimizer.intensifier", "intensifier/config.rs", "pub enum IntensifierConfig {"),
    ("optimizer.intensifier.Racing", "intensifier/racing/settings.rs", "pub struct RacingSettings {"),
    ("optimizer.pruning", "intensifier/pruning.rs", "pub struct Pruning {"),
    ("optimizer.pending", "optimizer/cost_model/conditioning.rs", "pub enum PendingTrials {"),
    ("optimizer.search", "optimizer/strategy/config.rs", "pub enum ProposalStrategyConfig {"),
    ("optimizer.search.TreeParzen", "optimizer/strategy/tree_parzen.rs", "pub struct TreeParzenSettings {"),
    (
        "optimizer.search.DifferentialEvolution",
        "optimizer/strategy/differential_evolution.rs",
        "pub struct DifferentialEvolutionSettings {",
    ),
    ("optimizer.surrogate", "optimizer/cost_model/config.rs", "pub enum SurrogateConfig {"),
    ("optimizer.surrogate.Forest", "surrogate/forest/settings.rs", "pub struct ForestSettings {"),
    (
        "optimizer.surrogate.GaussianProcess",
        "surrogate/gaussian_process/settings.rs",
        "pub struct GaussianProcessSettings {",
    ),
    ("optimizer.acquisition", "acquisition/config.rs", "pub enum AcquisitionConfig {"),
    ("optimizer.maximizer", "acquisition/maximizer.rs", "pub struct MaximizerSettings {"),
];

/// The doc comment of a member of a type, on one line; `None` where the type has no such member.
fn documented(source: &str, definition: &str, member: &str) -> Option<String> {
    let mut lines = source.lines().skip_while(|line| !line.starts_with(definition)).skip(1);
    let mut comment: Vec<&str> = Vec::new();
    for line in lines.by_ref().take_while(|line| *line != "}") {
        let Some(inner) = line.strip_prefix("    ").filter(|inner| !inner.starts_with(' ')) else { continue };
        if let Some(words) = inner.strip_prefix("///") {
            comment.push(words.trim());
        } else if !inner.starts_with("#[") {
            let inner = inner.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
            let name = inner.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next()?;
            if name == member {
                return Some(comment.join(" "));
            }
            comment.clear();
        }
    }
    None
}

/// A change of either text fails here: then both are compared, and the pairs are written anew.
#[test]
fn a_field_is_explained_as_its_doc_comment_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut pairs, mut used) = (String::new(), BTreeSet::new());
    // The rows of the battery task are there only in builds with it.
    for field in fields().filter(|field| !field.is_within("task.Battery")) {
        let parent = field.path.rsplit_once('.').map_or("", |(parent, _)| parent);
        let Some((path, file, definition)) = TYPES.iter().find(|(path, ..)| *path == parent) else { continue };
        used.insert(*path);
        let source = std::fs::read_to_string(root.join("src").join(file)).expect("a source file");
        assert!(source.lines().any(|line| line.starts_with(definition)), "{file} has no `{definition}`");
        let Some(comment) = documented(&source, definition, field.name()) else { continue };
        let _ = writeln!(pairs, "{}\n  documented: {comment}\n  explained:  {}", field.path, field.about);
    }
    assert_eq!(used.len(), TYPES.len(), "every listed type has fields in the table");
    let golden = root.join("tests/golden/explained-fields.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&golden, &pairs).expect("the golden file is written");
    }
    let known = std::fs::read_to_string(&golden).unwrap_or_default();
    let changed: Vec<&str> = pairs.lines().filter(|line| !known.lines().any(|each| each == *line)).collect();
    assert!(
        pairs == known,
        "compare the doc comment with the row of the table, then `UPDATE=1 cargo test`:\n{}",
        changed.join("\n")
    );
}
