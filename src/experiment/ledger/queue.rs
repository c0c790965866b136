//! The queue of a run: a folder of configurations that users add at any time, each a file, and that its ledger takes.
use std::fs;
use std::io;
use std::path::PathBuf;

use indexmap::IndexMap;
use jiff::Timestamp;

use crate::document::diagnostic::Diagnostic;
use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::space::value::Value;

/// The values of a configuration by name.
pub(crate) type NamedValues = IndexMap<String, Value>;

/// The folder `queue` of a run.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    folder: PathBuf,
}

/// A configuration that waits in the folder.
#[derive(Clone, Debug)]
pub(crate) struct QueuedConfiguration {
    /// The name of its file, without the extension.
    pub id: String,
    /// The values, or the reason why the file has none.
    pub values: Result<NamedValues, Diagnostic>,
}

impl Queue {
    /// The queue of the run in a folder.
    pub(crate) fn of(folder: &RunFolder) -> Self {
        Self { folder: folder.queue() }
    }

    /// Adds configurations in this order.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn put(&self, configurations: &[NamedValues]) -> Result<(), RunError> {
        let failed = |source: io::Error| RunError::Folder { path: self.folder.clone(), source };
        fs::create_dir_all(&self.folder).map_err(failed)?;
        let now = Timestamp::now().as_nanosecond();
        for (index, values) in configurations.iter().enumerate() {
            let id = format!("{now:020}-{}-{index:06}", std::process::id());
            let text = serde_json::to_string(values).expect("plain data becomes JSON");
            // A reader sees the whole file or none.
            let unfinished = self.folder.join(format!("{id}.tmp"));
            fs::write(&unfinished, text).map_err(failed)?;
            fs::rename(&unfinished, self.file(&id)).map_err(failed)?;
        }
        Ok(())
    }

    /// The configurations that wait, in the order in which they were added.
    pub(crate) fn waiting(&self) -> Vec<QueuedConfiguration> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut ids: Vec<String> =
            entries.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".json").map(str::to_owned)).collect();
        ids.sort_unstable();
        let read = |id: String| {
            let unreadable = |error: &dyn std::fmt::Display| Diagnostic::new(format!("it cannot be read: {error}"));
            let text = fs::read_to_string(self.file(&id)).map_err(|error| unreadable(&error));
            let values = text.and_then(|text| serde_json::from_str(&text).map_err(|error| unreadable(&error)));
            QueuedConfiguration { id, values }
        };
        ids.into_iter().map(read).collect()
    }

    /// Takes a configuration out of the folder, which the journal has now.
    pub(crate) fn remove(&self, id: &str) {
        if let Err(error) = fs::remove_file(self.file(id)) {
            // The journal knows its name, so that it is not taken twice.
            tracing::warn!(%error, id, "file of the queue not removed");
        }
    }

    /// Keeps the file of a configuration that cannot be tried, under a name that is not read again.
    pub(crate) fn refuse(&self, id: &str) -> PathBuf {
        let refused = self.folder.join(format!("{id}.refused"));
        if let Err(error) = fs::rename(self.file(id), &refused) {
            tracing::warn!(%error, id, "file of the queue not renamed");
        }
        refused
    }

    fn file(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }
}
