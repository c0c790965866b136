//! Groups of hyperparameters that share clauses, each in an order that keeps its decision diagram small.
use crate::space::definition::Definition;

/// Hyperparameters that share clauses, parents before children, closed under conditions.
#[derive(Clone, Debug)]
pub(crate) struct TiedGroup {
    pub members: Vec<usize>,
    pub clauses: Vec<usize>,
}

impl TiedGroup {
    /// The groups that these clauses make; with `everything`, also of hyperparameters that no clause reads.
    pub(crate) fn all(definition: &Definition, clauses: &[usize], everything: bool) -> Vec<Self> {
        let size = definition.hyperparameters.len();
        let mut leader: Vec<usize> = (0..size).collect();
        let mut tied = vec![everything; size];
        let tie = |leader: &mut Vec<usize>, members: &[usize]| {
            for pair in members.windows(2) {
                let (keep, drop) = (leader[pair[0]], leader[pair[1]]);
                leader.iter_mut().filter(|each| **each == drop).for_each(|each| *each = keep);
            }
        };
        for &clause in clauses {
            let members = closure(definition, definition.forbidden[clause].reads());
            members.iter().for_each(|&member| tied[member] = true);
            tie(&mut leader, &members);
        }
        if everything {
            (0..size).for_each(|index| tie(&mut leader, &closure(definition, &[index])));
        }
        let mut groups: Vec<(usize, Self)> = Vec::new();
        for &member in definition.order.iter().filter(|&&member| tied[member]) {
            match groups.iter_mut().find(|(each, _)| *each == leader[member]) {
                Some((_, group)) => group.members.push(member),
                None => groups.push((leader[member], Self { members: vec![member], clauses: Vec::new() })),
            }
        }
        for &clause in clauses {
            let first = leader[definition.forbidden[clause].reads()[0]];
            let (_, group) = groups.iter_mut().find(|(each, _)| *each == first).expect("a clause has its group");
            group.clauses.push(clause);
        }
        groups.into_iter().map(|(_, group)| group.ordered(definition)).collect()
    }

    /// For each depth, the depths above it whose values still matter there.
    pub(crate) fn frontiers(&self, definition: &Definition) -> Vec<Vec<usize>> {
        let depth_of = |member: &usize| self.members.iter().position(|each| each == member).expect("groups are closed");
        let mut until: Vec<usize> = (0..self.members.len()).collect();
        for scope in self.scopes(definition) {
            let depths: Vec<usize> = scope.iter().map(depth_of).collect();
            let last = depths.iter().copied().max().expect("a scope has members");
            depths.into_iter().for_each(|depth| until[depth] = until[depth].max(last));
        }
        let open = |depth: usize| (0..depth).filter(|&above| until[above] >= depth).collect();
        (0..self.members.len()).map(open).collect()
    }

    /// The same group in an order where few values matter at a time: the next member is one that leaves least open.
    fn ordered(mut self, definition: &Definition) -> Self {
        let scopes = self.scopes(definition);
        let mut waits: Vec<usize> = scopes.iter().map(Vec::len).collect();
        let mut placed = vec![false; definition.hyperparameters.len()];
        let mut left = std::mem::take(&mut self.members);
        while !left.is_empty() {
            let ready = |member: &usize| {
                let mut parents = definition.conditions[*member].iter().flat_map(|condition| condition.reads());
                parents.all(|&parent| placed[parent])
            };
            let open = |next: usize| -> f64 {
                let mut matters = vec![false; placed.len()];
                for (scope, waits) in scopes.iter().zip(&waits) {
                    if *waits > usize::from(scope.contains(&next)) {
                        let known = scope.iter().filter(|&&member| placed[member] || member == next);
                        known.for_each(|&member| matters[member] = true);
                    }
                }
                let open = (0..placed.len()).filter(|&member| matters[member]);
                open.map(|member| definition.hyperparameters[member].size().map_or(f64::MAX, |size| (size as f64).ln()))
                    .sum()
            };
            let candidates = left.iter().copied().filter(ready).map(|member| (open(member), member));
            let (_, next) = candidates.min_by(|a, b| a.0.total_cmp(&b.0)).expect("parents are in the group");
            left.retain(|&member| member != next);
            placed[next] = true;
            scopes.iter().zip(&mut waits).filter(|(scope, _)| scope.contains(&next)).for_each(|(_, waits)| *waits -= 1);
            self.members.push(next);
        }
        self
    }

    /// Sets of members that must be known together: those of a clause, and a child with its parents.
    fn scopes(&self, definition: &Definition) -> Vec<Vec<usize>> {
        let clauses = self.clauses.iter().map(|&clause| definition.forbidden[clause].reads().to_vec());
        let conditions = self.members.iter().filter_map(|&member| {
            let condition = definition.conditions[member].as_ref()?;
            Some(condition.reads().iter().copied().chain([member]).collect())
        });
        clauses.chain(conditions).collect()
    }
}

/// The hyperparameters and everything that decides whether they are active.
pub(crate) fn closure(definition: &Definition, indices: &[usize]) -> Vec<usize> {
    let mut found = indices.to_vec();
    let mut next = 0;
    while next < found.len() {
        if let Some(condition) = &definition.conditions[found[next]] {
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
