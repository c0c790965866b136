//! Pending events: events of trials that are announced once their records survive a power cut.
use std::collections::VecDeque;

use crate::experiment::run::event::RunEvent;
use crate::store::record::Forfeit;
use crate::trial::outcome::{Outcome, OutcomeKind};
use crate::trial::recommendation::Recommendation;
use crate::trial::{Proposal, TrialId};

/// An event of a trial with everything that a watcher is told of it.
#[derive(Clone, Debug)]
pub(crate) enum PendingEvent {
    Started {
        proposal: Proposal,
        attempt: u32,
        slot: String,
    },
    Ended {
        proposal: Proposal,
        attempt: u32,
        slot: String,
        outcome: Outcome,
        seconds: f64,
        is_incumbent: bool,
        recommended: Option<Recommendation>,
    },
    Retrying {
        trial: TrialId,
        after: OutcomeKind,
        divisor: Option<u32>,
        forfeit: Option<Forfeit>,
    },
    Late {
        trial: TrialId,
        attempt: u32,
        outcome: OutcomeKind,
    },
}

/// Pending events in the order of the journal, each with the record that must be durable first.
#[derive(Debug, Default)]
pub(crate) struct PendingEvents(VecDeque<(u64, PendingEvent)>);

impl PendingEvents {
    /// Keeps an event until the record with this number is durable.
    pub(crate) fn push(&mut self, record: u64, event: PendingEvent) {
        self.0.push_back((record, event));
    }

    /// The next event that may be told, where the disk has all records up to `durable`.
    pub(crate) fn pop(&mut self, durable: u64) -> Option<PendingEvent> {
        self.0.pop_front_if(|(record, _)| *record <= durable).map(|(_, event)| event)
    }

    /// True where nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PendingEvent {
    /// The event as a watcher is told it.
    pub(crate) fn event(&self) -> RunEvent<'_> {
        match self {
            Self::Started { proposal, attempt, slot } => RunEvent::Started { proposal, attempt: *attempt, slot },
            Self::Ended { proposal, attempt, slot, outcome, seconds, is_incumbent, recommended } => RunEvent::Ended {
                proposal,
                attempt: *attempt,
                slot,
                outcome,
                seconds: *seconds,
                is_incumbent: *is_incumbent,
                recommended: recommended.as_ref(),
            },
            Self::Retrying { trial, after, divisor, forfeit } => {
                RunEvent::Retrying { trial: *trial, after: *after, divisor: *divisor, forfeit: *forfeit }
            }
            Self::Late { trial, attempt, outcome } => {
                RunEvent::Late { trial: *trial, attempt: *attempt, outcome: *outcome }
            }
        }
    }
}
