//! Tests of the fleet: leases, losses, and what comes late, without a network.
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::executor::job::{JobEvent, JobId, WorkerEvent};
use crate::executor::scripted::sample_launch;
use crate::fleet::protocol::{Commands, Grant, HeldLease, Poll, SentLaunch, Tell, ToldEvent, ToldKind};
use crate::fleet::result_file::ResultFolder;
use crate::fleet::state::{Fleet, Signal};
use crate::store::record::{AttemptEnd, Forfeit};
use crate::trial::TrialId;
use crate::trial::outcome::Outcome;

const LEASE: Duration = Duration::from_secs(100);

fn fleet() -> (Fleet, Receiver<Signal>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (sender, events) = channel();
    let results = ResultFolder::beside(&folder.path().join("coordinator.json"));
    (Fleet::new(LEASE, None, 3, results, sender), events, folder)
}

fn job(trial: u32) -> JobId {
    JobId::Trial { trial: TrialId(trial), attempt: 1 }
}

fn sent(trial: u32) -> SentLaunch {
    SentLaunch::of(&sample_launch(trial), Duration::from_secs(5)).unwrap()
}

fn poll(instance: &str, held: &[&Grant]) -> Poll {
    let held = held.iter().map(|grant| HeldLease {
        lease: grant.lease,
        job: grant.launch.job.clone(),
        slot: grant.slot.clone(),
    });
    Poll {
        instance: instance.into(),
        name: instance.to_uppercase(),
        host: "here".into(),
        slots: vec!["cpu:0".into(), "cpu:1".into()],
        time_left: None,
        held: held.collect(),
        is_draining: false,
        is_leaving: false,
    }
}

fn commands(fleet: &mut Fleet, poll: Poll) -> Commands {
    let instance = poll.instance.clone();
    fleet.announce(poll);
    fleet.commands(&instance)
}

fn end(outcome: Outcome) -> AttemptEnd {
    let at = jiff::Timestamp::UNIX_EPOCH;
    AttemptEnd {
        outcome,
        info: serde_json::Map::new(),
        slot: "cpu:9".into(),
        started: at,
        at,
        seconds: 1.0,
        cpu_seconds: 1.0,
        peak_memory: 0,
        exit: "exit code 0".into(),
        forfeit: None,
    }
}

/// Tells the end of a granted job; true where the answer waits for the disk.
fn tell(fleet: &mut Fleet, instance: &str, grant: &Grant, cost: f64) -> bool {
    let event = ToldKind::Ended(Box::new(end(Outcome::of_cost(cost))));
    let events = vec![ToldEvent { lease: grant.lease, job: grant.launch.job.clone(), event }];
    let (_, waiting) = fleet.tell(Tell { instance: instance.into(), events });
    !waiting.is_empty()
}

/// The jobs that have ended, with their costs and forfeits, and the names of workers that have left.
fn ended(events: &Receiver<Signal>) -> Vec<(String, Option<f64>, Option<Forfeit>)> {
    let seen = events.try_iter().filter_map(|signal| match signal {
        Some(JobEvent::Ended { job, end }) => Some((job.to_string(), end.outcome.cost(), end.forfeit)),
        Some(JobEvent::Worker(WorkerEvent::Left { name, .. })) => Some((name, None, None)),
        _ => None,
    });
    seen.collect()
}

#[test]
fn a_grant_waits_for_the_disk_and_is_sent_until_it_arrives() {
    let (mut fleet, events, _folder) = fleet();
    assert_eq!(fleet.idle(), 0);
    assert!(commands(&mut fleet, poll("a", &[])).is_empty());
    assert_eq!(fleet.idle(), 2);
    assert_eq!(fleet.assign(sent(1), 0, false).as_deref(), Some("A/cpu:0"));
    assert!(commands(&mut fleet, poll("a", &[])).is_empty(), "its record is not durable");
    fleet.confirm(&job(1));
    let first = commands(&mut fleet, poll("a", &[]));
    // The answer was lost: the worker does not hold it.
    let again = commands(&mut fleet, poll("a", &[]));
    assert_eq!((first.grants.len(), &first), (1, &again));
    let grant = &again.grants[0];
    assert!(commands(&mut fleet, poll("a", &[grant])).is_empty());
    assert_eq!(grant.lease >> 32, 3, "the session is a part of the number");

    assert!(tell(&mut fleet, "a", grant, 0.5));
    assert!(tell(&mut fleet, "a", grant, 0.5), "it is not durable yet");
    fleet.acknowledge(&job(1));
    assert!(!tell(&mut fleet, "a", grant, 0.7), "it was told");
    assert_eq!(ended(&events), [("1.1".to_owned(), Some(0.5), None)]);
    assert_eq!(fleet.idle(), 2);
}

