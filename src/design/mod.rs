//! Initial designs: the configurations that are evaluated before the surrogate has results to learn from.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub(crate) mod size;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::numeric::low_discrepancy::{latin_hypercube, sobol};
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;

/// Corners that a factorial design has at most.
const CORNERS: usize = 1024;

/// The way in which the first configurations are spread over the space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sampler {
    /// The default configuration alone.
    Default,
    /// A scrambled Sobol sequence.
    Sobol,
    /// One point in each slice of every axis.
    LatinHypercube,
    /// The middle, then the corners of the space in random order: every combination of both ends of each number and of
    /// all choices of each categorical.
    Factorial,
    /// Independent draws.
    Random,
}

/// Legal configurations without a repetition: those of `first`, then up to `size` more, which are the default
/// configuration, where it is legal, and spread points.
///
/// A point that is forbidden or a repetition is replaced by an independent draw. There are fewer than `size`
/// configurations where the space has no more, or where the sampler gives fewer. Without a `size` there are as many as
/// a factorial design has.
pub fn initial_design(
    space: &Space,
    sampler: Sampler,
    first: Vec<Configuration>,
    size: Option<usize>,
    seed: u64,
) -> Vec<Configuration> {
    let dimensions = space.hyperparameters().len();
    let wanted = size.unwrap_or(CORNERS + 2);
    let mut configurations = Vec::new();
    let mut seen = HashSet::new();
    for configuration in first {
        if seen.insert(configuration.clone()) {
            configurations.push(configuration);
        }
    }
    let size_with_first = configurations.len() + wanted;
    let mut add = |configuration: Configuration, configurations: &mut Vec<Configuration>| {
        if configurations.len() < size_with_first && seen.insert(configuration.clone()) {
            configurations.push(configuration);
        }
    };
    if let Ok(default) = space.default_configuration() {
        add(default, &mut configurations);
    }
    let mut stream = Stream::of(seed, "design", 0);
    let spread = |points: Vec<Vec<f64>>| points.iter().filter_map(|shares| space.quantile(shares)).collect();
    let points: Vec<Configuration> = match sampler {
        Sampler::Sobol => spread(sobol(wanted, dimensions, seed, "design")),
        Sampler::LatinHypercube => spread(latin_hypercube(wanted, dimensions, &mut stream)),
        Sampler::Factorial => {
            let each = corners(space, wanted, &mut stream);
            let each = each.iter().filter_map(|positions| space.complete_nearby(positions));
            each.filter(|corner| !space.is_excluded(corner)).collect()
        }
        Sampler::Default | Sampler::Random => Vec::new(),
    };
    points.into_iter().for_each(|configuration| add(configuration, &mut configurations));
    if matches!(sampler, Sampler::Default | Sampler::Factorial) {
        return configurations;
    }
    let mut stream = Stream::of(seed, "design draws", 0);
    for _ in 0..20 * wanted {
        if configurations.len() == size_with_first {
            break;
        }
        let Ok(configuration) = space.sample(&mut stream) else { break };
        add(configuration, &mut configurations);
    }
    configurations
}

