//! The view of a run: all that its page shows, folded from the journal as it grows.
use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::document::diagnostic::Diagnostic;
use crate::experiment::definition::experiment::Experiment;
use crate::experiment::definition::plan::{self, Workload};
use crate::experiment::folder::RunFolder;
use crate::experiment::replay::fold::{Replay, ReplayError};
use crate::experiment::replay::log::begun_experiment;
use crate::experiment::replay::note::{EDITED, IMPORTED_RESULTS, SESSION};
use crate::experiment::replay::revisions::Revisions;
use crate::serve::best::Best;
use crate::serve::configurations::ConfigurationTable;
use crate::serve::follow::{Change, FollowedLine, Follower};
use crate::serve::session::SessionEvents;
use crate::serve::thin::{space_of_numbers, thin};
use crate::serve::writer::Writer;
use crate::space::Space;
use crate::store::journal::{Fault, decode_line};
use crate::store::record::{Record, Revision};
use crate::trial::TrialId;

/// The shortest time between two looks at the files.
const GLANCE: Duration = Duration::from_millis(200);
/// The time that one look reads; a longer journal is read in several, so that its page answers at once.
const SLICE: Duration = Duration::from_secs(1);
/// The time after which the writer is looked for again.
const WRITER: Duration = Duration::from_secs(2);

/// A run as its page shows it.
pub(crate) struct RunView {
    pub folder: RunFolder,
    /// The number of times that the run was read from its beginning; a reader that knows another one begins anew.
    pub epoch: u64,
    /// Grows with every change.
    pub version: u64,
    pub run: Option<Run>,
    pub session: SessionEvents,
    pub writer: Writer,
    /// The reason why the run cannot be read, or not beyond some line.
    pub fault: Option<Diagnostic>,
    /// The share of the journal that was read so far, where a look was too short for all of it.
    pub reading: Option<f64>,
    slice: Duration,
    /// True where a line of the journal is faulty: nothing behind it is read.
    is_stuck: bool,
    journal: Follower,
    revisions: Revisions,
    lines: usize,
    numbers: Space,
    looked: Option<Instant>,
    sought: Option<Instant>,
}

/// The fold over a journal.
pub(crate) struct Run {
    pub experiment: Experiment,
    pub planned: Option<Workload>,
    pub begun: Timestamp,
    /// The time of the last record.
    pub last: Timestamp,
    /// The state of the run, with the number of each configuration in its place.
    pub replay: Replay,
    pub configurations: ConfigurationTable,
    /// The place in the journal of the first and behind the last record of each trial.
    pub places: Vec<(u64, u64)>,
    /// The attempts that run, by their trials.
    pub running: BTreeMap<TrialId, RunningAttempt>,
    /// The names of the slots of this session.
    pub slots: Vec<String>,
    /// The results from elsewhere that the run learns from.
    pub imported: usize,
    pub best: Best,
}

/// An attempt that has begun and not ended, as far as the journal says.
#[derive(Clone, Debug)]
pub(crate) struct RunningAttempt {
    pub slot: String,
    pub attempt: u32,
    pub since: Timestamp,
    /// The budget that its last report says, with the cost.
    pub reached: Option<(f64, f64)>,
}

impl RunView {
    /// The view of the run in a folder, of which nothing was read yet.
    pub(crate) fn of(folder: RunFolder) -> Self {
        Self {
            session: SessionEvents::of(folder.events()),
            journal: Follower::of(folder.store().join("journal.jsonl")),
            folder,
            epoch: 0,
            version: 0,
            run: None,
            writer: Writer::None,
            fault: None,
            reading: None,
            slice: SLICE,
            is_stuck: false,
            revisions: Revisions::default(),
            lines: 0,
            numbers: space_of_numbers(),
            looked: None,
            sought: None,
        }
    }

    /// Reads what is new, however short ago it was looked at.
    pub(crate) fn refresh_now(&mut self) {
        self.looked = None;
        self.refresh();
    }

