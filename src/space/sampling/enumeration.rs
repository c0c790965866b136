//! All configurations of a finite space, each with a number.
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::Value;
use crate::space::sampling::diagram::Diagram;
use crate::space::sampling::group::Group;

/// The choices of a finite space, as parts that do not depend on each other.
#[derive(Clone, Debug)]
pub(crate) struct Enumeration {
    parts: Vec<Part>,
    count: u64,
}

#[derive(Clone, Debug)]
enum Part {
    /// One hyperparameter that no clause and no condition reads, with so many values.
    Free(usize, u64),
    Tied(Diagram),
}

impl Enumeration {
    /// The choices of a space; `None` where there are real numbers, or too many to count.
    fn of(space: &Space) -> Option<Self> {
        let clauses: Vec<usize> = (0..space.forbidden.len()).collect();
        let (mut parts, mut count) = (Vec::new(), 1_u64);
        for group in Group::all(space, &clauses, true) {
            let (part, ways) = if group.members.len() == 1 && group.clauses.is_empty() {
                let size = space.hyperparameters[group.members[0]].size()?;
                (Part::Free(group.members[0], size), size)
            } else if group.members.iter().all(|&member| space.small(member)) {
                let diagram = Diagram::of(space, group)?;
                let ways = u64::try_from(diagram.count()).ok()?;
                (Part::Tied(diagram), ways)
            } else {
                return None;
            };
            count = count.checked_mul(ways)?;
            parts.push(part);
        }
        Some(Self { parts, count })
    }
}

impl Space {
    /// The number of legal configurations; `None` where there are real numbers, or too many to count.
    pub fn count(&self) -> Option<u64> {
        self.enumeration().map(|enumeration| enumeration.count)
    }

    /// The legal configuration with this number, of all [`count`](Self::count); `None` where there are not so many, or
    /// they cannot be counted.
    pub fn nth(&self, number: u64) -> Option<Configuration> {
        let enumeration = self.enumeration().filter(|enumeration| number < enumeration.count)?;
        let mut point: Vec<Option<Value>> = vec![None; self.hyperparameters.len()];
        let mut rest = number;
        for part in &enumeration.parts {
            match part {
                Part::Free(index, size) => {
                    point[*index] = Some(self.hyperparameters[*index].domain.nth(rest % size));
                    rest /= size;
                }
                Part::Tied(diagram) => {
                    let ways = diagram.count() as u64;
                    diagram.choose(self, u128::from(rest % ways), &mut point);
                    rest /= ways;
                }
            }
        }
        Some(Configuration::of(point))
    }

    /// Every legal configuration, each once; `None` where they cannot be counted.
    pub fn configurations(&self) -> Option<impl Iterator<Item = Configuration>> {
        let count = self.count()?;
        Some((0..count).filter_map(|number| self.nth(number)))
    }

    fn enumeration(&self) -> Option<&Enumeration> {
        self.enumeration.get_or_init(|| Enumeration::of(self)).as_ref()
    }
}