#[test]
fn a_silent_worker_loses_its_leases_and_is_late() {
    let (mut fleet, events, _folder) = fleet();
    commands(&mut fleet, poll("a", &[]));
    fleet.assign(sent(1), 0, true);
    let grant = commands(&mut fleet, poll("a", &[])).grants.remove(0);
    fleet.look();
    assert!(ended(&events).is_empty());
    let long_ago = Instant::now().checked_sub(LEASE + Duration::from_secs(1)).unwrap();
    fleet.workers.get_mut("a").unwrap().seen = long_ago;
    // A process that was stopped itself has heard of nobody.
    fleet.looked = long_ago;
    fleet.look();
    assert!(ended(&events).is_empty());
    fleet.workers.get_mut("a").unwrap().seen = long_ago;
    fleet.look();
    let lost = [("1.1".to_owned(), None, Some(Forfeit::Expired)), ("A".to_owned(), None, None)];
    assert_eq!(ended(&events), lost);
    // It comes back: what it has is not its any more, and what becomes of it is passed on for the journal alone.
    assert_eq!(commands(&mut fleet, poll("a", &[&grant])).lost, [grant.lease]);
    assert!(tell(&mut fleet, "a", &grant, 0.1));
    assert_eq!(ended(&events), [("1.1".to_owned(), Some(0.1), None)]);
    assert_eq!(fleet.idle(), 2);
}

#[test]
fn what_an_earlier_session_gave_away_is_taken_back() {
    let (mut fleet, events, _folder) = fleet();
    let grant = |trial: u32| Grant { lease: u64::from(trial), slot: "cpu:1".into(), launch: sent(trial) };
    fleet.expected.extend([job(1), job(2), job(3)]);
    fleet.hold = Some(Instant::now() + LEASE);
    let answer = commands(&mut fleet, poll("a", &[&grant(1), &grant(9)]));
    assert_eq!(answer.lost, [9]);
    assert_eq!(fleet.idle(), 0, "others may still say what they have");
    // Told before any poll.
    assert!(tell(&mut fleet, "b", &grant(2), 0.2));
    fleet.results.keep(&job(3), &end(Outcome::of_cost(0.3))).unwrap();
    fleet.look();
    assert_eq!(fleet.idle(), 0);
    fleet.hold = Some(Instant::now());
    fleet.look();
    let adopted = |signal: Signal| match signal {
        Some(JobEvent::Adopted { job, .. }) => Some(job),
        _ => None,
    };
    assert_eq!(fleet.idle(), 0, "the run would start again what it has not heard of");
    let all: Vec<Signal> = events.try_iter().collect();
    all.iter().flatten().for_each(|event| fleet.heard(event));
    let ends = all.iter().filter(|signal| matches!(signal, Some(JobEvent::Ended { .. }))).count();
    assert_eq!(ends, 2);
    assert_eq!(all.into_iter().filter_map(adopted).collect::<Vec<_>>(), [job(1), job(2), job(3)]);
    assert_eq!(fleet.idle(), 1);
}

#[test]
fn workers_that_leave_or_lack_time_are_given_nothing() {
    let (mut fleet, events, _folder) = fleet();
    fleet.longest = Some(Duration::from_secs(60));
    for (left, is_over, idle) in [(Some(30.0), true, 0), (Some(3600.0), false, 2), (Some(1e300), false, 2)] {
        let answer = commands(&mut fleet, Poll { time_left: left, ..poll("a", &[]) });
        assert_eq!((answer.is_over, fleet.idle()), (is_over, idle), "{left:?}");
        commands(&mut fleet, Poll { is_leaving: true, ..poll("a", &[]) });
        assert_eq!(ended(&events), [("A".to_owned(), None, None)]);
    }
    commands(&mut fleet, Poll { is_draining: true, ..poll("a", &[]) });
    assert_eq!(fleet.idle(), 0);
    commands(&mut fleet, poll("b", &[]));
    fleet.assign(sent(1), 0, true);
    fleet.cancel(|_| true);
    assert_eq!(ended(&events), [("1.1".to_owned(), None, None)], "no worker had it yet");
    fleet.assign(sent(2), 0, true);
    let grant = commands(&mut fleet, poll("b", &[])).grants.remove(0);
    fleet.cancel(|each| *each == job(2));
    assert_eq!(commands(&mut fleet, poll("b", &[&grant])).cancel, [grant.lease]);
    commands(&mut fleet, Poll { is_leaving: true, ..poll("b", &[]) });
    assert_eq!(ended(&events)[0], ("2.1".to_owned(), None, Some(Forfeit::Released)));
}
