//! Adoption: attempts of an earlier session that still run where this program does not see them.
use jiff::Timestamp;

use crate::experiment::ledger::Ledger;
use crate::trial::TrialId;

impl Ledger {
    /// True where an earlier session has the end of this attempt, so that it is told again because the answer was lost.
    pub(crate) fn was_told(&self, trial: TrialId, attempt: u32) -> bool {
        self.ended_before.get(&trial) == Some(&attempt)
    }

    /// The last attempt at each trial that waits for another: where it runs elsewhere, it may be running still.
    pub(crate) fn unseen(&self) -> impl Iterator<Item = (TrialId, u32)> {
        self.waiting.iter().filter(|(_, next)| *next > 1).map(|(proposal, next)| (proposal.trial, next - 1))
    }

    /// Takes back a trial whose last attempt still runs in a slot; false where another attempt was the last.
    pub(crate) fn adopt(&mut self, trial: TrialId, attempt: u32, slot: &str, at: Timestamp) -> bool {
        let is_it = self.unseen().any(|unseen| unseen == (trial, attempt));
        if is_it && self.revive(trial, at).is_some() {
            let running = self.running.iter_mut().filter(|each| each.proposal.trial == trial);
            running.for_each(|each| slot.clone_into(&mut each.slot));
        }
        is_it
    }
}
