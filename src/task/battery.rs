//! The battery task: train a model on simulated series, then let it run freely on series that it has not seen.
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::{Report, Request, Task, TaskError};
use crate::battery::dataset::Dataset;
use crate::battery::dataset::specification::{Specification, Split};
use crate::battery::evaluation::{Evaluation, EvaluationWindows};
use crate::battery::model::architecture::Architecture;
use crate::battery::model::device;
use crate::battery::model::hyperparameter::Hyperparameters;
use crate::battery::model::{Model, Statistics};
use crate::battery::training::batch::SplitSource;
use crate::battery::training::{Trained, Training, TrainingSpan, train};
use crate::document::diagnostic::Diagnostic;
use crate::space::Space;
use crate::space::hyperparameter::{Domain, Value};
use crate::trial::prediction::{self, SeriesPrediction};

/// Windows of the test whose predictions are kept for the report.
const KEPT: usize = 4;

/// The settings of the task that are not tuned; every field may be left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Battery {
    pub dataset: Specification,
    pub model: Architecture,
    pub training: Training,
    pub evaluation: Evaluation,
    /// The device to train on: `cpu` (default), `cuda:N`, or `auto`, the first graphics card where there is one.
    pub device: String,
}

impl Default for Battery {
    fn default() -> Self {
        Self {
            dataset: Specification::default(),
            model: Architecture::default(),
            training: Training::default(),
            evaluation: Evaluation::default(),
            device: "cpu".into(),
        }
    }
}

impl Battery {
    /// Checks every field; fails with the field that is wrong, and what is allowed there.
    pub(crate) fn validate(&self) -> Result<(), Diagnostic> {
        let within = |part: &str, result: Result<(), Diagnostic>| {
            result.map_err(|wrong| {
                let message = format!("`{part}`: {}", wrong.message);
                Diagnostic { message, ..wrong }.inside(part)
            })
        };
        within("dataset", self.dataset.validate())?;
        within("model", self.model.validate())?;
        within("training", self.training.validate())?;
        within("evaluation", self.evaluation.validate(self.dataset.steps()))?;
        // A machine that only shows results need not have the device.
        device::check_name(&self.device)
    }

    /// A note where trials on this machine compute on the processor for want of a graphics card.
    ///
    /// # Errors
    /// The device is not on this machine.
    pub(crate) fn device_note(&self) -> Result<Option<String>, Diagnostic> {
        device::resolve(&self.device).map(|(_, note)| note)
    }

    /// The mistake in the task, or between it and the space; `None` where both fit.
    pub(crate) fn mismatch(&self, space: &Space) -> Option<Diagnostic> {
        if let Err(wrong) = self.validate() {
            let hint = wrong.hint.clone().unwrap_or_else(|| "every field may be left out and has a default".to_owned());
            return Some(wrong.hint(hint));
        }
        let names = self.model.family.hyperparameters();
        let all = format!("a model of this family reads `{}`", names.join("`, `"));
        if let Some(unknown) = space.hyperparameters().iter().find(|each| !names.contains(&each.name.as_str())) {
            let wrong = Diagnostic::new(format!("a model of this family has no hyperparameter `{}`", unknown.name));
            let other = self.model.family.other();
            return Some(match other.hyperparameters().contains(&unknown.name.as_str()) {
                true => {
                    wrong.hint(format!("for the other family, write `model: (family: {})` in the task", other.text()))
                }
                false => wrong.hint(all),
            });
        }
        let rotary = |domain: &Domain| match domain {
            Domain::Categorical { choices: values } | Domain::Ordinal { values } => values.contains(&word("RoPE")),
            Domain::Constant { value } => *value == word("RoPE"),
            _ => false,
        };
        let with_theta = space.index("pe_type").is_some_and(|index| rotary(&space.hyperparameters()[index].domain));
        let needed = |name: &str| name != "learning_rate" && (name != "rope_theta" || with_theta);
        let missing = names.iter().find(|name| needed(name) && space.index(name).is_none())?;
        let message = format!("the battery task needs the hyperparameter `{missing}`, which the space does not have");
        Some(Diagnostic::new(message).hint(format!("{all}; one that is not tried is Constant(...)")))
    }

