//! Lines of `squeue`: the elements of the job array and their states, read by field.
use std::ffi::OsString;
use std::time::Duration;

use jiff::civil::DateTime;

/// The fields of a line: array, index, state, node, submission, start, reason. The last may have any letters.
const FORMAT: &str = "%F|%K|%T|%N|%V|%S|%r";

/// States after which an element never runs again.
const OVER: [&str; 13] = [
    "BOOT_FAIL",
    "CANCELLED",
    "COMPLETED",
    "DEADLINE",
    "FAILED",
    "LAUNCH_FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "RECONFIG_FAIL",
    "REVOKED",
    "SPECIAL_EXIT",
    "TIMEOUT",
];

/// One element of a job array: the job of one worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ElementId {
    pub job: u64,
    pub index: usize,
}

impl ElementId {
    /// The name of its worker, as the script gives it.
    pub fn worker(&self) -> String {
        format!("slurm-{self}")
    }
}

impl std::fmt::Display for ElementId {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(out, "{}_{}", self.job, self.index)
    }
}

/// The present of an element, as the queue shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    pub id: ElementId,
    /// Slurm's word, such as `RUNNING`.
    pub state: String,
    /// Empty while it waits.
    pub node: String,
    /// The time from its submission to its start, once it has started.
    pub waited: Option<Duration>,
    /// Slurm's reason why it waits, such as `Resources`.
    pub reason: String,
}

impl Element {
    /// An element that was submitted and that no look has found yet.
    pub(super) fn submitted(id: ElementId) -> Self {
        Self { id, state: "PENDING".to_owned(), node: String::new(), waited: None, reason: String::new() }
    }

    /// True where the worker runs, will run, or is just ending.
    pub fn is_present(&self) -> bool {
        !OVER.contains(&self.state.as_str())
    }

    /// True where the worker runs or will run.
    pub fn is_serving(&self) -> bool {
        self.is_present() && self.state != "COMPLETING"
    }

    /// True where the worker has a node.
    pub fn is_running(&self) -> bool {
        self.state == "RUNNING"
    }
}

/// The arguments of `squeue` for all elements of the arrays with a name, those that are over too.
///
/// A name that nobody has gives no line and no error, where a job's number that is unknown is an error.
pub(super) fn arguments(name: &str) -> Vec<OsString> {
    ["-h", "-r", "-t", "all", "-n", name, "-o", FORMAT].map(OsString::from).into()
}

/// The elements that the lines list; a line of another form, such as a cluster's heading, is none.
pub(super) fn read(text: &str) -> Vec<Element> {
    text.lines().filter_map(element).collect()
}

fn element(line: &str) -> Option<Element> {
    let mut fields = line.splitn(7, '|').map(str::trim);
    let mut next = || fields.next();
    let id = ElementId { job: next()?.parse().ok()?, index: next()?.parse().ok()? };
    let (state, node, submitted, started) = (next()?.to_owned(), next()?.to_owned(), next()?, next()?);
    let reason = next()?.to_owned();
    let waited = match state.as_str() {
        // The start of an element that waits is a forecast.
        "PENDING" => None,
        _ => span(submitted, started),
    };
    Some(Element { id, state, node, waited, reason })
}

/// The time between two moments of the cluster's clock; `None` where one of them is not known.
fn span(from: &str, to: &str) -> Option<Duration> {
    let (from, to): (DateTime, DateTime) = (from.parse().ok()?, to.parse().ok()?);
    Duration::try_from(to.duration_since(from)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_by_field() {
        let text = "CLUSTER: one\n\
            12|0|RUNNING|n1|2026-01-02T10:00:00|2026-01-02T10:01:30|None\n\
            12|1|PENDING||2026-01-02T10:00:00|2026-01-02T11:00:00|(Nodes required | DOWN)\n\
            12|2|COMPLETING|n2|2026-01-02T10:00:00|N/A|None\n\
            12|3|NODE_FAIL|n2|x|y|None\n\
            13|N/A|RUNNING|n1|a|b|None\n\
            not a line\n";
        let found = read(text);
        let short: Vec<_> =
            found.iter().map(|each| (each.id.to_string(), each.is_present(), each.is_serving())).collect();
        let expected = [("12_0", true, true), ("12_1", true, true), ("12_2", true, false), ("12_3", false, false)];
        assert_eq!(short, expected.map(|(id, present, serving)| (id.to_owned(), present, serving)));
        assert_eq!(found[0].waited, Some(Duration::from_secs(90)));
        assert_eq!((found[1].waited, found[1].reason.as_str()), (None, "(Nodes required | DOWN)"));
        assert!(found[0].is_running() && !found[1].is_running());
    }
}
