//! `battery train`: trains one model of an experiment's task and keeps it.
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use indexmap::IndexMap;

use super::pictures;
use super::subject::{self, Interruption};
use crate::battery::dataset::specification::Split;
use crate::battery::model::device;
use crate::battery::model::hyperparameter::Hyperparameters;
use crate::battery::model::{Model, Statistics};
use crate::battery::training::batch::SplitSource;
use crate::battery::training::checkpoint;
use crate::battery::training::{Progress, Trained, TrainingSpan, resume, train};
use crate::cli::failure::Failure;
use crate::cli::live::Live;
use crate::cli::message::{amount, count, duration, narrate, number, say};
use crate::cli::number_argument::{whole, within};
use crate::document::source;
use crate::experiment::Experiment;
use crate::space::hyperparameter::Value;

/// Train a model of an experiment's task
///
/// Trains the default configuration of the experiment's search space, or another one, on its
/// dataset, for its largest budget or for `--steps`.
///
/// FOLDER/model.safetensors gets the weights, the optimizer's state, and all that is needed to use
/// and to continue them; PyTorch opens it. FOLDER/learning_curve.png and .svg show the training.
/// After an interruption the same command continues. With more `--steps` it continues too where the length of
/// the schedule is set (`training: (schedule_steps: N)`).
///
/// A configuration is what `galvani best` prints:
///   galvani best quickstart > best.ron
///   galvani battery train experiments/quickstart.ron --config best.ron --out model
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// An experiment with the battery task
    #[arg(value_name = "EXPERIMENT.ron")]
    experiment: PathBuf,
    /// The folder for the model
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Optimizer steps [default: the experiment's largest budget]
    #[arg(long, value_name = "N", value_parser = within::<u64, 1, { u64::MAX }>, allow_negative_numbers = true)]
    steps: Option<u64>,
    /// The configuration, as `galvani best` prints it
    #[arg(long, value_name = "FILE.ron")]
    config: Option<PathBuf>,
    /// Another value of a hyperparameter, such as `--set dim_model=64`; may be repeated, and leave the search space
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Seed of weights and windows [default: the experiment's]
    #[arg(long, value_parser = whole::<u64>, allow_negative_numbers = true)]
    seed: Option<u64>,
    /// `cpu`, `cuda:N`, or `auto` [default: the task's]
    #[arg(long)]
    device: Option<String>,
    /// A dataset to learn from instead of the experiment's own
    #[arg(long, value_name = "FILE")]
    dataset: Option<PathBuf>,
    /// The folder of all runs, beside which the experiment's dataset is
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    dir: PathBuf,
}

pub(crate) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let (experiment, battery) = subject::read(&arguments.experiment)?;
    let config = configuration(arguments, &experiment)?;
    let hyperparameters = Hyperparameters::read(&config, &battery.model.family).map_err(Failure::input)?;
    let device = subject::device(arguments.device.as_deref().unwrap_or(&battery.device))?;
    let dataset = subject::dataset_or(arguments.dataset.as_deref(), &experiment, &battery, &arguments.dir)?;
    let source = SplitSource(&dataset, Split::Train);
    let full = experiment.schedule.max().amount().round() as u64;
    let seed = arguments.seed.unwrap_or(experiment.seed);
    let span = TrainingSpan {
        steps: arguments.steps.unwrap_or(full),
        seed,
        divisor: divisor()?,
        folder: Some(&arguments.out),
    };
    // The schedule is as long as the training, so that another number of steps is another training.
    let settings = battery.training.scheduled(span.steps);
    let ad = device.clone().autodiff();
    let model = Model::new(hyperparameters, battery.model.clone(), Statistics::of(&source), seed, &ad);
    let rows = battery.training.windows(model.hyperparameters().seq_len, 1).0 * model.hyperparameters().seq_len;
    if let Err(reason) = resume(&model, &source, &settings, &span) {
        return Err(Failure::Input(format!(
            "`{}` cannot be continued: {reason}\nhint: give another folder with `--out`, or delete this one",
            arguments.out.display()
        )));
    }
    narrate(&format!(
        "{} of {} parameters on {}, {} rows a step, {}",
        subject::kind(&model),
        amount(model.parameters() as f64),
        device::name(&device),
        amount(rows as f64),
        count(span.steps as usize, "step")
    ));

    let (interruption, begun) = (Interruption::watch()?, Instant::now());
    let (mut live, mut first) = (Live::new(false), None);
    let trained = train(model, &source, &settings, span, &mut |progress| {
        let &Progress { step, share, loss } = progress;
        let from = *first.get_or_insert(step - 1);
        let pace = (step - from) as f64 * rows as f64 / begun.elapsed().as_secs_f64();
        let what = format!("step {step} of {}  loss {}  {} rows/s ", span.steps, number(loss), number(pace));
        live.share(&what, share);
        interruption.flow()
    });
    drop(live);
    let trained = trained.map_err(|error| {
        Failure::Input(format!("cannot write a checkpoint in `{}`: {error}", arguments.out.display()))
    })?;
    report(&trained, &arguments.out, span.steps, begun.elapsed().as_secs_f64())
}