    /// Evaluates as [`evaluate`](Task::evaluate), continuing from the checkpoint, and then on the test series, which no
    /// trial was evaluated on: `info.test` has the costs of the model and of two trivial predictors, and the trial's
    /// folder gets `predictions.json`, a list of [`SeriesPrediction`].
    pub(crate) fn test(&self, request: &Request, progress: &mut dyn FnMut(f64)) -> Result<Report, TaskError> {
        let dataset = self.open(&request.data)?;
        let (mut report, model) = self.trial(&dataset, request, &mut |share| progress(0.8 * share))?;
        let Some(model) = model else { return Ok(report) };
        let source = SplitSource(&dataset, Split::Test);
        let windows = EvaluationWindows::of(&self.evaluation, &source);
        let predicted = windows.predict(&model.valid());
        let mut test = windows.score(&predicted).describe();
        test.extend(baselines(&windows, model.statistics()));
        test.insert("series".into(), json!(self.evaluation.windows.min(dataset.series(Split::Test))));
        report.info.insert("test".into(), Json::Object(test));

        let interval = f64::from(self.dataset.interval_s);
        let title = |window| format!("test series {}", window % dataset.series(Split::Test) + 1);
        let kept: Vec<SeriesPrediction> = (0..self.evaluation.windows.min(KEPT))
            .map(|window| windows.trace(&predicted, window, title(window), interval))
            .collect();
        let path = request.trial_dir.join(prediction::FILE);
        fs::create_dir_all(&request.trial_dir)
            .and_then(|()| fs::write(&path, serde_json::to_vec(&kept)?))
            .map_err(|error| TaskError::new(format!("cannot write `{}`: {error}", path.display())))?;
        progress(1.0);
        Ok(report)
    }

    fn file(&self, data: &Path) -> PathBuf {
        data.join(format!("battery-{:016x}.dataset", self.dataset.digest()))
    }

    /// The dataset in the folder `data`, generated where it is missing.
    pub(crate) fn open(&self, data: &Path) -> Result<Dataset, TaskError> {
        if !self.file(data).exists() {
            self.prepare(data, &|_| {})?;
        }
        Dataset::open(&self.file(data)).map_err(|error| TaskError::new(error.to_string()))
    }

    /// Trains and evaluates on the validation series; returns no model where the training diverged.
    fn trial(
        &self,
        dataset: &Dataset,
        request: &Request,
        progress: &mut dyn FnMut(f64),
    ) -> Result<(Report, Option<Model>), TaskError> {
        self.validate().map_err(refused)?;
        let hyperparameters = Hyperparameters::read(&request.config, &self.model.family).map_err(refused)?;
        // That `auto` is the processor is said once, at the start of the run.
        let (device, _) = device::resolve(&self.device).map_err(refused)?;
        let source = SplitSource(dataset, Split::Train);
        let statistics = Statistics::of(&source);
        let device = device.autodiff();
        let model = Model::new(hyperparameters, self.model.clone(), statistics, request.seed, &device);

        let began = Instant::now();
        let span = TrainingSpan {
            steps: steps(request.budget)?,
            seed: request.seed,
            divisor: request.micro_batch_divisor,
            folder: Some(&request.checkpoint),
        };
        let settings = self.training.scheduled(steps(request.full_budget)?);
        let trained = train(model, &source, &settings, span, &mut |each| {
            progress(0.9 * each.share);
            ControlFlow::Continue(())
        })
        .map_err(|error| {
            TaskError::new(format!("cannot write a checkpoint in `{}`: {error}", request.checkpoint.display()))
        })?;
        let mut info = story(&trained);
        info.insert("training_seconds".into(), json!(began.elapsed().as_secs_f64()));
        if let Some(note) = &trained.note {
            info.insert("notes".into(), json!([note]));
        }
        if trained.diverged() {
            return Ok((Report { cost: f64::NAN, info }, None));
        }

        let began = Instant::now();
        let windows = EvaluationWindows::of(&self.evaluation, &SplitSource(dataset, Split::Validation));
        let score = windows.score(&windows.predict(&trained.model.valid()));
        info.insert("evaluation_seconds".into(), json!(began.elapsed().as_secs_f64()));
        info.insert("stride".into(), json!(self.evaluation.stride(trained.model.hyperparameters().seq_len)));
        info.extend(score.describe().into_iter().filter(|(name, _)| name != "cost"));
        info.extend(baselines(&windows, trained.model.statistics()));
        progress(1.0);
        Ok((Report { cost: score.cost, info }, Some(trained.model)))
    }
}

