//! The legal values of discrete hyperparameters that clauses tie together, one table a group.
use super::Space;
use super::hyperparameter::{Domain, Hyperparameter, Value};
use super::sampling::Impossible;
use crate::numeric::stream::Stream;

/// Rows of one table, and steps of the search for them; a group beyond is left to rejection.
const ROWS: usize = 1 << 20;
const STEPS: usize = 1 << 22;

/// What stands for an inactive hyperparameter in a row.
const INACTIVE: u16 = u16::MAX;

/// Every legal choice of values for a group of hyperparameters, with its share of the unit cube.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub group: Group,
    /// Row-major, a column for each member: the index of a value, or [`INACTIVE`].
    rows: Vec<u16>,
    /// Shares of the unit cube, summed up to and including each row.
    cumulative: Vec<f64>,
}

/// Hyperparameters that share clauses, parents before children, closed under conditions.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub members: Vec<usize>,
    pub clauses: Vec<usize>,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Complete,
    Stopped,
    TooLarge,
}

impl Table {
    fn of(space: &Space, group: Group) -> Option<Self> {
        let (mut rows, mut cumulative, mut total) = (Vec::new(), Vec::new(), 0.0);
        let end = search(space, &group, STEPS, &mut |row, share| {
            rows.extend_from_slice(row);
            total += share;
            cumulative.push(total);
            cumulative.len() <= ROWS
        });
        (end == End::Complete).then_some(Self { group, rows, cumulative })
    }

    /// The share of the unit cube that is legal.
    pub fn share(&self) -> f64 {
        self.cumulative.last().copied().unwrap_or(0.0)
    }

    /// Writes a random row into a point.
    pub fn draw(&self, space: &Space, stream: &mut Stream, point: &mut [Option<Value>]) {
        let target = stream.uniform() * self.share();
        let row = self.cumulative.partition_point(|&sum| sum <= target).min(self.cumulative.len() - 1);
        let width = self.group.members.len();
        for (&member, &index) in self.group.members.iter().zip(&self.rows[row * width..]) {
            point[member] = (index != INACTIVE).then(|| space.hyperparameters[member].nth(usize::from(index)));
        }
    }
}

impl Space {
    /// Tables of all groups that are small enough.
    pub(super) fn tables(&self) -> &[Table] {
        self.tables.get_or_init(|| {
            let clauses: Vec<usize> = (0..self.forbidden.len()).filter(|&clause| self.enumerable(clause)).collect();
            groups(self, &clauses, false).into_iter().filter_map(|group| Table::of(self, group)).collect()
        })
    }

    /// The number of legal configurations; `None` where there are real numbers, or too many to count.
    pub fn count(&self) -> Option<u64> {
        if self.hyperparameters.iter().any(|each| each.size().is_none()) {
            return None;
        }
        let clauses: Vec<usize> = (0..self.forbidden.len()).collect();
        let mut count = 1_u64;
        for group in groups(self, &clauses, true) {
            let mut rows = 0_u64;
            let single = group.members.len() == 1 && group.clauses.is_empty();
            if single {
                rows = self.hyperparameters[group.members[0]].size()?;
            } else if !group.members.iter().all(|&member| self.small(member)) {
                return None;
            } else {
                let end = search(self, &group, STEPS, &mut |_, _| {
                    rows += 1;
                    true
                });
                if end == End::TooLarge {
                    return None;
                }
            }
            count = count.checked_mul(rows)?;
        }
        Some(count)
    }

    /// The fewest clauses of a group that together allow nothing; each is needed.
    pub(super) fn conflict(&self, group: &Group) -> Impossible {
        let mut needed = group.clauses.clone();
        for clause in &group.clauses {
            let fewer: Vec<usize> = needed.iter().copied().filter(|each| each != clause).collect();
            let attempt = Group { members: group.members.clone(), clauses: fewer };
            if search(self, &attempt, STEPS, &mut |_, _| false) == End::Complete {
                needed = attempt.clauses;
            }
        }
        Impossible { clauses: needed.iter().map(|&clause| self.forbidden[clause].to_string()).collect(), draws: None }
    }

    /// Whether everything that decides a clause has few values.
    fn enumerable(&self, clause: usize) -> bool {
        closure(self, self.forbidden[clause].reads()).into_iter().all(|member| self.small(member))
    }

    fn small(&self, member: usize) -> bool {
        self.hyperparameters[member].size().is_some_and(|size| size < u64::from(INACTIVE))
    }
}

impl Hyperparameter {
    /// The value with this index among the finitely many.
    fn nth(&self, index: usize) -> Value {
        match &self.domain {
            Domain::Integer { min, .. } => Value::Integer(min + index as i64),
            Domain::Ordinal { values } | Domain::Categorical { choices: values } => values[index].clone(),
            Domain::Constant { value } => value.clone(),
            Domain::Float { .. } => unreachable!("real numbers are never enumerated"),
        }
    }

