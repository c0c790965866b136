//! Records: the events of an experiment, one a journal line, with a version.
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use thiserror::Error;

use crate::intensifier::config::IntensifierConfig;
use crate::space::hyperparameter::Value;
use crate::space::{Illegal, Space};
use crate::trial::budget::Budget;
use crate::trial::curve::CurvePoint;
use crate::trial::outcome::Outcome;
use crate::trial::{ConfigurationId, Origin, Proposal, TrialId};

/// The version of the records that this program writes, and the newest that it reads.
pub const FORMAT: u16 = 1;

/// An event of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    Begun(Begun),
    Asked(Asked),
    Started(Started),
    Reported(Reported),
    Ended(Ended),
    Noted(Noted),
    Revised(Revised),
    Enqueued(Enqueued),
}

/// An experiment began; always the first record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    pub format: u16,
    /// The version of the program that wrote the record.
    pub galvani: String,
    pub name: String,
    pub seed: u64,
    /// The text of the experiment's file.
    pub experiment: String,
    /// The canonical text of the search space.
    pub space: String,
    /// The intensifier, whether the file names one or not: its default may change. Earlier builds left it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intensifier: Option<IntensifierConfig>,
    pub at: Timestamp,
}

/// The optimizer proposed a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    pub trial: TrialId,
    pub configuration_id: ConfigurationId,
    /// The active hyperparameters, in the order of the space.
    pub config: IndexMap<String, Value>,
    pub budget: f64,
    pub bracket: u32,
    pub rung: u32,
    pub seed: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    pub origin: Origin,
    pub at: Timestamp,
}

/// An attempt at a trial began to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Started {
    pub trial: TrialId,
    /// The number of the attempt, from 1; a trial whose worker was lost is attempted again.
    pub attempt: u32,
    pub slot: String,
    pub at: Timestamp,
}

/// A trial reported a cost on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    pub trial: TrialId,
    pub attempt: u32,
    /// The budget spent so far, below the trial's own.
    pub budget: f64,
    pub cost: f64,
    pub at: Timestamp,
}

/// An attempt at a trial ended: its outcome and the resources it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    pub trial: TrialId,
    pub attempt: u32,
    #[serde(flatten)]
    pub end: AttemptEnd,
    /// True where it came after another attempt had taken its place: it is kept, and ignored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
}

/// The end of an attempt at a trial, or of another evaluation, and what it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptEnd {
    #[serde(flatten, with = "outcome")]
    pub outcome: Outcome,
    /// The values beside the cost in the trial's last report, the numbers among which are its metrics.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub info: Map<String, Json>,
    pub slot: String,
    pub started: Timestamp,
    pub at: Timestamp,
    /// The wall-clock time from start to end, by a monotonic clock.
    pub seconds: f64,
    /// The CPU time of the whole process tree.
    pub cpu_seconds: f64,
    /// The peak memory of the whole process tree in bytes, as sampled.
    pub peak_memory: u64,
    /// The end of its program: `exit code 3`, `SIGKILL`, or `answered` where it goes on with the next trial.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub exit: String,
    /// Present where a worker elsewhere did not bring the attempt to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forfeit: Option<Forfeit>,
}

/// The way in which a worker gave up an attempt; its outcome is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forfeit {
    /// The worker had to leave, as when it is preempted: it ended the trial, which is started again however often that happens.
    Released,
    /// The worker was not heard of any more.
    Expired,
}

/// A note by key, for anything else worth keeping; the last of a key counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noted {
    pub key: String,
    pub value: Json,
    pub at: Timestamp,
}

/// A user took back the result of a trial: ends before this record do not count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Revised {
    pub trial: TrialId,
    pub revision: Revision,
    pub at: Timestamp,
}

/// The fate of a trial whose result was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revision {
    /// It runs again, under the next attempt number.
    Retried,
    /// It has no result any more, and is not run again.
    Forgotten,
}

/// A user gave a configuration that is tried before any other new one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Enqueued {
    /// The name of the file that it came in, so that none is taken twice.
    pub id: String,
    /// The active hyperparameters, in the order of the space.
    pub config: IndexMap<String, Value>,
    pub at: Timestamp,
}

