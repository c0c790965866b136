//! The job array of a run: keeps as many workers as are wanted, and counts those that end.
use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use crate::document::diagnostic::Diagnostic;
use crate::executor::slurm::client::{Reply, SlurmClient};
use crate::executor::slurm::event::ArrayEvent;
use crate::executor::slurm::notebook::{ArrayNote, Notebook};
use crate::executor::slurm::queue::{self, Element, ElementId};
use crate::executor::slurm::settings::SlurmSettings;
use crate::executor::slurm::{cancellation, death, refusal, submission};

/// The number of refusals in a row after which a run without workers ends.
const REFUSALS: u32 = 10;

/// States of workers that ended for the cluster's reasons, before they could take a trial.
const BLAMELESS: [&str; 2] = ["NODE_FAIL", "PREEMPTED"];

/// The workers of a run, as elements of job arrays that all have one name.
///
/// All calls may block while Slurm answers, for a minute at most each.
#[derive(Debug)]
pub struct WorkerArray {
    settings: SlurmSettings,
    /// The number of workers at most.
    workers: usize,
    folder: PathBuf,
    client: SlurmClient,
    notebook: Notebook,
    /// Elements that are in the queue or were submitted since the last look.
    known: BTreeMap<ElementId, Element>,
    /// Workers that ran when it was last told.
    running: usize,
    /// The last look, whether it was answered or not.
    looked: Option<Instant>,
    /// True until the first submission of a run that has never submitted: nothing of it can be in the queue.
    is_new: bool,
    is_reachable: bool,
    /// Workers that have ever been connected.
    connected: HashSet<String>,
    /// Workers that ended without having been connected, since the last one was.
    deaths: usize,
    refusals: u32,
}