fn report(trained: &Trained, out: &Path, steps: u64, seconds: f64) -> Result<(), Failure> {
    if let Some(note) = &trained.note {
        narrate(&format!("note: {note}"));
    }
    if trained.diverged() {
        narrate(&format!(
            "diverged: the loss of step {} is not finite, and no model was kept\nhint: use a lower `learning_rate` or a longer `warm_up`",
            trained.step
        ));
        return Err(Failure::NoSuccess);
    }
    let resumed = match trained.resumed {
        0 => String::new(),
        resumed => format!(", continued after {}", count(resumed as usize, "step")),
    };
    if let Some(loss) = trained.loss {
        let (taken, loss) = (count((trained.step - trained.resumed) as usize, "step"), number(loss));
        narrate(&format!("{taken} in {}, loss {loss}{resumed}", duration(seconds)));
    } else {
        narrate("the model has all of its steps already");
    }
    for path in pictures::learning(&[("training".into(), &trained.curve)], out)? {
        say(&path.display().to_string());
    }
    say(&out.join(checkpoint::FILE).display().to_string());
    if trained.step < steps {
        narrate(&format!("interrupted at step {}; the same command continues from here", trained.step));
        return Err(Failure::Interrupted);
    }
    Ok(())
}

/// The configuration of `--config`, or the space's default, changed by `--set`.
fn configuration(arguments: &Arguments, experiment: &Experiment) -> Result<IndexMap<String, Value>, Failure> {
    let mut config: IndexMap<String, Value> = match &arguments.config {
        Some(path) => {
            let text = source::read(path).map_err(Failure::input)?;
            source::parse(path, &text).map_err(Failure::input)?
        }
        None => {
            let default = experiment.space.default_configuration().map_err(Failure::input)?;
            experiment.space.named(&default).map(|(name, value)| (name.to_owned(), value.clone())).collect()
        }
    };
    for change in &arguments.set {
        let (name, value) = change.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
            Failure::Input(format!("`--set {change}` must be NAME=VALUE\nhint: for example --set dim_model=64"))
        })?;
        let value = ron::from_str(value).unwrap_or_else(|_| Value::Word(value.into()));
        let known = experiment.space.index(name).map(|index| &experiment.space.hyperparameters()[index]);
        let value = known.and_then(|known| known.matching(&value)).unwrap_or(value);
        config.insert(name.to_owned(), value);
    }
    Ok(config)
}

/// The divisor of batches that an executor sets after a device ran out of memory.
fn divisor() -> Result<u32, Failure> {
    const NAME: &str = "GALVANI_MICRO_BATCH_DIVISOR";
    match std::env::var(NAME) {
        Ok(text) => text.parse().ok().filter(|divisor| *divisor > 0).ok_or_else(|| {
            Failure::Input(format!(
                "`{NAME}` must be a whole number of pieces from 1, not `{text}`\nhint: unset this variable"
            ))
        }),
        Err(_) => Ok(1),
    }
}