/// The reason why a record does not fit the space that it is read with.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Mismatch {
    #[error("trial {trial} is not legal in this search space: {source}")]
    Illegal { trial: TrialId, source: Illegal },
    #[error("the budget of trial {trial} must be positive and finite, not {budget}")]
    Budget { trial: TrialId, budget: f64 },
}

impl Record {
    /// The trial that the record is about; `None` where it is about the experiment.
    pub(crate) fn trial(&self) -> Option<TrialId> {
        match self {
            Self::Begun(_) | Self::Noted(_) | Self::Enqueued(_) => None,
            Self::Asked(asked) => Some(asked.trial),
            Self::Started(started) => Some(started.trial),
            Self::Reported(reported) => Some(reported.trial),
            Self::Ended(ended) => Some(ended.trial),
            Self::Revised(revised) => Some(revised.trial),
        }
    }
}

impl Reported {
    /// The reported point of the learning curve; `None` where its budget is not positive and finite.
    pub(crate) fn point(&self) -> Option<CurvePoint> {
        Some(CurvePoint { budget: Budget::new(self.budget)?, cost: self.cost })
    }
}

impl Asked {
    /// The record of a proposal in this space.
    pub(crate) fn of(proposal: &Proposal, space: &Space, at: Timestamp) -> Self {
        let named = space.named(&proposal.configuration);
        Self {
            trial: proposal.trial,
            configuration_id: proposal.configuration_id,
            config: named.map(|(name, value)| (name.to_owned(), value.clone())).collect(),
            budget: proposal.budget.amount(),
            bracket: proposal.bracket,
            rung: proposal.rung,
            seed: proposal.seed,
            instance: proposal.instance.as_deref().map(str::to_owned),
            origin: proposal.origin,
            at,
        }
    }

    /// The proposal of the record; an error where it is not legal in this space.
    pub(crate) fn proposal(&self, space: &Space) -> Result<Proposal, Mismatch> {
        let trial = self.trial;
        let named = self.config.iter().map(|(name, value)| (name.as_str(), value.clone()));
        Ok(Proposal {
            trial,
            configuration_id: self.configuration_id,
            configuration: space.configuration_of(named).map_err(|source| Mismatch::Illegal { trial, source })?,
            budget: Budget::new(self.budget).ok_or(Mismatch::Budget { trial, budget: self.budget })?,
            bracket: self.bracket,
            rung: self.rung,
            seed: self.seed,
            instance: self.instance.as_deref().map(Into::into),
            origin: self.origin,
        })
    }
}

/// An outcome as flat fields: `outcome`, and where they apply `cost`, `costs` of several objectives, and `message`.
mod outcome {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::trial::outcome::{Outcome, OutcomeKind};

    #[derive(Serialize, Deserialize)]
    struct Fields {
        outcome: OutcomeKind,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost: Option<f64>,
        /// Absent where there is one objective.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        costs: Vec<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    }