impl Task for Battery {
    fn prepare(&self, data: &Path, progress: &(dyn Fn(f64) + Sync)) -> Result<(), TaskError> {
        self.validate().map_err(refused)?;
        let path = self.file(data);
        if Dataset::open(&path).is_ok_and(|dataset| dataset.is_simulated_by(&self.dataset)) {
            return Ok(());
        }
        fs::create_dir_all(data)
            .map_err(|error| TaskError::new(format!("cannot make the folder `{}`: {error}", data.display())))?;
        Dataset::generate(&self.dataset, &path, progress).map_err(|error| TaskError::new(error.to_string()))?;
        Ok(())
    }

    fn evaluate(&self, request: &Request, progress: &mut dyn FnMut(f64)) -> Result<Report, TaskError> {
        let dataset = self.open(&request.data)?;
        Ok(self.trial(&dataset, request, progress)?.0)
    }
}

fn refused(wrong: Diagnostic) -> TaskError {
    TaskError::new(wrong.to_string())
}

fn word(text: &str) -> Value {
    Value::Word(text.into())
}

/// A budget as whole optimizer steps.
fn steps(budget: f64) -> Result<u64, TaskError> {
    match budget.round() {
        steps if steps >= 1.0 => Ok(steps as u64),
        _ => Err(TaskError::new(format!("a battery trial needs at least one optimizer step, not {budget}"))),
    }
}

/// The `info` of a training: steps, parameters, loss and learning curve.
fn story(trained: &Trained) -> Map<String, Json> {
    let mut info = Map::new();
    info.insert("steps".into(), json!(trained.step));
    info.insert("resumed_steps".into(), json!(trained.resumed));
    info.insert("parameters".into(), json!(trained.model.parameters()));
    info.insert("loss".into(), json!(trained.curve.last().map(|point| point.loss)));
    info.insert("learning_curve".into(), json!(trained.curve));
    info
}

