//! Tests of the training as a whole: it learns, continues, divides batches, and ends early.
use std::fs;

use super::*;
use crate::battery::model::Statistics;
use crate::battery::model::architecture::Architecture;
use crate::battery::model::device::tested;
use crate::battery::model::hyperparameter::{Hyperparameters, Mixing, NormKind, Position};
use crate::battery::training::toy::Toy;

fn untrained(toy: &Toy, seed: u64) -> Model {
    let hyperparameters = Hyperparameters {
        mixing: Mixing::Attention { position: Position::Rotary { theta: 1e4 }, n_heads: 2 },
        norm: NormKind::RootMeanSquare,
        dim_model: 16,
        seq_len: 16,
        n_layer: 1,
        learning_rate: None,
    };
    let device = tested().autodiff();
    Model::new(hyperparameters, Architecture::default(), Statistics::of(toy), seed, &device)
}

fn settings() -> Training {
    Training {
        tokens_per_step: 128,
        learning_rate: 1e-2,
        warm_up: 5,
        schedule_steps: Some(60),
        input_noise: 0.1,
        ..Training::default()
    }
}

fn span(seed: u64, steps: u64, folder: Option<&Path>) -> TrainingSpan<'_> {
    TrainingSpan { steps, seed, divisor: 1, folder }
}

fn run(toy: &Toy, seed: u64, steps: u64, folder: Option<&Path>) -> Trained {
    train(untrained(toy, seed), toy, &settings(), span(seed, steps, folder), &mut |_| ControlFlow::Continue(()))
        .unwrap()
}

fn weights(trained: &Trained) -> Vec<u32> {
    let device = trained.model.device().inner();
    let optimizer = AdamW::new(&trained.model.network, settings().optimizer(), None, &device);
    optimizer.weights().into_iter().map(f32::to_bits).collect()
}

#[test]
fn the_loss_falls() {
    let toy = Toy::new(1, 4, 256, 30.0);
    let mut losses = Vec::new();
    let mut progress = |progress: &Progress| {
        losses.push((progress.share, progress.loss));
        ControlFlow::Continue(())
    };
    let trained = train(untrained(&toy, 1), &toy, &settings(), span(1, 50, None), &mut progress).unwrap();
    assert_eq!((losses.len(), trained.step, trained.resumed), (50, 50, 0));
    assert_eq!(losses[49].0, 1.0);
    // It begins with what the linear part leaves: less than half of the changes' variance of five features.
    assert!(losses[0].1 < 2.5 && losses[49].1 < 0.6 * losses[0].1, "{:?} to {:?}", losses[0], losses[49]);
    let [first, .., last] = trained.curve.as_slice() else { panic!("a curve has two ends") };
    assert_eq!((first.step, last.step, last.loss), (1, 50, losses[49].1));
    // In the unit of a change from row to row, what is left of the loss is what is left of the squared errors.
    let changes = |point: &CurvePoint| -> f64 {
        let spans = toy.ranges().map(|(least, largest)| largest - least);
        let change = trained.model.statistics().change;
        (1..WIDTH).map(|each| (point.errors[each] / spans[each] / f64::from(change[each])).powi(2)).sum()
    };
    assert!((changes(last) / last.loss - 1.0).abs() < 1e-5 && last.errors[0] == 0.0, "{last:?}");
}

#[test]
fn a_continued_trial_equals_one_trained_straight_through_bit_for_bit() {
    let toy = Toy::new(1, 4, 256, 30.0);
    let folder = tempfile::tempdir().unwrap();
    for steps in [3, 9] {
        run(&toy, 7, steps, Some(folder.path()));
    }
    let continued = run(&toy, 7, 20, Some(folder.path()));
    let straight = run(&toy, 7, 20, None);
    assert_eq!((continued.resumed, continued.note.clone()), (9, None));
    assert_eq!(weights(&continued), weights(&straight));
    assert_eq!(continued.loss.map(f64::to_bits), straight.loss.map(f64::to_bits));
    assert_ne!(weights(&straight), weights(&run(&toy, 8, 20, None)));

    let again = run(&toy, 7, 20, Some(folder.path()));
    assert_eq!((again.resumed, again.loss, again.diverged()), (20, None, false));
    assert_eq!(weights(&again), weights(&straight));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn an_unusable_checkpoint_is_named_and_replaced() {
    let toy = Toy::new(1, 4, 256, 30.0);
    let straight = weights(&run(&toy, 7, 4, None));
    type Spoil = fn(&Path);
    let spoil: [(&str, Spoil); 4] = [
        ("damaged", |file| fs::write(file, b"not a model").unwrap()),
        ("checksum", |file| {
            let mut bytes = fs::read(file).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(file, bytes).unwrap();
        }),
        ("damaged", |file| {
            let bytes = fs::read(file).unwrap();
            fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
        }),
        ("another training", |_| {}),
    ];
    for (reason, spoil) in spoil {
        let folder = tempfile::tempdir().unwrap();
        run(&toy, if reason == "another training" { 6 } else { 7 }, 2, Some(folder.path()));
        spoil(&folder.path().join(checkpoint::FILE));
        let trained = run(&toy, 7, 4, Some(folder.path()));
        let note = trained.note.clone().unwrap();
        assert!(note.starts_with("trained from the start") && note.contains(reason), "{note}");
        assert_eq!(weights(&trained), straight);
        assert_eq!(run(&toy, 7, 4, Some(folder.path())).resumed, 4);
    }
    let folder = tempfile::tempdir().unwrap();
    run(&toy, 7, 4, Some(folder.path()));
    assert!(run(&toy, 7, 2, Some(folder.path())).note.unwrap().contains("4 steps already"));
}

#[test]
fn a_loss_that_is_no_number_ends_at_once() {
    let toy = Toy::new(1, 4, 256, 30.0);
    let folder = tempfile::tempdir().unwrap();
    let hopeless = Training { learning_rate: 10.0, gradient_norm: 1e6, warm_up: 0, weight_decay: 10.0, ..settings() };
    let mut heard = 0;
    let mut count = |_: &Progress| {
        heard += 1;
        ControlFlow::Continue(())
    };
    let trained = train(untrained(&toy, 1), &toy, &hopeless, span(1, 5000, Some(folder.path())), &mut count).unwrap();
    assert!(trained.diverged() && trained.step < 5000, "{:?} at {}", trained.loss, trained.step);
    assert_eq!(heard, trained.step);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "a diverged model is not kept");
}

