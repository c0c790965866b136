//! All configurations of a finite space, each with a number.
use crate::space::configuration::Configuration;
use crate::space::definition::Definition;
use crate::space::sampling::diagram::{Diagram, is_small};
use crate::space::sampling::group::TiedGroup;
use crate::space::value::Value;

/// The choices of a finite space, as factors that do not depend on each other.
#[derive(Clone, Debug)]
pub(crate) struct Enumeration {
    factors: Vec<Factor>,
    count: u64,
}

#[derive(Clone, Debug)]
enum Factor {
    /// One hyperparameter that no clause and no condition reads, with so many values.
    Free(usize, u64),
    Tied(Diagram),
}

impl Enumeration {
    /// The choices of a space; `None` where there are real numbers, or too many to count.
    pub(crate) fn of(definition: &Definition) -> Option<Self> {
        let clauses: Vec<usize> = (0..definition.forbidden.len()).collect();
        let (mut factors, mut count) = (Vec::new(), 1_u64);
        for group in TiedGroup::all(definition, &clauses, true) {
            let (factor, ways) = if group.members.len() == 1 && group.clauses.is_empty() {
                let size = definition.hyperparameters[group.members[0]].size()?;
                (Factor::Free(group.members[0], size), size)
            } else if group.members.iter().all(|&member| is_small(definition, member)) {
                let diagram = Diagram::of(definition, group)?;
                let ways = u64::try_from(diagram.count()).ok()?;
                (Factor::Tied(diagram), ways)
            } else {
                return None;
            };
            count = count.checked_mul(ways)?;
            factors.push(factor);
        }
        Some(Self { factors, count })
    }

    /// The number of legal configurations.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The legal configuration with this number; `None` from the count on.
    pub(crate) fn nth(&self, definition: &Definition, number: u64) -> Option<Configuration> {
        if number >= self.count {
            return None;
        }
        let mut values: Vec<Option<Value>> = vec![None; definition.hyperparameters.len()];
        let mut rest = number;
        for factor in &self.factors {
            match factor {
                Factor::Free(index, size) => {
                    values[*index] = Some(definition.hyperparameters[*index].domain.nth(rest % size));
                    rest /= size;
                }
                Factor::Tied(diagram) => {
                    let ways = diagram.count() as u64;
                    diagram.choose(definition, u128::from(rest % ways), &mut values);
                    rest /= ways;
                }
            }
        }
        Some(Configuration::of(values))
    }
}