    pub(crate) fn serialize<S: Serializer>(outcome: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
        let message = match outcome {
            Outcome::Crashed { message } => Some(message.clone()),
            _ => None,
        };
        let costs = match outcome.costs() {
            [] | [_] => Vec::new(),
            several => several.to_vec(),
        };
        Fields { outcome: outcome.kind(), cost: outcome.cost(), costs, message }.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Outcome, D::Error> {
        let Fields { outcome, cost, costs, message } = Fields::deserialize(deserializer)?;
        match Outcome::without_cost(outcome, &message.unwrap_or_default()) {
            Some(outcome) => Ok(outcome),
            None if !costs.is_empty() => Ok(Outcome::of_costs(costs)),
            None => cost.map(Outcome::of_cost).ok_or_else(|| D::Error::missing_field("cost")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::history::History;

    fn ended(outcome: Outcome) -> Ended {
        Ended {
            trial: TrialId(7),
            attempt: 2,
            end: AttemptEnd {
                outcome,
                info: Map::from_iter([("loss".to_owned(), Json::from(0.1 + 0.2))]),
                slot: "cpu:0".into(),
                started: Timestamp::UNIX_EPOCH,
                at: Timestamp::from_nanosecond(1_234_567_890_123_456_789).expect("a time"),
                seconds: 1.0 / 3.0,
                cpu_seconds: 0.1,
                peak_memory: u64::MAX,
                exit: "exit code 0".into(),
                forfeit: None,
            },
            late: true,
        }
    }

    fn again(record: &Record) -> Record {
        serde_json::from_str(&serde_json::to_string(record).unwrap()).unwrap()
    }

    #[test]
    fn every_outcome_comes_back_exactly() {
        let costs = [0.1 + 0.2, f64::MIN_POSITIVE, 5e-324, -0.0, 1e16, 123_456_789.123_456_79, f64::MAX];
        let finished = costs.into_iter().map(Outcome::of_cost);
        let message = "a \"quote\"\nand \u{0} é".to_owned();
        let failed = [
            Outcome::Diverged,
            Outcome::Crashed { message },
            Outcome::TimedOut,
            Outcome::OutOfMemory,
            Outcome::OutOfDeviceMemory,
            Outcome::Lost,
            Outcome::Transient,
            Outcome::Pruned,
            Outcome::of_costs(vec![0.1 + 0.2, -5e-324]),
        ];
        for outcome in finished.chain(failed) {
            let record = Record::Ended(ended(outcome));
            assert_eq!(again(&record), record);
        }
    }

    #[test]
    fn values_keep_their_types_and_their_order() {
        let config = IndexMap::from([
            ("z".to_owned(), Value::Integer(8)),
            ("a".to_owned(), Value::Float(8.0)),
            ("m".to_owned(), Value::Float(1e-300 / 3.0)),
            ("b".to_owned(), Value::Boolean(true)),
            ("w".to_owned(), Value::Word("8".into())),
        ]);
        let asked = Asked {
            trial: TrialId(1),
            configuration_id: ConfigurationId(1),
            config: config.clone(),
            budget: 1.0 / 3.0,
            bracket: 0,
            rung: 1,
            seed: u64::MAX,
            instance: None,
            origin: Origin::Model,
            at: Timestamp::UNIX_EPOCH,
        };
        let Record::Asked(back) = again(&Record::Asked(asked.clone())) else { panic!("another kind") };
        assert_eq!(back, asked);
        assert_eq!(format!("{:?}", back.config), format!("{config:?}"));
    }

    #[test]
    fn a_proposal_comes_back_as_it_was_or_says_why_not() {
        let text = r#"(
            name: "test",
            parameters: {
                "kind": Categorical(choices: ["tree", "net"]),
                "rate": Float(min: 1e-6, max: 1, log: true),
                "width": Ordinal(values: [32, 64, 128]),
                "bias": Categorical(choices: [true, false]),
            },
            conditions: { "rate": "kind == 'net'" },
        )"#;
        let space = |text: &str| Space::parse(text, std::path::Path::new("test.ron")).unwrap();
        let narrower = space(&text.replace("64, ", ""));
        let space = space(text);
        for (index, budget) in [1.0, 1.0 / 3.0, 1e9].into_iter().cycle().take(60).enumerate() {
            let mut stream = crate::numeric::stream::Stream::of(1, "records", index as u64);
            let next = History::default().proposal(space.sample(&mut stream).unwrap(), Budget::new(budget).unwrap());
            let proposal = Proposal {
                trial: TrialId::of_index(index),
                configuration_id: ConfigurationId(3),
                bracket: 2,
                rung: 1,
                seed: stream.bits(),
                instance: (index % 3 == 0).then(|| format!("fold {index}").into()),
                origin: [Origin::Default, Origin::Design, Origin::Model, Origin::Random][index % 4],
                ..next
            };
            let record = Record::Asked(Asked::of(&proposal, &space, Timestamp::UNIX_EPOCH));
            let Record::Asked(mut asked) = again(&record) else { panic!("another kind") };
            assert_eq!(asked.proposal(&space), Ok(proposal));
            let legal = asked.config["width"] != Value::Integer(64);
            assert_eq!(asked.proposal(&narrower).is_ok(), legal);
            asked.budget = -budget;
            assert_eq!(asked.proposal(&space), Err(Mismatch::Budget { trial: asked.trial, budget: -budget }));
        }
    }
}
