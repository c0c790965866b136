//! Draws in bulk of several hyperparameters that are decided together.
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::space::definition::Definition;
use crate::space::sampling::alias::{Alias, uniform};
use crate::space::sampling::boxes::Boxes;
use crate::space::sampling::column_sampler::TABLE;
use crate::space::sampling::diagram::Diagram;

/// The way in which the codes of several hyperparameters are drawn together.
#[derive(Clone, Debug)]
pub(crate) enum Joint {
    /// Every choice: a column of codes for each member, and the probabilities.
    Table {
        members: Vec<usize>,
        alias: Alias,
        codes: Vec<Vec<f64>>,
    },
    /// Too many choices for a table.
    Diagram(Diagram),
    Boxes(Boxes),
}

impl Joint {
    /// The choices of a diagram, in a table where they are few.
    pub(crate) fn of_diagram(definition: &Definition, diagram: Diagram) -> Self {
        let members = diagram.group.members.clone();
        if diagram.count() > u128::from(TABLE) {
            return Self::Diagram(diagram);
        }
        let (mut probabilities, mut codes) = (Vec::new(), vec![Vec::new(); members.len()]);
        diagram.each(&mut |path, probability| {
            probabilities.push(probability);
            for ((codes, &member), index) in codes.iter_mut().zip(&members).zip(path) {
                codes.push(code(definition, member, *index));
            }
        });
        Self::Table { members, alias: Alias::new(probabilities), codes }
    }

    /// The indices of the hyperparameters.
    pub(crate) fn members(&self) -> &[usize] {
        match self {
            Self::Table { members, .. } => members,
            Self::Diagram(diagram) => &diagram.group.members,
            Self::Boxes(boxes) => &boxes.members,
        }
    }

    /// Fills the columns of the members.
    pub(crate) fn fill(
        &self,
        definition: &Definition,
        columns: &mut [Vec<f64>],
        rows: usize,
        random: &mut Xoshiro256PlusPlus,
    ) {
        match self {
            Self::Table { members, alias, codes } => {
                let drawn: Vec<usize> = (0..rows).map(|_| alias.draw(random)).collect();
                for (codes, &member) in codes.iter().zip(members) {
                    columns[member].extend(drawn.iter().map(|&choice| codes[choice]));
                }
            }
            Self::Diagram(diagram) => (0..rows).for_each(|_| {
                diagram.walk(|| uniform(random), |member, index| columns[member].push(code(definition, member, index)));
            }),
            Self::Boxes(boxes) => (0..rows).for_each(|_| {
                boxes.pick(
                    || uniform(random),
                    |member, share| columns[member].push(definition.hyperparameters[member].code_below(share)),
                );
            }),
        }
    }
}

fn code(definition: &Definition, member: usize, index: Option<u16>) -> f64 {
    index.map_or(f64::NAN, |index| definition.hyperparameters[member].code_of_index(u64::from(index)))
}
