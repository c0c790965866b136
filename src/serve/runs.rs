//! The runs that are served: those of a folder or one of them, with a summary of each for the list.
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::experiment::folder::RunFolder;
use crate::serve::run_view::RunView;
use crate::serve::snapshot::{is_live, state};

/// The views that are kept beside those that somebody watches.
const KEPT: usize = 4;
/// The time that a list may take for reading runs that have changed; the rest is read at the next one.
const PATIENCE: Duration = Duration::from_millis(300);
/// The runs that are listed.
const LISTED: usize = 1000;

/// A view that several readers share.
pub(crate) type SharedView = Arc<Mutex<RunView>>;

/// The runs in a folder, or one of them.
pub(crate) struct Runs {
    folder: PathBuf,
    only: Option<String>,
    /// The latest last.
    views: Mutex<Vec<(String, SharedView)>>,
    summaries: Mutex<HashMap<String, Summary>>,
}

/// A run's line in the list.
#[derive(Clone)]
struct Summary {
    stamp: Stamp,
    /// True where the line changes without the files: the run goes on, or not all of it was read yet.
    changes: bool,
    line: Json,
}

/// Lengths and times of a run's files, which change with it.
type Stamp = [Option<(u64, SystemTime)>; 2];

/// Locks what a panic may have left: views are read again from their files at the next change.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Runs {
    /// All runs in a folder, also those that begin later.
    pub(crate) fn of(folder: PathBuf) -> Self {
        Self { folder, only: None, views: Mutex::default(), summaries: Mutex::default() }
    }

    /// One run of a folder, also where it begins later.
    pub(crate) fn only(folder: PathBuf, name: String) -> Self {
        Self { only: Some(name), ..Self::of(folder) }
    }

    /// The view of a run by its name; `None` where it is not served.
    pub(crate) fn view(&self, name: &str) -> Option<SharedView> {
        let is_name = !name.is_empty() && !name.contains(['/', '\0']) && name != "." && name != "..";
        let is_served = match &self.only {
            Some(only) => only == name,
            None => is_name && is_run(&self.folder.join(name)),
        };
        if !is_served {
            return None;
        }
        let mut views = locked(&self.views);
        let known = views.iter().position(|(other, _)| other == name);
        let entry = known.map(|place| views.remove(place)).unwrap_or_else(|| {
            let view = RunView::of(RunFolder::of(&self.folder, name));
            (name.to_owned(), Arc::new(Mutex::new(view)))
        });
        let view = entry.1.clone();
        views.push(entry);
        // Readers hold the others.
        let mut surplus = views.iter().filter(|(_, view)| Arc::strong_count(view) == 1).count().saturating_sub(KEPT);
        views.retain(|(_, view)| {
            let goes = surplus > 0 && Arc::strong_count(view) == 1;
            surplus -= usize::from(goes);
            !goes
        });
        Some(view)
    }

    /// The names of the runs.
    fn names(&self) -> Vec<String> {
        match &self.only {
            Some(only) => vec![only.clone()],
            None => {
                let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
                let runs = entries.filter(|entry| is_run(&entry.path()));
                runs.filter_map(|entry| entry.file_name().into_string().ok()).collect()
            }
        }
    }

    /// The list of runs, those that changed last first; `is_partial` where not all were read yet.
    pub(crate) fn list(&self) -> Json {
        let began = Instant::now();
        let names = self.names();
        let mut is_partial = false;
        let lines = names.iter().map(|name| {
            let root = self.folder.join(name);
            let stamp = stamp(&root);
            let known = locked(&self.summaries).get(name).cloned();
            let is_current = |summary: &Summary| summary.stamp == stamp && !summary.changes;
            if let Some(summary) = known.as_ref().filter(|summary| is_current(summary)) {
                return summary.line.clone();
            }
            if began.elapsed() > PATIENCE {
                is_partial = true;
                return known.map_or_else(|| json!({ "name": name, "state": "reading" }), |summary| summary.line);
            }
            let Some(view) = self.view(name) else { return json!({ "name": name, "state": "gone" }) };
            let mut view = locked(&view);
            view.refresh();
            let line = summary(&view, name);
            is_partial |= view.reading.is_some();
            let changes = view.reading.is_some() || is_live(&view, Timestamp::now());
            let summary = Summary { stamp, changes, line: line.clone() };
            locked(&self.summaries).insert(name.clone(), summary);
            line
        });
        let mut lines: Vec<Json> = lines.collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line["last"].as_i64()));
        locked(&self.summaries).retain(|name, _| names.contains(name));
        let all = lines.len();
        lines.truncate(LISTED);
        json!({
            "folder": self.folder.display().to_string(),
            "all": all,
            "is_partial": is_partial,
            "now": Timestamp::now().as_millisecond(),
            "runs": lines,
        })
    }

    /// The number of runs.
    pub(crate) fn count(&self) -> usize {
        self.names().len()
    }
}

