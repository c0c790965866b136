//! The map: levels of the rooms of `src/`, and levels inside the large rooms, both from the ground up.

/// Folders of `src/` from the ground up; a file may import from lower levels, and from its own folder.
pub const LEVELS: &[&[&str]] = &[
    &["numeric", "document"],
    &["space", "http"],
    &["trial", "surrogate"],
    &["acquisition", "design", "intensifier"],
    &["optimizer", "task", "store", "analysis", "battery"],
    &["executor", "report", "exchange"],
    &["fleet"],
    &["experiment"],
    &["serve"],
    &["study", "cli"],
];

/// Imports within a level that the map allows: the room that imports, and the room that it may import from.
pub const ALLOWED: &[(&str, &str)] = &[("task", "battery")];

/// The folders inside the large rooms, from the ground up. A folder may import from those before it. Files that lie in
/// the room itself are bound by the rule against circles alone.
pub const INSIDE: &[(&str, &[&str])] = &[
    (
        "battery",
        &[
            "simd",
            "cell",
            "current",
            "simulation",
            "protocol",
            "dataset",
            "measurement",
            "fit",
            "baseline",
            "model",
            "training",
            "evaluation",
        ],
    ),
    ("experiment", &["definition", "replay", "ledger", "run"]),
    ("report", &["draw", "figure", "page"]),
    ("space", &["expression", "sampling", "file"]),
];

/// The level of a room; `None` where it is not on the map.
pub fn level(room: &str) -> Option<usize> {
    LEVELS.iter().position(|rooms| rooms.contains(&room))
}

/// True where a module, given by its names below `crate`, must not import another.
pub fn is_upward(from: &[String], to: &[String]) -> bool {
    let ([room, inner @ ..], [other, target @ ..]) = (from, to) else { return false };
    if room != other {
        let is_allowed = ALLOWED.contains(&(room.as_str(), other.as_str()));
        return level(other) >= level(room) && !is_allowed;
    }
    let Some((_, folders)) = INSIDE.iter().find(|(large, _)| large == room) else { return false };
    let place = |names: &[String]| names.first().and_then(|first| folders.iter().position(|folder| folder == first));
    matches!((place(inner), place(target)), (Some(own), Some(other)) if own < other)
}

#[test]
fn an_upward_import_is_noticed() {
    let module = |path: &str| path.split("::").map(str::to_owned).collect::<Vec<_>>();
    for (from, to, is_wrong) in [
        ("space", "optimizer", true),
        ("store::record", "task", true),
        ("optimizer::model", "space::value", false),
        ("task::battery", "battery::training", false),
        ("battery::training", "task::battery", true),
        ("battery::cell::file", "battery::training::batch", true),
        ("battery::training::batch", "battery::cell::file", false),
        ("report::draw::axis", "report::figure::panel", true),
        ("experiment::ask_tell", "experiment::run", false),
    ] {
        assert_eq!(is_upward(&module(from), &module(to)), is_wrong, "{from} imports {to}");
    }
}