    /// Reads what is new, for about a second at most. Looks that follow each other closely are one.
    pub(crate) fn refresh(&mut self) {
        if self.reading.is_none() && self.looked.is_some_and(|looked| looked.elapsed() < GLANCE) {
            return;
        }
        let before = (self.fault.clone(), self.writer.clone());
        let mut is_new = self.session.refresh();
        match self.read() {
            Ok(has_read) => is_new |= has_read,
            // A run that has not begun has no journal yet.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.run.is_none() => self.fault = None,
            Err(error) => {
                let message = format!("`{}` cannot be read: {error}", self.journal.path().display());
                self.fault = Some(Diagnostic::new(message));
            }
        }
        if self.sought.is_none_or(|sought| sought.elapsed() >= WRITER) {
            self.writer = Writer::of(&self.folder.store().join("lock"));
            self.sought = Some(Instant::now());
        }
        if let Some(run) = &mut self.run {
            run.replay.history.mark_interrupted(self.writer == Writer::None);
            is_new |= run.best.refresh(&run.replay, &run.experiment);
        }
        self.version += u64::from(is_new || before != (self.fault.clone(), self.writer.clone()));
        self.looked = Some(Instant::now());
    }

    /// The path of the run's report, whether it is there or not.
    pub(crate) fn report(&self) -> PathBuf {
        let name = self.run.as_ref().map(|run| run.experiment.name.as_str());
        self.folder.report(name.unwrap_or_default()).join("report.html")
    }