/// True for the folder of a run.
fn is_run(folder: &Path) -> bool {
    folder.join("store").is_dir()
}

fn stamp(root: &Path) -> Stamp {
    ["store/journal.jsonl", "events.jsonl"].map(|name| {
        let file = fs::metadata(root.join(name)).ok()?;
        Some((file.len(), file.modified().ok()?))
    })
}

fn summary(view: &RunView, name: &str) -> Json {
    let now = Timestamp::now();
    let mut line = json!({
        "name": name,
        "state": state(view, now),
        "fault": view.fault.as_ref().map(|fault| fault.message.clone()),
    });
    let Some(run) = &view.run else { return line };
    let history = &run.replay.history;
    let several = run.experiment.objectives();
    let best = run.best.recommended.filter(|_| several.is_empty()).map(|best| best.turned(run.experiment.direction()));
    line["ended"] = history.ended().len().into();
    line["asked"] = history.trials().len().into();
    line["planned"] = view.session.planned.or(run.planned.map(|planned| planned.trials.into())).into();
    line["best"] = json!(best.map(|best| best.cost));
    line["best_budget"] = json!(best.map(|best| best.budget.amount()));
    line["front"] = json!((!several.is_empty()).then_some(run.best.members));
    line["unit"] = run.experiment.unit.clone().into();
    line["begun"] = run.begun.as_millisecond().into();
    line["last"] = run.last.as_millisecond().into();
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_a_run_of_the_folder_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        for path in ["runs/a/store", "runs/<b>/store", "runs/c", "store", "other/store"] {
            fs::create_dir_all(folder.path().join(path)).unwrap();
        }
        let all = Runs::of(runs.clone());
        for (name, expected) in
            [("a", true), ("<b>", true), ("c", false), ("", false), (".", false), ("..", false), ("../other", false)]
        {
            assert_eq!(all.view(name).is_some(), expected, "{name}");
        }
        let one = Runs::only(runs, "later".into());
        assert!(one.view("later").is_some() && one.view("a").is_none());
        assert_eq!((all.count(), one.count()), (2, 1));
        let list = all.list();
        assert_eq!((list["runs"].as_array().unwrap().len(), &list["runs"][0]["state"]), (2, &json!("not begun")));
    }

    #[test]
    fn few_views_are_kept_beside_those_that_are_watched() {
        let folder = tempfile::tempdir().unwrap();
        (0..20).for_each(|run| fs::create_dir_all(folder.path().join(format!("{run}/store"))).unwrap());
        let runs = Runs::of(folder.path().to_owned());
        let watched = runs.view("0").unwrap();
        (1..20).for_each(|run| drop(runs.view(&run.to_string())));
        assert!(locked(&runs.views).len() <= KEPT + 2);
        assert!(Arc::ptr_eq(&watched, &runs.view("0").unwrap()));
    }
}
