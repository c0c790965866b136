//! Cancellation of all jobs of a run: asked for by name, and confirmed by the queue, as the exit code of `scancel` proves nothing.
use std::ffi::OsString;
use std::thread;
use std::time::Duration;

use crate::executor::slurm::client::{Reply, SlurmClient};
use crate::executor::slurm::queue::{self, Element};

/// The pauses between looks at the queue, in milliseconds: most jobs end at once, and a few after the site's `KillWait`.
const PAUSES: [u64; 10] = [200, 300, 500, 1000, 2000, 4000, 8000, 15_000, 30_000, 30_000];

/// The round from which on jobs that are only ending are not waited for.
const ENOUGH: usize = 7;

/// Cancels the jobs with a name; a sentence where some are left, or nobody says.
pub(super) fn cancel(client: &SlurmClient, name: &str) -> Option<String> {
    let by_hand = format!("cancel what is left by hand: `scancel --name={name}`");
    let mut doubt = String::new();
    let mut silences = 0;
    for (round, pause) in PAUSES.into_iter().enumerate() {
        let asked = client.call("scancel", &[OsString::from(format!("--name={name}"))]);
        thread::sleep(Duration::from_millis(pause));
        match asked.and_then(|_| client.call("squeue", &queue::arguments(name))) {
            Ok(Reply::Done { output, .. }) => {
                let elements = queue::read(&output);
                let left = elements.iter().filter(|element| element.is_present()).count();
                // Slurm shows a job on a node that is dead as ending until it gives the node up, minutes later.
                let is_only_ending = !elements.iter().any(Element::is_serving);
                if left == 0 || is_only_ending && round >= ENOUGH {
                    return None;
                }
                doubt = format!("{left} jobs are not ended yet");
            }
            Ok(Reply::Refused(words) | Reply::Silence(words)) => {
                doubt = format!("Slurm does not say whether the workers are cancelled: {words}");
                silences += 1;
                // Each silence takes a quarter of a minute or more, and nobody waits for ever.
                if silences == 4 {
                    break;
                }
            }
            Err(missing) => return Some(format!("{missing}; {by_hand}")),
        }
    }
    Some(format!("{doubt}; {by_hand}"))
}
