//! Draws in bulk: the codes of one hyperparameter, or of several that are decided together.
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::space::Space;
use crate::space::code::TABLE;
use crate::space::hyperparameter::{Domain, Hyperparameter};
use crate::space::prior::Prior;
use crate::space::sampling::boxes::Boxes;
use crate::space::sampling::diagram::Diagram;

/// The law of a hyperparameter's codes.
#[derive(Clone, Debug)]
pub(crate) enum ColumnSampler {
    /// Any place of `[0, 1]`, equally likely.
    Place,
    /// Few codes, equally likely.
    Even(Vec<f64>),
    /// Few codes, each with its own probability.
    Weighted(Alias, Vec<f64>),
    /// Shares of a prior, looked up one by one.
    Prior,
}

/// Draws from few outcomes by one random number each (Walker 1977, with Vose's construction).
#[derive(Clone, Debug)]
pub(crate) struct Alias {
    /// The part of each slot that is its own, in 2⁻⁶⁴, and whose the rest is.
    slots: Vec<(u64, u32)>,
}

/// What several hyperparameters are, drawn together.
#[derive(Clone, Debug)]
pub(crate) enum Joint {
    /// Every choice: a column of codes for each member, and how likely they are.
    Table {
        members: Vec<usize>,
        alias: Alias,
        codes: Vec<Vec<f64>>,
    },
    /// Too many choices for a table.
    Diagram(Diagram),
    Boxes(Boxes),
}

/// Uniform in `[0, 1)`, a multiple of 2⁻⁵³.
fn uniform(random: &mut Xoshiro256PlusPlus) -> f64 {
    // Through the signed integer, for which processors have an instruction.
    (random.next_u64() >> 11) as i64 as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// An index below `count`, and what is left of the random number.
fn below(count: usize, random: &mut Xoshiro256PlusPlus) -> (usize, u64) {
    let product = u128::from(random.next_u64()) * count as u128;
    ((product >> 64) as usize, product as u64)
}

impl ColumnSampler {
    pub fn of(hyperparameter: &Hyperparameter) -> Self {
        let is_uniform = hyperparameter.prior == Prior::Uniform;
        let is_stretched = matches!(hyperparameter.domain, Domain::Integer { log: true, .. });
        match hyperparameter.size() {
            None if is_uniform => Self::Place,
            Some(size) if size <= TABLE => {
                let codes = (0..size).map(|index| hyperparameter.code_of_index(index)).collect();
                if is_uniform && !is_stretched {
                    return Self::Even(codes);
                }
                let probabilities = (0..size).map(|index| hyperparameter.probability(index)).collect();
                Self::Weighted(Alias::new(probabilities), codes)
            }
            _ => Self::Prior,
        }
    }

    /// Fills a column.
    pub fn fill(&self, hyperparameter: &Hyperparameter, column: &mut [f64], random: &mut Xoshiro256PlusPlus) {
        match self {
            Self::Place => column.iter_mut().for_each(|code| *code = uniform(random)),
            Self::Even(codes) => column.iter_mut().for_each(|code| *code = codes[below(codes.len(), random).0]),
            Self::Weighted(alias, codes) => column.iter_mut().for_each(|code| *code = codes[alias.draw(random)]),
            Self::Prior => column.iter_mut().for_each(|code| *code = hyperparameter.code_below(uniform(random))),
        }
    }
}

impl Alias {
    /// Draws with these probabilities, at least one of them above 0; they need not add up to 1.
    pub fn new(probabilities: Vec<f64>) -> Self {
        let count = probabilities.len();
        let scale = count as f64 / probabilities.iter().sum::<f64>();
        let mut shares: Vec<f64> = probabilities.into_iter().map(|probability| probability * scale).collect();
        let most = (0..count).max_by(|&a, &b| shares[a].total_cmp(&shares[b])).expect("there is an outcome");
        let (mut poor, mut rich): (Vec<usize>, Vec<usize>) = (0..count).partition(|&index| shares[index] < 1.0);
        let mut slots: Vec<(u64, u32)> = (0..count).map(|index| (u64::MAX, index as u32)).collect();
        while let (Some(&giver), Some(taker)) = (rich.last(), poor.pop()) {
            slots[taker] = ((shares[taker] * (u64::MAX as f64)) as u64, giver as u32);
            shares[giver] -= 1.0 - shares[taker];
            if shares[giver] < 1.0 {
                rich.pop();
                poor.push(giver);
            }
        }
        // What rounding leaves over is nearly whole, unless it is never to be drawn.
        poor.into_iter().filter(|&index| shares[index] < 0.5).for_each(|index| slots[index] = (0, most as u32));
        Self { slots }
    }

    fn draw(&self, random: &mut Xoshiro256PlusPlus) -> usize {
        let (slot, rest) = below(self.slots.len(), random);
        let (own, other) = self.slots[slot];
        if rest <= own { slot } else { other as usize }
    }
}

impl Joint {
    pub fn of_diagram(space: &Space, diagram: Diagram) -> Self {
        let members = diagram.group.members.clone();
        if diagram.count() > u128::from(TABLE) {
            return Self::Diagram(diagram);
        }
        let (mut probabilities, mut codes) = (Vec::new(), vec![Vec::new(); members.len()]);
        diagram.each(&mut |path, probability| {
            probabilities.push(probability);
            for ((codes, &member), index) in codes.iter_mut().zip(&members).zip(path) {
                codes.push(code(space, member, *index));
            }
        });
        Self::Table { members, alias: Alias::new(probabilities), codes }
    }

    pub fn members(&self) -> &[usize] {
        match self {
            Self::Table { members, .. } => members,
            Self::Diagram(diagram) => &diagram.group.members,
            Self::Boxes(boxes) => &boxes.members,
        }
    }

    /// Fills the columns of the members.
    pub fn fill(&self, space: &Space, columns: &mut [Vec<f64>], rows: usize, random: &mut Xoshiro256PlusPlus) {
        match self {
            Self::Table { members, alias, codes } => {
                let drawn: Vec<usize> = (0..rows).map(|_| alias.draw(random)).collect();
                for (codes, &member) in codes.iter().zip(members) {
                    columns[member].extend(drawn.iter().map(|&choice| codes[choice]));
                }
            }
            Self::Diagram(diagram) => (0..rows).for_each(|_| {
                diagram.walk(|| uniform(random), |member, index| columns[member].push(code(space, member, index)));
            }),
            Self::Boxes(boxes) => (0..rows).for_each(|_| {
                boxes.pick(
                    || uniform(random),
                    |member, share| columns[member].push(space.hyperparameters[member].code_below(share)),
                );
            }),
        }
    }
}

fn code(space: &Space, member: usize, index: Option<u16>) -> f64 {
    index.map_or(f64::NAN, |index| space.hyperparameters[member].code_of_index(u64::from(index)))
}
