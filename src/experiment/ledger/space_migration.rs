//! Migration of a run into a changed search space: the trials that it keeps, and those that are set aside.
//!
//! The earlier run stays unchanged under another name. The new run begins with those of its trials that are legal in
//! the new space, under new numbers, with links to their folders and checkpoints.
use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::experiment::error::RunError;
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::evaluation_note;
use crate::experiment::replay::note::{EDITED, EVALUATION, NEW_SEEDS, VALIDATION};
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::store::Store;
use crate::store::record::{Asked, Begun, Enqueued, Mismatch, Record};
use crate::trial::{ConfigurationId, TrialId};

/// The trials of a run that go on in another space, and those that do not.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpaceMigration {
    /// New numbers of trials and configurations by the old ones.
    trials: HashMap<TrialId, TrialId>,
    configurations: HashMap<ConfigurationId, ConfigurationId>,
    /// The trials that are set aside, each with the reason.
    pub aside: Vec<(TrialId, String)>,
    records: Vec<Record>,
}

impl SpaceMigration {
    /// The records of a run, read with its own space `old`, as those of a run in the space `new`.
    ///
    /// # Errors
    /// A trial is not of the old space.
    pub(crate) fn of(records: &[Record], old: &Space, new: &Space) -> Result<Self, Mismatch> {
        let mut migration = Self::default();
        let mut owners = HashMap::new();
        for record in records {
            if let Record::Asked(asked) = record {
                let proposal = asked.proposal(old)?;
                match new.carry(old, &proposal.configuration) {
                    Ok(configuration) => migration.keep(asked, configuration, new, &mut owners),
                    Err(reason) => migration.aside.push((asked.trial, reason.message)),
                }
            } else if let Record::Enqueued(enqueued) = record {
                migration.records.extend(carried(enqueued, old, new).map(Record::Enqueued));
            } else {
                migration.keep_other(record.clone());
            }
        }
        Ok(migration)
    }

    /// The number of trials that go on.
    pub(crate) fn kept(&self) -> usize {
        self.trials.len()
    }

    /// A sentence for the user on the trials.
    pub(crate) fn summary(&self) -> String {
        let trials = |count: usize| if count == 1 { "1 trial".to_owned() } else { format!("{count} trials") };
        let are = |count: usize| if count == 1 { "is" } else { "are" };
        let mut text = format!("{} of the run before {} kept", trials(self.kept()), are(self.kept()));
        if let Some((first, reason)) = self.aside.first() {
            let many = are(self.aside.len());
            text += &format!("; {} {many} set aside, such as trial {first}: {reason}", trials(self.aside.len()));
        }
        text
    }

    /// Keeps a proposal, unless its configuration has become that of another; `owners` are the first of each.
    fn keep(
        &mut self,
        asked: &Asked,
        configuration: Configuration,
        new: &Space,
        owners: &mut HashMap<Configuration, ConfigurationId>,
    ) {
        let owner = *owners.entry(configuration.clone()).or_insert(asked.configuration_id);
        if owner != asked.configuration_id {
            self.aside.push((asked.trial, format!("it is now the same as configuration {owner}")));
            return;
        }
        let next = ConfigurationId::of_index(self.configurations.len());
        let configuration_id = *self.configurations.entry(owner).or_insert(next);
        let trial = TrialId::of_index(self.trials.len());
        self.trials.insert(asked.trial, trial);
        let named = new.named(&configuration);
        let config = named.map(|(name, value)| (name.to_owned(), value.clone())).collect();
        self.records.push(Record::Asked(Asked { trial, configuration_id, config, ..asked.clone() }));
    }

