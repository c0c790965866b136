//! Tests of the Gaussian process, against numbers of scikit-learn and of an independent computation.
use super::*;

/// Made by `tests/golden/gaussian_process.py`.
const GOLDEN: &str = include_str!("../../../tests/golden/gaussian_process.json");

fn golden(case: &str) -> serde_json::Value {
    serde_json::from_str::<serde_json::Value>(GOLDEN).unwrap()[case].clone()
}

fn numbers(value: &serde_json::Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}

fn rows(value: &serde_json::Value) -> Rows {
    let all: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(numbers).collect();
    let mut rows = Rows::new(all[0].len());
    all.iter().for_each(|row| rows.push(row));
    rows
}

fn indexed(targets: &[f64]) -> Targets {
    targets.iter().copied().enumerate().collect()
}

/// A process with given hyperparameters.
fn fixed(columns: &[Column], mean: Mean, parameters: Vec<f64>, rows: &Rows, targets: &[f64]) -> GaussianProcess {
    let mut process = GaussianProcess::new(columns, &GaussianProcessSettings::default(), 1);
    process.adopt(rows, &indexed(targets), usize::MAX);
    process.mean = mean;
    process.learnt = Some((targets.len(), vec![parameters]));
    process.condition();
    process
}

fn updated(columns: &[Column], settings: &GaussianProcessSettings, rows: &Rows, targets: &[f64]) -> GaussianProcess {
    let mut process = GaussianProcess::new(columns, settings, 1);
    process.update(rows, &indexed(targets), targets.len(), &|results| indexed(&targets[..results]));
    process
}

fn close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= 1e-6 * (1.0 + expected.abs()), "{what}: {found} is not {expected}");
}

#[test]
fn marginal_likelihoods_and_predictions_are_those_of_others() {
    // scikit-learn's mean is that of the targets.
    let means = [Mean { deviation: 0.0, optimism: 0.0 }, Mean { deviation: 3.0, optimism: 0.7 }];
    for (case, mean) in [("numbers", means[0]), ("mixed", means[0]), ("hopeful", means[1])] {
        let golden = golden(case);
        let (train, test) = (rows(&golden["train"]), rows(&golden["test"]));
        let choices = golden["choices"].as_array().unwrap().iter();
        let columns: Vec<Column> = choices
            .map(|choices| match choices.as_u64().unwrap() {
                0 => Column::Numeric,
                choices => Column::Categorical { choices: choices as usize },
            })
            .collect();
        let (targets, parameters) = (numbers(&golden["targets"]), numbers(&golden["parameters"]));
        let process = fixed(&columns, mean, parameters.clone(), &train, &targets);
        let (likelihood, gradient) = process.seen().marginal_likelihood(&parameters, true).unwrap();
        close(likelihood, golden["evidence"].as_f64().unwrap(), case);
        for (found, expected) in gradient.iter().zip(numbers(&golden["gradient"])) {
            close(*found, expected, &format!("{case}, gradient"));
        }
        let predictions = process.predict(&test);
        for (index, prediction) in predictions.iter().enumerate() {
            close(prediction.mean, numbers(&golden["means"])[index], case);
            close(prediction.variance, numbers(&golden["variances"])[index], case);
        }
    }
}

#[test]
fn the_maximized_marginal_likelihood_is_at_least_as_large_as_at_any_other_place() {
    let golden = golden("numbers");
    let (train, targets) = (rows(&golden["train"]), numbers(&golden["targets"]));
    let columns = vec![Column::Numeric; train.width()];
    let process = updated(&columns, &GaussianProcessSettings::default(), &train, &targets);
    let seen = process.seen();
    let best = &process.learnt.as_ref().unwrap().1[0];
    let prior = |parameters: &[f64]| seen.posterior_for_tests(parameters);
    let highest = prior(best);
    let mut stream = Stream::of(1, "test", 0);
    for _ in 0..200 {
        let other: Vec<f64> = best.iter().map(|parameter| parameter + 0.5 * stream.normal()).collect();
        assert!(prior(&other) <= highest + 1e-3, "{other:?}");
    }
}

