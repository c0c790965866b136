//! What happened to trials and is not told yet: it waits until it survives a power cut.
use std::collections::VecDeque;

use crate::experiment::run::event::Event;
use crate::trial::outcome::Outcome;
use crate::trial::{Proposal, TrialId};

/// Something that happened to a trial, with what a watcher is told of it.
#[derive(Clone, Debug)]
pub(crate) enum PendingEvent {
    Started { proposal: Proposal, attempt: u32, slot: String },
    Ended { proposal: Proposal, attempt: u32, slot: String, outcome: Outcome, seconds: f64, is_incumbent: bool },
    Retrying { trial: TrialId, divisor: Option<u32> },
}

/// PendingEvents in the order of the journal, each with the record that must be durable first.
#[derive(Debug, Default)]
pub(crate) struct PendingEvents(VecDeque<(u64, PendingEvent)>);

impl PendingEvents {
    /// Keeps a notice until the record with this number is durable.
    pub fn push(&mut self, record: u64, notice: PendingEvent) {
        self.0.push_back((record, notice));
    }

    /// The next notice that may be told, where the disk has all records up to `durable`.
    pub fn pop(&mut self, durable: u64) -> Option<PendingEvent> {
        self.0.pop_front_if(|(record, _)| *record <= durable).map(|(_, notice)| notice)
    }

    /// The record that the last notice waits for.
    pub fn last(&self) -> Option<u64> {
        self.0.back().map(|(record, _)| *record)
    }
}

impl PendingEvent {
    pub fn event(&self) -> Event<'_> {
        match self {
            Self::Started { proposal, attempt, slot } => Event::Started { proposal, attempt: *attempt, slot },
            Self::Ended { proposal, attempt, slot, outcome, seconds, is_incumbent } => Event::Ended {
                proposal,
                attempt: *attempt,
                slot,
                outcome,
                seconds: *seconds,
                is_incumbent: *is_incumbent,
            },
            Self::Retrying { trial, divisor } => Event::Retrying { trial: *trial, divisor: *divisor },
        }
    }
}
