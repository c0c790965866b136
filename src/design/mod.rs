//! What to try before there is anything to learn from.
use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::numeric::low_discrepancy::{latin_hypercube, sobol};
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;

/// How the first configurations are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sampler {
    /// A scrambled Sobol sequence.
    Sobol,
    /// One point in each slice of every axis.
    LatinHypercube,
    /// Independent draws.
    Random,
}

/// Up to `size` different legal configurations: the default one, where it is legal, then spread points.
///
/// A point that is forbidden or a repetition is replaced by an independent draw; there are fewer than `size` only
/// where the space hardly has more.
pub fn initial(space: &Space, sampler: Sampler, size: usize, seed: u64) -> Vec<Configuration> {
    let dimensions = space.hyperparameters().len();
    let mut configurations = Vec::with_capacity(size);
    let mut seen = HashSet::new();
    let mut add = |configuration: Configuration, configurations: &mut Vec<Configuration>| {
        if configurations.len() < size && seen.insert(configuration.clone()) {
            configurations.push(configuration);
        }
    };
    if let Ok(default) = space.default_configuration() {
        add(default, &mut configurations);
    }
    let points = match sampler {
        Sampler::Sobol => sobol(size, dimensions, seed, "design"),
        Sampler::LatinHypercube => latin_hypercube(size, dimensions, &mut Stream::of(seed, "design", 0)),
        Sampler::Random => Vec::new(),
    };
    for configuration in points.iter().filter_map(|shares| space.quantile(shares)) {
        add(configuration, &mut configurations);
    }
    let mut stream = Stream::of(seed, "design draws", 0);
    for _ in 0..20 * size {
        if configurations.len() == size {
            break;
        }
        let Ok(configuration) = space.sample(&mut stream) else { break };
        add(configuration, &mut configurations);
    }
    configurations
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

    #[test]
    fn the_default_comes_first_and_nothing_twice() {
        let space = space(&[]);
        for sampler in [Sampler::Sobol, Sampler::LatinHypercube, Sampler::Random] {
            let design = initial(&space, sampler, 20, 1);
            assert_eq!(design[0], space.default_configuration().unwrap());
            assert_eq!((design.len(), design.iter().collect::<HashSet<_>>().len()), (20, 20));
            assert_eq!(design, initial(&space, sampler, 20, 1));
            assert_ne!(design, initial(&space, sampler, 20, 2));
        }
    }

    #[test]
    fn forbidden_points_are_replaced() {
        let space = space(&["x > 0.5", "y > x"]);
        let design = initial(&space, Sampler::Sobol, 30, 1);
        assert_eq!(design.len(), 30);
        assert!(design.iter().all(|each| space.configuration(each.values().to_vec()).is_ok()));
        assert!(space.default_configuration().is_err(), "the default is forbidden, and left out");
    }

    #[test]
    fn a_small_space_is_tried_in_full() {
        let domain = Domain::Integer { min: 1, max: 5, log: false };
        let x = Hyperparameter::new("x", domain, Value::Integer(2));
        let space = Space::new("test".into(), vec![x], vec![], vec![]).unwrap();
        assert_eq!(initial(&space, Sampler::Sobol, 50, 1).len(), 5);
    }
}