    /// The share of the unit interval that this index has.
    fn share(&self, index: usize) -> f64 {
        match &self.domain {
            Domain::Integer { min, max, log: true } => {
                let edge = |value: i64| (value as f64 - 0.5).ln();
                let value = min + index as i64;
                (edge(value + 1) - edge(value)) / (edge(max + 1) - edge(*min))
            }
            _ => 1.0 / self.size().expect("real numbers are never enumerated") as f64,
        }
    }
}

/// The hyperparameters and everything that decides whether they are active.
fn closure(space: &Space, indices: &[usize]) -> Vec<usize> {
    let mut found = indices.to_vec();
    let mut next = 0;
    while next < found.len() {
        if let Some(condition) = &space.conditions[found[next]] {
            for &parent in condition.reads() {
                if !found.contains(&parent) {
                    found.push(parent);
                }
            }
        }
        next += 1;
    }
    found
}

/// Groups of hyperparameters that clauses tie together; with `everything`, also all others, each with its parents.
fn groups(space: &Space, clauses: &[usize], everything: bool) -> Vec<Group> {
    let size = space.hyperparameters.len();
    let mut leader: Vec<usize> = (0..size).collect();
    let mut tied = vec![everything; size];
    let tie = |leader: &mut Vec<usize>, members: &[usize]| {
        for pair in members.windows(2) {
            let (keep, drop) = (leader[pair[0]], leader[pair[1]]);
            leader.iter_mut().filter(|each| **each == drop).for_each(|each| *each = keep);
        }
    };
    for &clause in clauses {
        let members = closure(space, space.forbidden[clause].reads());
        members.iter().for_each(|&member| tied[member] = true);
        tie(&mut leader, &members);
    }
    if everything {
        (0..size).for_each(|index| tie(&mut leader, &closure(space, &[index])));
    }
    let mut groups: Vec<(usize, Group)> = Vec::new();
    for &member in space.order.iter().filter(|&&member| tied[member]) {
        match groups.iter_mut().find(|(each, _)| *each == leader[member]) {
            Some((_, group)) => group.members.push(member),
            None => groups.push((leader[member], Group { members: vec![member], clauses: Vec::new() })),
        }
    }
    for &clause in clauses {
        let first = leader[space.forbidden[clause].reads()[0]];
        let (_, group) = groups.iter_mut().find(|(each, _)| *each == first).expect("a clause has its group");
        group.clauses.push(clause);
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Visits every legal row of a group with its share of the unit cube, by backtracking: a clause is asked as soon as all
/// that it reads is decided.
fn search(space: &Space, group: &Group, steps: usize, visit: &mut dyn FnMut(&[u16], f64) -> bool) -> End {
    let depth_of = |index: &usize| group.members.iter().position(|member| member == index).expect("groups are closed");
    let mut due = vec![Vec::new(); group.members.len()];
    for &clause in &group.clauses {
        let last = space.forbidden[clause].reads().iter().map(depth_of).max().expect("a clause reads something");
        due[last].push(clause);
    }
    let mut search = Search {
        space,
        group,
        due,
        steps,
        point: vec![None; space.hyperparameters.len()],
        row: vec![INACTIVE; group.members.len()],
        visit,
    };
    search.descend(0, 1.0)
}

struct Search<'a> {
    space: &'a Space,
    group: &'a Group,
    /// Clauses to ask once the member at this depth is decided.
    due: Vec<Vec<usize>>,
    steps: usize,
    point: Vec<Option<Value>>,
    row: Vec<u16>,
    visit: &'a mut dyn FnMut(&[u16], f64) -> bool,
}

impl Search<'_> {
    fn descend(&mut self, depth: usize, share: f64) -> End {
        let Some(&member) = self.group.members.get(depth) else {
            return if (self.visit)(&self.row, share) { End::Complete } else { End::Stopped };
        };
        if self.space.inactive(member, &self.point).is_some() {
            return self.decide(depth, INACTIVE, None, share);
        }
        let hyperparameter = &self.space.hyperparameters[member];
        let size = hyperparameter.size().expect("groups are discrete") as usize;
        for index in 0..size {
            let value = Some(hyperparameter.nth(index));
            let end = self.decide(depth, index as u16, value, share * hyperparameter.share(index));
            if end != End::Complete {
                return end;
            }
        }
        End::Complete
    }

    fn decide(&mut self, depth: usize, index: u16, value: Option<Value>, share: f64) -> End {
        if self.steps == 0 {
            return End::TooLarge;
        }
        self.steps -= 1;
        let member = self.group.members[depth];
        self.point[member] = value;
        self.row[depth] = index;
        let space = self.space;
        let forbidden = self.due[depth].iter().any(|&clause| space.forbidden[clause].holds(&self.point));
        let end = if forbidden { End::Complete } else { self.descend(depth + 1, share) };
        self.point[member] = None;
        end
    }
}