/// The middle, and up to `most` corners in random order: a position for each hyperparameter.
fn corners(space: &Space, most: usize, stream: &mut Stream) -> Vec<Vec<f64>> {
    let levels = |index: usize| {
        let hyperparameter = &space.hyperparameters()[index];
        match hyperparameter.size().map_or(2, |size| size as usize) {
            1 => vec![0.5],
            size if hyperparameter.is_categorical() => {
                (0..size).map(|choice| (choice as f64 + 0.5) / size as f64).collect()
            }
            _ => vec![0.0, 1.0],
        }
    };
    let levels: Vec<Vec<f64>> = (0..space.hyperparameters().len()).map(levels).collect();
    let corner = |mut number: usize| {
        let digit = |of: &Vec<f64>| {
            let digit = number % of.len();
            number /= of.len();
            of[digit]
        };
        levels.iter().map(digit).collect::<Vec<f64>>()
    };
    let middle = vec![0.5; levels.len()];
    let count = levels.iter().try_fold(1_usize, |count, of| count.checked_mul(of.len()));
    let corners: Vec<Vec<f64>> = match count.filter(|&count| count <= 64 * CORNERS) {
        Some(count) => {
            let mut numbers: Vec<usize> = (0..count).collect();
            stream.shuffle(&mut numbers);
            numbers.into_iter().take(most).map(corner).collect()
        }
        // Of so many, hardly two draws are the same.
        None => (0..most).map(|_| levels.iter().map(|of| of[stream.below(of.len())]).collect()).collect(),
    };
    [middle].into_iter().chain(corners).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::hyperparameter::{Domain, Hyperparameter, Value};

    fn space(forbidden: &[&str]) -> Space {
        let unit =
            |name: &str| Hyperparameter::new(name, Domain::Float { min: 0.0, max: 1.0, log: false }, Value::Float(0.9));
        let forbidden = forbidden.iter().map(|clause| clause.to_string()).collect();
        Space::new("test".into(), vec![unit("x"), unit("y")], vec![], forbidden).unwrap()
    }

    fn design(space: &Space, sampler: Sampler, size: usize, seed: u64) -> Vec<Configuration> {
        initial_design(space, sampler, Vec::new(), Some(size), seed)
    }

    #[test]
    fn the_default_comes_first_and_nothing_twice() {
        let space = space(&[]);
        for sampler in [Sampler::Sobol, Sampler::LatinHypercube, Sampler::Random] {
            let twenty = design(&space, sampler, 20, 1);
            assert_eq!(twenty[0], space.default_configuration().unwrap());
            assert_eq!((twenty.len(), twenty.iter().collect::<HashSet<_>>().len()), (20, 20));
            assert_eq!(twenty, design(&space, sampler, 20, 1));
            assert_ne!(twenty, design(&space, sampler, 20, 2));
        }
        assert_eq!(design(&space, Sampler::Default, 20, 1), [space.default_configuration().unwrap()]);
    }

    #[test]
    fn given_configurations_come_first() {
        let space = space(&[]);
        let given = space.complete(&[0.25, 0.75]).unwrap();
        let all = initial_design(&space, Sampler::Sobol, vec![given.clone(), given.clone()], Some(5), 1);
        assert_eq!((all.len(), &all[0]), (6, &given));
        assert_eq!(all[1], space.default_configuration().unwrap());
    }

    #[test]
    fn a_factorial_design_has_every_corner() {
        let words = ["a", "b", "c"].map(|word| Value::Word(word.into())).to_vec();
        let hyperparameters = vec![
            Hyperparameter::new("x", Domain::Float { min: 0.0, max: 1.0, log: false }, Value::Float(0.9)),
            Hyperparameter::new("n", Domain::Integer { min: 1, max: 9, log: false }, Value::Integer(2)),
            Hyperparameter::new("k", Domain::Categorical { choices: words.clone() }, words[0].clone()),
            Hyperparameter::new("o", Domain::Ordinal { values: words.clone() }, words[0].clone()),
            Hyperparameter::new("c", Domain::Constant { value: Value::Integer(7) }, Value::Integer(7)),
        ];
        let space = Space::new("test".into(), hyperparameters, vec![], vec![]).unwrap();
        // SMAC's factorial design: the default, the middle, and 2 * 2 * 3 * 2 corners.
        let all = initial_design(&space, Sampler::Factorial, Vec::new(), None, 1);
        assert_eq!(all.len(), 2 + 24);
        let ends =
            |index: usize| all[2..].iter().map(|each| each.get(index).unwrap().to_string()).collect::<HashSet<_>>();
        assert_eq!((ends(0).len(), ends(1).len(), ends(2).len(), ends(3).len()), (2, 2, 3, 2));
        assert_eq!(design(&space, Sampler::Factorial, 6, 1), all[..6]);
    }

    #[test]
    fn forbidden_points_are_replaced() {
        let space = space(&["x > 0.5", "y > x"]);
        let design = design(&space, Sampler::Sobol, 30, 1);
        assert_eq!(design.len(), 30);
        assert!(design.iter().all(|each| space.configuration(each.values().to_vec()).is_ok()));
        assert!(space.default_configuration().is_err(), "the default is forbidden, and left out");
    }

    #[test]
    fn a_small_space_is_tried_in_full() {
        let domain = Domain::Integer { min: 1, max: 5, log: false };
        let x = Hyperparameter::new("x", domain, Value::Integer(2));
        let space = Space::new("test".into(), vec![x], vec![], vec![]).unwrap();
        assert_eq!(design(&space, Sampler::Sobol, 50, 1).len(), 5);
    }
}