impl WorkerArray {
    /// The array of the run `run`, with its notes and the workers' output in `folder`; nothing is submitted yet.
    ///
    /// `command` is the absolute path of a program and its arguments, which each worker runs with a name behind them.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn open(
        settings: SlurmSettings,
        workers: usize,
        folder: PathBuf,
        run: &str,
        command: &[OsString],
        client: SlurmClient,
    ) -> Result<Self, Diagnostic> {
        let script = submission::script_path(&folder);
        fs::create_dir_all(&folder).and_then(|()| fs::write(&script, submission::script(command))).map_err(
            |error| {
                let wrong = Diagnostic::new(format!("`{}` cannot be written: {error}", script.display()));
                wrong.hint("Slurm needs a folder of a file system that all nodes share")
            },
        )?;
        let (notebook, is_new) = Notebook::open(&folder, run)?;
        let (known, connected) = (BTreeMap::new(), HashSet::new());
        let (looked, is_reachable, deaths, refusals) = (None, true, 0, 0);
        Ok(Self {
            settings,
            workers,
            folder,
            client,
            notebook,
            known,
            running: 0,
            looked,
            is_new,
            is_reachable,
            connected,
            deaths,
            refusals,
        })
    }

    /// The name of its jobs.
    pub fn name(&self) -> &str {
        &self.notebook.name
    }

    /// The elements that are in the queue, as the last look found them.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.known.values()
    }

    /// Looks at the queue where that is due, and submits what is missing of `wanted` workers; `connected` names those that
    /// talk to the coordinator.
    ///
    /// # Errors
    /// No worker can be had: Slurm refuses all of them, or they end before they take a trial.
    pub fn tend(&mut self, now: Instant, wanted: usize, connected: &[String]) -> Result<Vec<ArrayEvent>, Diagnostic> {
        let mut events = Vec::new();
        for name in connected {
            if self.connected.insert(name.clone()) {
                self.deaths = 0;
            }
        }
        if !self.is_new {
            let is_due = self.looked.is_none_or(|at| now.saturating_duration_since(at) >= self.settings.poll);
            if !is_due || !self.look(now, &mut events)? {
                return Ok(events);
            }
        }
        let missing = wanted.min(self.workers).saturating_sub(self.serving());
        if missing > 0 {
            if self.deaths >= (2 * self.workers).max(3) {
                return Err(death::died(self.deaths, self.name(), &self.folder));
            }
            self.submit(missing, &mut events)?;
        }
        Ok(events)
    }

    /// The number of workers that run or will.
    fn serving(&self) -> usize {
        self.known.values().filter(|element| element.is_serving()).count()
    }

    /// Looks at the queue; false where nobody answered.
    fn look(&mut self, now: Instant, events: &mut Vec<ArrayEvent>) -> Result<bool, Diagnostic> {
        self.looked = Some(now);
        let text = match self.client.call("squeue", &queue::arguments(self.name()))? {
            Reply::Done { output, .. } => output,
            // A refusal says nothing about the jobs either.
            Reply::Refused(words) | Reply::Silence(words) => {
                self.unreachable(words, events);
                return Ok(false);
            }
        };
        if !self.is_reachable {
            self.is_reachable = true;
            events.push(ArrayEvent::Reachable);
        }
        let mut listed: BTreeMap<ElementId, Element> =
            queue::read(&text).into_iter().map(|element| (element.id, element)).collect();
        for id in self.known.keys().copied().collect::<Vec<_>>() {
            // Slurm forgets jobs that have ended: an absent one has, too.
            let state = match listed.get(&id) {
                Some(element) if element.is_present() => continue,
                Some(element) => element.state.clone(),
                None => "gone from the queue".to_owned(),
            };
            self.known.remove(&id);
            self.deaths += usize::from(self.is_death(id, &state));
            events.push(ArrayEvent::Ended { element: id, state });
        }
        // One that is ending already, and was not this session's, is of no use to it.
        listed.retain(|id, element| element.is_serving() || element.is_present() && self.known.contains_key(id));
        self.adopt(&listed, events)?;
        self.known.append(&mut listed);
        self.cancel_surplus(events)?;
        self.tell_running(events);
        Ok(true)
    }

    /// Tells where workers run and wait, when their number has changed.
    fn tell_running(&mut self, events: &mut Vec<ArrayEvent>) {
        let running: Vec<&Element> = self.known.values().filter(|element| element.is_running()).collect();
        if running.len() == self.running {
            return;
        }
        let waiting: Vec<&Element> =
            self.known.values().filter(|element| element.is_serving() && !element.is_running()).collect();
        let nodes: HashSet<&str> = running.iter().map(|element| element.node.as_str()).collect();
        events.push(ArrayEvent::Running {
            workers: running.len(),
            nodes: nodes.len(),
            waiting: waiting.len(),
            reason: waiting.first().map(|element| element.reason.clone()).unwrap_or_default(),
            longest_wait: running.iter().filter_map(|element| element.waited).max(),
        });
        self.running = running.len();
    }

    /// True where a worker has ended through no fault of the cluster before it was ever connected.
    fn is_death(&self, id: ElementId, state: &str) -> bool {
        !self.connected.contains(&id.worker()) && !BLAMELESS.contains(&state)
    }

    /// Notes arrays that the queue has under this run's name and that this session did not submit.
    fn adopt(&mut self, listed: &BTreeMap<ElementId, Element>, events: &mut Vec<ArrayEvent>) -> Result<(), Diagnostic> {
        let mut found: BTreeMap<u64, usize> = BTreeMap::new();
        for id in listed.keys().filter(|id| !self.known.contains_key(id)) {
            *found.entry(id.job).or_default() += 1;
        }
        for (job, workers) in found {
            if !self.notebook.arrays.iter().any(|array| array.job == job) {
                self.note(ArrayNote { job, workers })?;
            }
            events.push(ArrayEvent::Found { job, workers });
        }
        Ok(())
    }

    /// Cancels what a submission that came late has brought beyond the number asked for: those that wait first, then the newest.
    fn cancel_surplus(&mut self, events: &mut Vec<ArrayEvent>) -> Result<(), Diagnostic> {
        let surplus = self.serving().saturating_sub(self.workers);
        if surplus == 0 {
            return Ok(());
        }
        let mut serving: Vec<&Element> = self.known.values().filter(|element| element.is_serving()).collect();
        serving.sort_by_key(|element| (element.is_running(), std::cmp::Reverse(element.id)));
        let ids: Vec<ElementId> = serving.into_iter().take(surplus).map(|element| element.id).collect();
        let words: Vec<OsString> = ids.iter().map(|id| id.to_string().into()).collect();
        // Where this fails the next look finds the surplus again.
        self.client.call("scancel", &words)?;
        ids.iter().for_each(|id| drop(self.known.remove(id)));
        events.push(ArrayEvent::Surplus(surplus));
        Ok(())
    }

    fn submit(&mut self, workers: usize, events: &mut Vec<ArrayEvent>) -> Result<(), Diagnostic> {
        let arguments = submission::arguments(&self.settings, self.name(), workers, &self.folder);
        // From here on something may be in the queue, whatever the answer.
        self.is_new = false;
        match self.client.call("sbatch", &arguments)? {
            Reply::Done { output, remarks } => {
                let first = output.lines().next().unwrap_or_default();
                let Ok(job) = first.split(';').next().unwrap_or_default().trim().parse() else {
                    self.unreachable(format!("sbatch printed no job's number: {output}{remarks}"), events);
                    return Ok(());
                };
                self.refusals = 0;
                self.note(ArrayNote { job, workers })?;
                for index in 0..workers {
                    let id = ElementId { job, index };
                    self.known.insert(id, Element::submitted(id));
                }
                events.push(ArrayEvent::Submitted { job, workers });
            }
            Reply::Silence(words) => self.unreachable(words, events),
            Reply::Refused(words) => {
                self.refusals += 1;
                let has_workers = !self.known.is_empty();
                let is_first = self.notebook.arrays.is_empty();
                if !has_workers && (is_first || self.refusals >= REFUSALS) {
                    return Err(refusal::refused("sbatch", &words));
                }
                if self.refusals == 1 {
                    events.push(ArrayEvent::Refused(words));
                }
            }
        }
        Ok(())
    }

    /// Tells once that nobody answers.
    fn unreachable(&mut self, words: String, events: &mut Vec<ArrayEvent>) {
        if self.is_reachable {
            self.is_reachable = false;
            events.push(ArrayEvent::Unreachable(words));
        }
    }

    fn note(&mut self, array: ArrayNote) -> Result<(), Diagnostic> {
        self.notebook.arrays.push(array);
        self.notebook.write(&self.folder).map_err(|error| {
            let wrong = Diagnostic::new(format!("`{}` cannot be written: {error}", self.folder.display()));
            wrong.hint(format!("its jobs are cancelled by `scancel --name={}`", self.name()))
        })
    }

    /// Cancels every job of the run, and returns when none is left; else the sentence that says so.
    pub fn cancel(&mut self) -> Option<String> {
        self.known.clear();
        if self.is_new {
            return None;
        }
        cancellation::cancel(&self.client, self.name())
    }
}
