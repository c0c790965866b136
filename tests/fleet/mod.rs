//! A fleet of simulated workers around the optimizer: durations, crashes and losses at random, on a clock of its own.
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::{Duration, Instant};

use galvani::intensifier::config::IntensifierConfig;
use galvani::intensifier::racing;
use galvani::numeric::stream::Stream;
use galvani::optimizer::{Ask, Optimizer};
use galvani::space::Space;
use galvani::space::hyperparameter::{Domain, Hyperparameter, Value};
use galvani::trial::outcome::Outcome;
use galvani::trial::{Proposal, TrialId};

/// The number of times that a trial is started when its worker disappears, as in a run.
const ATTEMPTS: u32 = 3;

/// Workers and what happens to them.
pub struct Fleet {
    pub workers: usize,
    /// So many trials are asked for, promotions included.
    pub trials: usize,
    /// The shares of trials that crash, and of attempts that lose their worker.
    pub crashes: f64,
    pub losses: f64,
    pub seed: u64,
}

/// The calls of the optimizer, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    Asked(Proposal),
    Ended(TrialId, Outcome),
}

/// The results of a fleet.
pub struct Course {
    pub optimizer: Optimizer,
    pub log: Vec<Entry>,
    /// The share of the workers' time that they were busy, from the first start to the last.
    pub utilisation: f64,
    /// Simulated seconds from the first start to the last end.
    pub seconds: f64,
    /// Seconds that a trial takes on average.
    pub mean_seconds: f64,
    /// The time of each ask, on this machine's clock.
    pub asks: Vec<Duration>,
    /// Numbers of attempts that lost their worker, and of trials that were given up for it.
    pub lost: (usize, usize),
}

/// Every way of giving budget, the racing one on so many instances.
pub fn choices(instances: usize) -> [IntensifierConfig; 7] {
    let instances = (0..instances).map(|index| format!("instance {index}")).collect();
    [
        IntensifierConfig::Asynchronous { brackets: None },
        IntensifierConfig::Asynchronous { brackets: Some(1) },
        IntensifierConfig::Pasha,
        IntensifierConfig::Hyperband,
        IntensifierConfig::SuccessiveHalving { bracket: 0 },
        IntensifierConfig::FullFidelity,
        IntensifierConfig::Racing(racing::RacingSettings { instances, ..Default::default() }),
    ]
}

/// Ten hyperparameters of several kinds.
pub fn space() -> Space {
    let float = |index: u32, log| {
        let (min, max) = if log { (1e-5, 1.0) } else { (-5.0, 5.0) };
        let middle = if log { 1e-2 } else { 0.0 };
        Hyperparameter::new(format!("x{index}"), Domain::Float { min, max, log }, Value::Float(middle))
    };
    let integer = |index: u32| {
        Hyperparameter::new(format!("n{index}"), Domain::Integer { min: 1, max: 64, log: true }, Value::Integer(8))
    };
    let choice = |index: u32| {
        let choices = ["a", "b", "c"].map(|word| Value::Word(word.into())).to_vec();
        Hyperparameter::new(format!("c{index}"), Domain::Categorical { choices }, Value::Word("a".into()))
    };
    let all = (0..5).map(|index| float(index, index < 2)).chain((0..3).map(integer)).chain((0..2).map(choice));
    Space::new("fleet".into(), all.collect(), vec![], vec![]).expect("a legal space")
}

/// A bowl over all hyperparameters, worse and noisier below the full budget.
fn cost(proposal: &Proposal, full: f64) -> f64 {
    let values = proposal.configuration.values().iter().flatten();
    let distance = values.map(|value| match value {
        Value::Float(x) if *x > 0.0 && *x < 1.0 => (x.ln() + 3.0).powi(2) / 10.0,
        Value::Word(word) => f64::from(word != "b"),
        value => value.number().map_or(0.0, |x| (x - 1.0).powi(2) / 50.0),
    });
    let missing = 1.0 - proposal.budget.amount() / full;
    let noise = Stream::of(proposal.seed, "fleet noise", u64::from(proposal.rung)).normal();
    distance.sum::<f64>() + missing * (2.0 + 0.5 * noise)
}