/// Costs on the same windows of the mean row of the training series, and of the last true row.
fn baselines(windows: &EvaluationWindows, statistics: &Statistics) -> Map<String, Json> {
    let mut info = Map::new();
    info.insert("mean_predictor".into(), json!(windows.score(&windows.mean(statistics.mean)).cost));
    info.insert("persistence".into(), json!(windows.score(&windows.persistence()).cost));
    info
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Battery {
        Battery {
            dataset: Specification {
                train: 3,
                validation: 2,
                test: 2,
                hours: 1.0,
                interval_s: 30,
                ..Default::default()
            },
            training: Training { tokens_per_step: 64, ..Default::default() },
            evaluation: Evaluation { windows: 2, context: 8, horizon: 24, scored: 12, ..Default::default() },
            ..Default::default()
        }
    }

    fn request(folder: &Path, budget: f64) -> Request {
        let config = [("pe_type", word("ALiBi")), ("norm_type", word("LayerNorm"))]
            .into_iter()
            .chain(
                [("dim_model", 8), ("n_heads", 2), ("seq_len", 16), ("n_layer", 1)]
                    .map(|(name, value)| (name, Value::Integer(value))),
            )
            .map(|(name, value)| (name.to_string(), value))
            .collect();
        let at = |name| folder.join(name);
        Request {
            config,
            budget,
            full_budget: 9.0,
            instance: None,
            seed: 3,
            trial_dir: at("trial"),
            checkpoint: at("checkpoint"),
            data: at("data"),
            micro_batch_divisor: 1,
        }
    }

    #[test]
    fn a_trial_costs_the_same_through_its_rungs_or_at_once() {
        let battery = small();
        let (rungs, once) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut shares = Vec::new();
        battery.evaluate(&request(rungs.path(), 3.0), &mut |share| shares.push(share)).unwrap();
        assert!(shares.is_sorted() && shares.last() == Some(&1.0), "{shares:?}");
        let climbed = battery.evaluate(&request(rungs.path(), 9.0), &mut |_| {}).unwrap();
        let straight = battery.evaluate(&request(once.path(), 9.0), &mut |_| {}).unwrap();
        assert_eq!(climbed.cost.to_bits(), straight.cost.to_bits());
        assert_eq!((&climbed.info["resumed_steps"], &straight.info["resumed_steps"]), (&json!(3), &json!(0)));
        assert!(straight.info["features"]["voltage"]["mean_absolute_error"].as_f64().unwrap() > 0.0);

        let tested = battery.test(&request(once.path(), 9.0), &mut |_| {}).unwrap();
        assert_eq!(tested.cost.to_bits(), straight.cost.to_bits(), "the checkpoint is used as it is");
        assert_eq!(tested.info["resumed_steps"], json!(9));
        for name in ["cost", "mean_predictor", "persistence", "series"] {
            assert!(tested.info["test"][name].as_f64().unwrap() > 0.0, "{name}");
        }
        let kept = fs::read(once.path().join("trial/predictions.json")).unwrap();
        let kept: Vec<SeriesPrediction> = serde_json::from_slice(&kept).unwrap();
        assert_eq!((kept.len(), kept[0].features.len(), kept[0].features[3].predicted.len()), (2, 6, 32));
    }

    #[test]
    fn a_hopeless_trial_is_a_report_and_a_wrong_one_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let mut battery = small();
        battery.training = Training { gradient_norm: 1e6, warm_up: 0, weight_decay: 10.0, ..battery.training };
        let mut hopeless = Request { full_budget: 3000.0, ..request(folder.path(), 3000.0) };
        hopeless.config.insert("learning_rate".into(), Value::Float(10.0));
        let report = battery.evaluate(&hopeless, &mut |_| {}).unwrap();
        assert!(report.cost.is_nan() && report.info["steps"].as_u64().unwrap() < 3000);

        let mut wrong = request(folder.path(), 3.0);
        wrong.config.insert("n_heads".into(), Value::Integer(3));
        assert!(small().evaluate(&wrong, &mut |_| {}).unwrap_err().message.contains("8 is no multiple of 3"));
        assert!(small().evaluate(&request(folder.path(), 0.2), &mut |_| {}).is_err());
    }

    #[test]
    fn a_space_fits_its_family() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("search_spaces");
        let space = |name: &str| Space::read(&folder.join(name)).unwrap();
        let battery = |text: &str| ron::from_str::<Battery>(text).unwrap();
        let (transformer, mamba) = (Battery::default(), battery("(model: (family: Mamba((version: 1))))"));
        for name in ["transformer.ron", "transformer-small.ron"] {
            assert_eq!(transformer.mismatch(&space(name)), None);
            let wrong = mamba.mismatch(&space(name)).unwrap().to_string();
            assert!(wrong.contains("`pe_type`") && wrong.contains("(family: Transformer)"), "{wrong}");
        }
        for name in ["mamba.ron", "mamba-small.ron"] {
            assert_eq!(mamba.mismatch(&space(name)), None);
            let wrong = transformer.mismatch(&space(name)).unwrap().to_string();
            assert!(wrong.contains("`d_intermediate`") && wrong.contains("(family: Mamba())"), "{wrong}");
        }
    }

    #[test]
    fn settings_are_read_from_ron_and_judged() {
        let read = |text| ron::from_str::<Battery>(text);
        assert_eq!(read("()").unwrap(), Battery::default());
        assert!(Battery::default().validate().is_ok(), "{:?}", Battery::default().validate());
        let some = read("(training: (tokens_per_step: 64, input_noise: 0.1), device: \"cuda:1\")").unwrap();
        assert_eq!((some.training.tokens_per_step, some.device.as_str()), (64, "cuda:1"));
        assert!(read("(training: (tokens: 64))").is_err());
        for (text, message) in [
            ("(device: \"gpu\")", "`device` must be"),
            ("(model: (feed_forward: 0))", "`model`: `feed_forward`"),
            ("(model: (family: Mamba((version: 3))))", "`model`: `version` of Mamba must be 1 or 2, not 3"),
            ("(training: (beta_1: 1.5))", "`training`: `beta_1`"),
            ("(evaluation: (scored: 999999))", "`evaluation`: `scored`"),
            ("(dataset: (hours: 0))", "`dataset`: `hours`"),
        ] {
            assert!(read(text).unwrap().validate().unwrap_err().message.contains(message), "{text}");
        }
    }
}