    /// Reads new records; returns true where there were any, or where all have been read now.
    fn read(&mut self) -> io::Result<bool> {
        let (began, was_reading) = (Instant::now(), self.reading.take().is_some());
        match self.journal.look()? {
            Change::None => return Ok(was_reading),
            Change::Grown if self.is_stuck => return Ok(false),
            Change::Grown => {}
            Change::Replaced => self.begin_anew()?,
        }
        self.fault = None;
        let before = self.lines;
        let (mut is_revised, mut is_cut, mut fault) = (false, false, None);
        let slice = self.slice;
        let path = self.journal.path().display().to_string();
        let Self { journal, revisions, lines, run, numbers, folder, .. } = self;
        journal.read(u64::MAX, &mut |line: FollowedLine| {
            let place = *lines;
            let mut fail = |reason: String| {
                fault = Some(Diagnostic::new(format!("`{path}`, line {}: {reason}", place + 1)));
                ControlFlow::Break(())
            };
            let record = match decode_line(line.bytes) {
                Ok(record) => record,
                Err(reason) => return fail(in_words(&reason)),
            };
            if matches!(&record, Record::Revised(revised) if revisions.after(revised.trial, place).is_none()) {
                // What a user takes back changes the meaning of ends before it.
                is_revised = true;
                return ControlFlow::Break(());
            }
            *lines += 1;
            let place_in_file = (line.offset, line.offset + line.bytes.len() as u64);
            match (run.as_mut(), record) {
                (None, Record::Begun(begun)) => match begun_experiment(&begun, folder) {
                    Ok(experiment) => *run = Some(Run::begun(experiment, begun.at)),
                    Err(error) => return fail(error.to_string()),
                },
                (None, _) => return fail("the first record does not begin an experiment".to_owned()),
                (Some(run), record) => {
                    let revision = record.trial().and_then(|trial| revisions.after(trial, place));
                    if let Err(error) = run.take(record, revision, place_in_file, numbers) {
                        return fail(error.to_string());
                    }
                }
            }
            is_cut = began.elapsed() >= slice;
            if is_cut { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if is_revised {
            self.begin_anew()?;
            return self.read().map(|_| true);
        }
        self.is_stuck = fault.is_some();
        self.fault = fault;
        self.reading = (is_cut && !self.is_stuck).then(|| self.journal.share());
        Ok(self.lines > before || self.is_stuck || was_reading)
    }

    /// Forgets all and reads the revisions of the journal, which change the meaning of the records before them.
    fn begin_anew(&mut self) -> io::Result<()> {
        (self.run, self.is_stuck, self.lines, self.revisions) = (None, false, 0, Revisions::default());
        self.epoch += 1;
        self.journal.go_to(0);
        let mut place = 0;
        let Self { journal, revisions, .. } = self;
        journal.read(u64::MAX, &mut |line| {
            // Checksum, space, then the version: the kind is the second member.
            if line.bytes.get(9..).is_some_and(is_revision)
                && let Ok(record) = decode_line(line.bytes)
            {
                revisions.take(place, &record);
            }
            place += 1;
            ControlFlow::Continue(())
        })?;
        journal.go_to(0);
        Ok(())
    }
}

impl Run {
    fn begun(experiment: Experiment, at: Timestamp) -> Self {
        let mut replay = Replay::default();
        replay.history.set_restarts(experiment.schedule.restarts());
        Self {
            planned: planned(&experiment),
            experiment,
            begun: at,
            last: at,
            replay,
            configurations: ConfigurationTable::default(),
            places: Vec::new(),
            running: BTreeMap::new(),
            slots: Vec::new(),
            imported: 0,
            best: Best::default(),
        }
    }

    /// Takes the next record, which stands between two places of the file.
    fn take(
        &mut self,
        record: Record,
        revision: Option<Revision>,
        (start, end): (u64, u64),
        numbers: &Space,
    ) -> Result<(), ReplayError> {
        let trial = record.trial();
        match &record {
            Record::Asked(asked) => {
                self.last = asked.at;
                let known = self.replay.history.configurations().len();
                if asked.configuration_id.index() == known {
                    self.configurations.push(&self.experiment.space, |name| asked.config.get(name));
                }
                self.places.push((start, end));
                // Rungs of an earlier build had no whole numbers.
                let schedule = &mut self.experiment.schedule;
                if schedule.is_whole() && asked.budget.fract() != 0.0 {
                    *schedule = schedule.clone().exact();
                }
            }
            Record::Started(started) => {
                self.last = started.at;
                if !self.slots.contains(&started.slot) {
                    self.slots.push(started.slot.clone());
                    self.slots.sort();
                }
                let running = RunningAttempt {
                    slot: started.slot.clone(),
                    attempt: started.attempt,
                    since: started.at,
                    reached: None,
                };
                self.running.insert(started.trial, running);
            }
            Record::Reported(reported) => {
                self.last = reported.at;
                if let Some(running) = self.running.get_mut(&reported.trial) {
                    running.reached = Some((reported.budget, reported.cost));
                }
            }
            Record::Ended(ended) => {
                self.last = ended.end.at;
                if self.running.get(&ended.trial).is_some_and(|running| running.attempt <= ended.attempt) {
                    self.running.remove(&ended.trial);
                }
            }
            Record::Noted(noted) => {
                self.last = noted.at;
                self.take_note(&noted.key, &noted.value);
            }
            Record::Revised(revised) => self.last = revised.at,
            Record::Begun(_) | Record::Enqueued(_) => {}
        }
        if let Some(known) = trial.and_then(|trial| self.places.get_mut(trial.index())) {
            known.1 = end;
        }
        thin(record).map_or(Ok(()), |thin| self.replay.take(&thin, revision, numbers))
    }

    fn take_note(&mut self, key: &str, value: &serde_json::Value) {
        if key == SESSION {
            // The processes of the session before have ended with it.
            self.running.clear();
            self.slots.clear();
        } else if key == EDITED
            && let Some(text) = value.as_str()
            && let Ok(mut edited) = Experiment::with_space(text, &self.experiment.path, &self.experiment.space_text)
        {
            // Its default may be another now; the run's stays what it was.
            edited.intensifier = self.experiment.intensifier.clone();
            let restarts = edited.schedule.restarts();
            edited.schedule = self.experiment.schedule.clone().with_restarts(restarts);
            self.replay.history.set_restarts(restarts);
            self.experiment = edited;
            self.planned = planned(&self.experiment);
        } else if key.starts_with(IMPORTED_RESULTS) {
            self.imported += value["results"].as_array().map_or(0, Vec::len);
        }
    }
}

fn planned(experiment: &Experiment) -> Option<Workload> {
    plan::expected(&experiment.intensifier, &experiment.schedule, &experiment.stop)
}

/// True for the JSON text of a revision.
fn is_revision(json: &[u8]) -> bool {
    const KIND: &[u8] = b",\"kind\":\"revised\"";
    json.iter().position(|byte| *byte == b',').is_some_and(|comma| json[comma..].starts_with(KIND))
}

fn in_words(fault: &Fault) -> String {
    match fault {
        Fault::Damaged => "it is damaged; `galvani store check` says more".to_owned(),
        Fault::Newer(version) => format!("a newer galvani wrote it (records of version {version})"),
        Fault::Foreign(reason) => reason.clone(),
    }
}

#[cfg(test)]
mod tests;