#[test]
fn pieces_of_a_batch_make_the_step_of_the_whole() {
    let toy = Toy::new(1, 4, 256, 30.0);
    let trained = |micro_batch: Option<usize>, divisor: u32| {
        let settings = Training { micro_batch, loss: loss::Loss::LogCosh, ..settings() };
        let span = TrainingSpan { divisor, ..span(7, 5, None) };
        train(untrained(&toy, 7), &toy, &settings, span, &mut |_| ControlFlow::Continue(())).unwrap()
    };
    let whole = trained(None, 1);
    for (micro_batch, divisor) in [(None, 2), (Some(64), 1), (None, 3), (Some(64), 16)] {
        let pieces = trained(micro_batch, divisor);
        let apart = weights(&whole).into_iter().zip(weights(&pieces));
        let apart = apart.map(|(a, b)| (f32::from_bits(a) - f32::from_bits(b)).abs()).fold(0.0, f32::max);
        assert!(apart < 1e-5, "{micro_batch:?} in {divisor}: {apart}");
        assert!((whole.loss.unwrap() / pieces.loss.unwrap() - 1.0).abs() < 1e-4);
    }
    let batch =
        feed::BatchPlan { length: 16, windows: 8, piece: 3, noise: 0.1, statistics: Statistics::of(&toy), seed: 7 };
    let pieces = batch.pieces(&toy, 3);
    assert_eq!(pieces.iter().map(Batch::windows).collect::<Vec<_>>(), [3, 3, 2]);
    let whole = feed::BatchPlan { piece: 8, ..batch }.pieces(&toy, 3).remove(0);
    let joined: Vec<f32> = pieces.into_iter().flat_map(|piece| piece.input).collect();
    assert_eq!(joined, whole.input);
}

#[test]
fn a_training_that_a_listener_ends_goes_on_as_if_it_had_not() {
    let toy = Toy::new(1, 4, 256, 30.0);
    let folder = tempfile::tempdir().unwrap();
    let mut until_seven = |progress: &Progress| match progress.step {
        7 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let ended =
        train(untrained(&toy, 7), &toy, &settings(), span(7, 20, Some(folder.path())), &mut until_seven).unwrap();
    assert_eq!((ended.step, ended.diverged()), (7, false));
    let continued = run(&toy, 7, 20, Some(folder.path()));
    assert_eq!(continued.resumed, 7);
    assert_eq!(weights(&continued), weights(&run(&toy, 7, 20, None)));
}

#[test]
fn losses_may_be_read_late() {
    let device = tested();
    let mut meter = Meter::patient(3);
    let mut read = Vec::new();
    for step in 1..=4 {
        let squares = Tensor::full([WIDTH], 0.5, &device);
        read.push(meter.add(step, Tensor::full([1], step as f64, &device), squares).len());
    }
    assert_eq!(read, [0, 0, 3, 0]);
    assert_eq!(meter.read(), [Reading { step: 4, loss: 4.0, squares: [0.5; WIDTH] }]);
    assert!(meter.read().is_empty());
}

#[test]
fn sixteen_bits_learn_beside_weights_of_thirty_two() {
    let toy = Toy::new(1, 4, 256, 30.0);
    let trained = |precision| {
        let settings = Training { precision, ..settings() };
        let span = span(1, 50, None);
        train(untrained(&toy, 1), &toy, &settings, span, &mut |_| ControlFlow::Continue(())).unwrap()
    };
    let (plain, mixed) = (trained(Precision::Float32), trained(Precision::BFloat16));
    let ratio = mixed.loss.unwrap() / plain.loss.unwrap();
    assert!((0.8..1.25).contains(&ratio), "{ratio}");
    // Sums of changes that 16 bits could not hold: the weights are those of more precise numbers.
    let is_coarse = |bits: &u32| bits & 0xffff == 0;
    assert!(weights(&mixed).iter().filter(|bits| is_coarse(bits)).count() < weights(&mixed).len() / 20);
    assert_ne!(weights(&mixed), weights(&plain));
}
