//! Draws in bulk of one hyperparameter, as a column of codes.
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::space::domain::Domain;
use crate::space::hyperparameter::Hyperparameter;
use crate::space::prior::Prior;
use crate::space::sampling::alias::{Alias, below, uniform};

/// The largest number of values that get a table of their codes.
pub(crate) const TABLE: u64 = 1 << 14;

/// The way in which the codes of a hyperparameter are drawn.
#[derive(Clone, Debug)]
pub(crate) enum ColumnSampler {
    /// A number of `[0, 1]`, uniformly distributed.
    Uniform,
    /// Few codes, equally likely.
    Equal(Vec<f64>),
    /// Few codes, each with its own probability.
    Weighted(Alias, Vec<f64>),
    /// Shares of a prior, looked up one by one.
    Prior,
}

impl ColumnSampler {
    /// The sampler of a hyperparameter, by its domain and its prior.
    pub(crate) fn of(hyperparameter: &Hyperparameter) -> Self {
        let is_uniform = hyperparameter.prior == Prior::Uniform;
        let is_stretched = matches!(hyperparameter.domain, Domain::Integer { log: true, .. });
        match hyperparameter.size() {
            None if is_uniform => Self::Uniform,
            Some(size) if size <= TABLE => {
                let codes = (0..size).map(|index| hyperparameter.code_of_index(index)).collect();
                if is_uniform && !is_stretched {
                    return Self::Equal(codes);
                }
                let probabilities = (0..size).map(|index| hyperparameter.probability(index)).collect();
                Self::Weighted(Alias::new(probabilities), codes)
            }
            _ => Self::Prior,
        }
    }

    /// Fills a column with random codes.
    pub(crate) fn fill(&self, hyperparameter: &Hyperparameter, column: &mut [f64], random: &mut Xoshiro256PlusPlus) {
        match self {
            Self::Uniform => column.iter_mut().for_each(|code| *code = uniform(random)),
            Self::Equal(codes) => column.iter_mut().for_each(|code| *code = codes[below(codes.len(), random).0]),
            Self::Weighted(alias, codes) => column.iter_mut().for_each(|code| *code = codes[alias.draw(random)]),
            Self::Prior => column.iter_mut().for_each(|code| *code = hyperparameter.code_below(uniform(random))),
        }
    }
}