impl Fleet {
    /// Runs the optimizer; panics where it waits for ever.
    pub fn run(&self, mut optimizer: Optimizer) -> Course {
        let full = optimizer.schedule().max().amount();
        let mut running: BinaryHeap<Reverse<(u64, TrialId, u32)>> = BinaryHeap::new();
        let (mut now, mut busy, mut last_start) = (0u64, 0u128, 0u64);
        let (mut log, mut asks, mut lost) = (Vec::new(), Vec::new(), (0, 0));
        let mut intervals: Vec<(u64, u64)> = Vec::new();
        loop {
            while running.len() < self.workers && optimizer.history().trials().len() < self.trials {
                let before = Instant::now();
                let ask = optimizer.ask();
                asks.push(before.elapsed());
                let Ask::Trial(proposal) = ask else {
                    assert!(ask == Ask::Wait && !running.is_empty(), "nothing runs and nothing comes: {ask:?}");
                    break;
                };
                running.push(Reverse((now + self.microseconds(&proposal, 1), proposal.trial, 1)));
                intervals.push((now, now + self.microseconds(&proposal, 1)));
                last_start = now;
                log.push(Entry::Asked(proposal));
            }
            let Some(Reverse((at, trial, attempt))) = running.pop() else { break };
            now = at;
            let proposal = &optimizer.history().trial(trial).expect("it was asked for").proposal;
            let outcome = self.outcome(proposal, attempt, full);
            if outcome == Outcome::Lost {
                lost.0 += 1;
                if attempt < ATTEMPTS {
                    // The same worker tries again.
                    let until = now + self.microseconds(proposal, attempt + 1);
                    running.push(Reverse((until, trial, attempt + 1)));
                    intervals.push((now, until));
                    continue;
                }
                lost.1 += 1;
            }
            assert!(optimizer.tell(trial, outcome.clone()), "trial {trial} ends once");
            log.push(Entry::Ended(trial, outcome));
        }
        for (from, until) in &intervals {
            busy += u128::from((*until).min(last_start).saturating_sub(*from));
        }
        let whole: u128 = intervals.iter().map(|(from, until)| u128::from(until - from)).sum();
        Course {
            // Where every trial began at once, nobody waited.
            utilisation: if last_start == 0 { 1.0 } else { busy as f64 / (self.workers as f64 * last_start as f64) },
            seconds: now as f64 / 1e6,
            mean_seconds: whole as f64 / intervals.len() as f64 / 1e6,
            optimizer,
            log,
            asks,
            lost,
        }
    }

    fn stream(&self, purpose: &str, trial: TrialId, attempt: u32) -> Stream {
        Stream::of(self.seed, purpose, u64::from(trial.0) << 8 | u64::from(attempt))
    }

    /// Log-normal around ten seconds a unit of budget; one in a hundred takes twenty times as long.
    fn microseconds(&self, proposal: &Proposal, attempt: u32) -> u64 {
        let mut stream = self.stream("fleet time", proposal.trial, attempt);
        let straggles = if stream.uniform() < 0.01 { 20.0 } else { 1.0 };
        let seconds = 10.0 * proposal.budget.amount() * (0.7 * stream.normal()).exp() * straggles;
        (seconds * 1e6) as u64 + 1
    }

    fn outcome(&self, proposal: &Proposal, attempt: u32, full: f64) -> Outcome {
        let mut stream = self.stream("fleet fate", proposal.trial, attempt);
        if stream.uniform() < self.losses {
            return Outcome::Lost;
        }
        match stream.uniform() {
            fate if fate < self.crashes / 2.0 => Outcome::Crashed { message: "no luck".into() },
            fate if fate < self.crashes => Outcome::TimedOut,
            _ => Outcome::of_cost(cost(proposal, full)),
        }
    }
}

impl Course {
    /// Asks a fresh optimizer for the same log and compares every proposal bit for bit; how many there were.
    pub fn replay(&self, mut fresh: Optimizer) -> usize {
        let mut asked = 0;
        for entry in &self.log {
            match entry {
                Entry::Asked(expected) => match fresh.ask() {
                    Ask::Trial(proposal) => {
                        assert_eq!(&proposal, expected, "the same log gives the same next proposal");
                        asked += 1;
                    }
                    other => panic!("trial {} was asked for, not {other:?}", expected.trial),
                },
                Entry::Ended(trial, outcome) => assert!(fresh.tell(*trial, outcome.clone())),
            }
        }
        asked
    }

    /// The number of trials that repeat a configuration at a budget, with the same seed and instance.
    pub fn duplicates(&self) -> usize {
        let mut seen = HashMap::new();
        for trial in self.optimizer.history().trials() {
            let proposal = &trial.proposal;
            let key = (
                proposal.configuration.clone(),
                proposal.budget.amount().to_bits(),
                proposal.seed,
                proposal.instance.clone(),
            );
            *seen.entry(key).or_insert(0) += 1;
        }
        seen.values().map(|count| count - 1).sum()
    }
}