#[test]
fn a_smooth_function_is_learnt_and_its_points_are_met() {
    let mut stream = Stream::of(2, "test", 0);
    let function = |x: &[f64]| (5.0 * x[0]).sin() + (x[1] - 0.3).powi(2) * 4.0;
    let draw = |count: usize, stream: &mut Stream| {
        let mut rows = Rows::new(2);
        (0..count).for_each(|_| rows.push(&[stream.uniform(), stream.uniform()]));
        rows
    };
    let (train, test) = (draw(40, &mut stream), draw(100, &mut stream));
    let truth = |rows: &Rows| (0..rows.len()).map(|index| function(rows.row(index))).collect::<Vec<f64>>();
    for samples in [0, 4] {
        let settings = GaussianProcessSettings { samples, ..GaussianProcessSettings::default() };
        let mut process = updated(&[Column::Numeric; 2], &settings, &train, &truth(&train));
        assert_eq!(process.predict_each(&test).len(), samples.max(1) as usize);
        for (prediction, truth) in process.predict(&test).iter().zip(truth(&test)) {
            assert!((prediction.mean - truth).abs() < 0.1, "{samples} {prediction:?} {truth}");
        }
        let draws = process.sample_posterior(&test, &mut stream);
        for ((draw, prediction), truth) in draws.iter().zip(process.predict(&test)).zip(truth(&test)) {
            assert!((draw - truth).abs() < 0.2 + 6.0 * prediction.variance.sqrt(), "{draw} {truth}");
        }
        let before = process.predict(&test)[0];
        process.condition_on(&test.select([0]), None);
        let after = process.predict(&test)[0];
        assert!((after.mean - before.mean).abs() < 1e-3 && after.variance <= before.variance);
        process.condition_on(&test.select([1]), Some(9.0));
        assert!(process.predict(&test)[1].mean > 0.5);
    }
}

#[test]
fn slopes_are_those_of_small_steps() {
    let golden = golden("mixed");
    let (train, targets) = (rows(&golden["train"]), numbers(&golden["targets"]));
    let choices = numbers(&golden["choices"]);
    let kind = |choices: &f64| match *choices as usize {
        0 => Column::Numeric,
        choices => Column::Categorical { choices },
    };
    let columns: Vec<Column> = choices.iter().map(kind).collect();
    let mean = Mean { deviation: DEVIATION, optimism: 1.0 };
    let process = fixed(&columns, mean, numbers(&golden["parameters"]), &train, &targets);
    let test = rows(&golden["test"]);
    for index in 0..test.len() {
        let row = test.row(index);
        let slope = &process.slopes(row).unwrap()[0];
        close(slope.prediction.mean, process.predict(&test)[index].mean, "mean");
        for column in (0..columns.len()).filter(|&column| columns[column] == Column::Numeric && !row[column].is_nan()) {
            let at = |step: f64| {
                let mut moved = row.to_vec();
                moved[column] += step;
                process.slopes(&moved).unwrap()[0].prediction
            };
            let (low, high) = (at(-1e-5), at(1e-5));
            assert!(((high.mean - low.mean) / 2e-5 - slope.of_mean[column]).abs() < 1e-5);
            assert!(((high.variance - low.variance) / 2e-5 - slope.of_variance[column]).abs() < 1e-5);
        }
    }
}

#[test]
fn many_results_are_thinned_and_hyperparameters_depend_on_the_log_alone() {
    let mut stream = Stream::of(3, "test", 0);
    let mut rows = Rows::new(1);
    (0..70).for_each(|_| rows.push(&[stream.uniform()]));
    let targets: Vec<f64> = (0..70).map(|index| (6.0 * rows.row(index)[0]).sin()).collect();
    let settings = GaussianProcessSettings { rows: 30, ..GaussianProcessSettings::default() };
    let mut step_by_step = GaussianProcess::new(&[Column::Numeric], &settings, 1);
    for results in 5..=70 {
        step_by_step.update(&rows, &indexed(&targets[..results]), results, &|earlier| indexed(&targets[..earlier]));
    }
    let at_once = updated(&[Column::Numeric], &settings, &rows, &targets);
    assert_eq!(step_by_step.points.len(), 30);
    assert_eq!(step_by_step.predict(&rows), at_once.predict(&rows));
}

#[test]
fn what_matters_is_found_where_learning_is_cut_short_by_many_columns() {
    let mut stream = Stream::of(3, "test", 0);
    let mut rows = Rows::new(60);
    (0..LEARNING).for_each(|_| rows.push(&(0..60).map(|_| stream.uniform()).collect::<Vec<_>>()));
    let targets: Vec<f64> = (0..rows.len()).map(|index| (rows.row(index)[7] - 0.3).powi(2)).collect();
    let lengths = updated(&[Column::Numeric; 60], &GaussianProcessSettings::default(), &rows, &targets).lengths();
    let shortest = (0..60).min_by(|a, b| lengths[*a].total_cmp(&lengths[*b]));
    assert_eq!(shortest, Some(7), "{lengths:?}");
}
