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
    for configuration in points.iter().filter_map(|positions| space.complete(positions)) {
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