    /// Keeps any other record where its trial is kept.
    fn keep_other(&mut self, mut record: Record) {
        let number = match &mut record {
            Record::Started(started) => &mut started.trial,
            Record::Reported(reported) => &mut reported.trial,
            Record::Ended(ended) => &mut ended.trial,
            Record::Revised(revised) => &mut revised.trial,
            Record::Noted(noted) if noted.key.starts_with(EVALUATION) => {
                let number = |old| self.configurations.get(&old).copied();
                if let Some((key, value)) = evaluation_note::renumbered(&noted.value, number) {
                    (noted.key, noted.value) = (key, value);
                    self.records.push(record);
                }
                return;
            }
            Record::Noted(noted) if ![VALIDATION, NEW_SEEDS, EDITED].contains(&noted.key.as_str()) => {
                return self.records.push(record);
            }
            Record::Begun(_) | Record::Asked(_) | Record::Noted(_) | Record::Enqueued(_) => return,
        };
        if let Some(new) = self.trials.get(number) {
            *number = *new;
            self.records.push(record);
        }
    }

    /// Makes the new run in the folder; returns the folder of the earlier run.
    ///
    /// # Errors
    /// A folder cannot be written or renamed.
    pub(crate) fn perform(&self, begun: Begun, folder: &RunFolder) -> Result<PathBuf, RunError> {
        let (root, next) = (folder.root().to_owned(), next(folder));
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| RunError::Folder { path, source }
        };
        let (mut store, _) = Store::open(&RunFolder::at(next.clone()).store())?;
        let mut last = store.write(&Record::Begun(begun))?;
        for record in &self.records {
            last = store.write(record)?;
        }
        store.wait(last)?;
        drop(store);
        let new = RunFolder::at(next.clone());
        for (old, now) in &self.trials {
            link(&folder.trial(*old), &new.trial(*now)).map_err(failed(&new.trial(*now)))?;
        }
        for (old, now) in &self.configurations {
            link(&folder.checkpoint(*old), &new.checkpoint(*now)).map_err(failed(&new.checkpoint(*now)))?;
        }
        link(&folder.queue(), &new.queue()).map_err(failed(&new.queue()))?;
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let kept = (1..).map(|number| root.with_file_name(format!("{name}.{number}"))).find(|path| !path.exists());
        let kept = kept.expect("there are more numbers than folders");
        fs::rename(&root, &kept).map_err(failed(&kept))?;
        fs::rename(&next, &root).map_err(failed(&root))?;
        if let Some(runs) = root.parent().filter(|runs| !runs.as_os_str().is_empty()) {
            File::open(runs).and_then(|runs| runs.sync_all()).map_err(failed(runs))?;
        }
        Ok(kept)
    }
}

/// A configuration that was given for the old space, in the new one; `None` where it is not legal there.
fn carried(enqueued: &Enqueued, old: &Space, new: &Space) -> Option<Enqueued> {
    let named = enqueued.config.iter().map(|(name, value)| (name.as_str(), value.clone()));
    let configuration = new.carry(old, &old.configuration_of(named).ok()?).ok()?;
    let config = new.named(&configuration).map(|(name, value)| (name.to_owned(), value.clone())).collect();
    Some(Enqueued { config, ..enqueued.clone() })
}

/// Completes an interrupted migration where the earlier run has its new name already, and discards it otherwise.
pub(crate) fn settle(folder: &RunFolder) -> Result<(), RunError> {
    let next = next(folder);
    if !next.exists() {
        return Ok(());
    }
    let settled = if folder.root().exists() { fs::remove_dir_all(&next) } else { fs::rename(&next, folder.root()) };
    settled.map_err(|source| RunError::Folder { path: next, source })
}

/// The folder that the new run is made in; no experiment can have this name.
fn next(folder: &RunFolder) -> PathBuf {
    let name = folder.root().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    folder.root().with_file_name(format!(".{name}.next"))
}

/// Links a folder's files into a new one; nothing where there is none.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            link(&entry.path(), &target)?;
        } else if entry.file_type()?.is_file() {
            fs::hard_link(entry.path(), &target).or_else(|_| fs::copy(entry.path(), &target).map(|_| ()))?;
        }
    }
    Ok(())
}
