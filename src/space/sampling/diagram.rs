//! A decision diagram: every legal choice of values for a group of discrete hyperparameters.
//!
//! A path from the root to the end is a legal choice. Partial choices that leave the same possibilities share a node,
//! so that a group of 20 ordered numbers, of which one choice in 10¹⁵ is legal, takes a few hundred nodes.
use std::collections::HashMap;

use crate::numeric::stream::Stream;
use crate::space::definition::Definition;
use crate::space::sampling::group::TiedGroup;
use crate::space::sampling::impossible::Impossible;
use crate::space::sampling::table_cursor::TableCursor;
use crate::space::value::Value;

/// Edges that are tried for one diagram; a group beyond is left to rejection.
const STEPS: usize = 1 << 20;

/// The index that stands for an inactive hyperparameter.
const INACTIVE: u16 = u16::MAX;

/// The node behind a choice that no table allows.
const NOWHERE: u32 = u32::MAX;

/// The legal choices of a group, as a graph.
#[derive(Clone, Debug)]
pub(crate) struct Diagram {
    pub group: TiedGroup,
    /// Children before parents: the end is the first and the root the last.
    nodes: Vec<DiagramNode>,
}

#[derive(Clone, Debug)]
struct DiagramNode {
    edges: Vec<Edge>,
    /// Paths from here to the end.
    count: u128,
    /// Share of the unit cube of what is undecided here.
    share: f64,
}

#[derive(Clone, Debug)]
struct Edge {
    /// The index of a value, or [`INACTIVE`].
    index: u16,
    child: u32,
    /// Shares of the unit cube, summed up to and including this edge.
    cumulative: f64,
}

impl Diagram {
    /// The diagram of a group; `None` where it would be too large.
    pub(crate) fn of(definition: &Definition, group: TiedGroup) -> Option<Self> {
        let depth_of =
            |index: &usize| group.members.iter().position(|member| member == index).expect("groups are closed");
        let mut due = vec![Vec::new(); group.members.len()];
        for &clause in &group.clauses {
            let last =
                definition.forbidden[clause].reads().iter().map(depth_of).max().expect("a clause reads something");
            due[last].push(clause);
        }
        let mut builder = Builder {
            definition,
            frontiers: group.frontiers(definition),
            tables: TableCursor::all(definition, &group),
            due,
            steps: STEPS,
            values: vec![None; definition.hyperparameters.len()],
            row: vec![INACTIVE; group.members.len()],
            nodes: vec![DiagramNode { edges: Vec::new(), count: 1, share: 1.0 }],
            known: HashMap::new(),
            group: &group,
        };
        builder.node(0)?;
        let nodes = builder.nodes;
        Some(Self { group, nodes })
    }

    fn root(&self) -> &DiagramNode {
        self.nodes.last().expect("there is always the end")
    }

    /// True where nothing is legal.
    pub(crate) fn is_empty(&self) -> bool {
        self.root().count == 0
    }

    /// The share of the unit cube that is legal.
    pub(crate) fn share(&self) -> f64 {
        self.root().share
    }

    /// The number of legal choices, at most `u128::MAX`.
    pub(crate) fn count(&self) -> u128 {
        self.root().count
    }

    /// Writes the legal choice with this number into the values of a configuration.
    pub(crate) fn choose(&self, definition: &Definition, mut number: u128, values: &mut [Option<Value>]) {
        let mut node = self.root();
        for &member in &self.group.members {
            let mut edges = node.edges.iter();
            let edge = loop {
                let edge = edges.next().expect("a choice with this number");
                let paths = self.nodes[edge.child as usize].count;
                if number < paths {
                    break edge;
                }
                number -= paths;
            };
            values[member] = self.value(definition, member, edge);
            node = &self.nodes[edge.child as usize];
        }
    }

    fn value(&self, definition: &Definition, member: usize, edge: &Edge) -> Option<Value> {
        edge.value().map(|index| definition.hyperparameters[member].domain.nth(u64::from(index)))
    }

    /// Writes a random legal choice into the values of a configuration.
    pub(crate) fn draw(&self, definition: &Definition, stream: &mut Stream, values: &mut [Option<Value>]) {
        let value = |member: usize, index| definition.hyperparameters[member].domain.nth(u64::from(index));
        self.walk(|| stream.uniform(), |member, index: Option<u16>| values[member] = index.map(|it| value(member, it)));
    }

    /// Writes the choice at these shares, one for each hyperparameter, into the values of a configuration.
    pub(crate) fn at(&self, definition: &Definition, shares: &[f64], values: &mut [Option<Value>]) {
        let value = |member: usize, index| definition.hyperparameters[member].domain.nth(u64::from(index));
        let mut next = self.group.members.iter().map(|&member| shares[member]);
        let share = || next.next().expect("a share for each member");
        self.walk(share, |member, index: Option<u16>| values[member] = index.map(|it| value(member, it)));
    }

    /// Tells the index of each member's value, `None` where it is inactive, of a choice by numbers uniform in `[0, 1)`.
    pub(crate) fn walk(&self, mut uniform: impl FnMut() -> f64, mut tell: impl FnMut(usize, Option<u16>)) {
        let mut node = self.root();
        for &member in &self.group.members {
            let target = uniform() * node.share;
            let chosen = node.edges.partition_point(|edge| edge.cumulative <= target).min(node.edges.len() - 1);
            let edge = &node.edges[chosen];
            tell(member, edge.value());
            node = &self.nodes[edge.child as usize];
        }
    }

    /// Tells every legal choice, an index for each member, and its probability.
    pub(crate) fn each(&self, tell: &mut dyn FnMut(&[Option<u16>], f64)) {
        self.each_below(self.root(), 1.0, &mut Vec::new(), tell);
    }

    fn each_below(
        &self,
        node: &DiagramNode,
        probability: f64,
        path: &mut Vec<Option<u16>>,
        tell: &mut dyn FnMut(&[Option<u16>], f64),
    ) {
        if path.len() == self.group.members.len() {
            return tell(path, probability);
        }
        let mut below = 0.0;
        for edge in &node.edges {
            path.push(edge.value());
            let share = (edge.cumulative - below) / node.share;
            self.each_below(&self.nodes[edge.child as usize], probability * share, path, tell);
            path.pop();
            below = edge.cumulative;
        }
    }
}

impl Edge {
    /// The index of the value; `None` for an inactive hyperparameter.
    fn value(&self) -> Option<u16> {
        (self.index != INACTIVE).then_some(self.index)
    }
}

/// Clauses of a group that together allow nothing, each of which is needed.
pub(crate) fn conflict(definition: &Definition, group: &TiedGroup) -> Impossible {
    let mut needed = group.clauses.clone();
    for clause in &group.clauses {
        let fewer: Vec<usize> = needed.iter().copied().filter(|each| each != clause).collect();
        let attempt = TiedGroup { members: group.members.clone(), clauses: fewer.clone() };
        if Diagram::of(definition, attempt).is_some_and(|diagram| diagram.is_empty()) {
            needed = fewer;
        }
    }
    Impossible { clauses: needed.iter().map(|&clause| definition.forbidden[clause].to_string()).collect(), draws: None }
}

/// True where a hyperparameter has few enough values to be decided one by one.
pub(crate) fn is_small(definition: &Definition, member: usize) -> bool {
    definition.hyperparameters[member].size().is_some_and(|size| size < u64::from(INACTIVE))
}

struct Builder<'a> {
    definition: &'a Definition,
    group: &'a TiedGroup,
    frontiers: Vec<Vec<usize>>,
    /// Tables of allowed combinations, which tell early what cannot be.
    tables: Vec<TableCursor>,
    /// Clauses to ask once the member at this depth is decided.
    due: Vec<Vec<usize>>,
    steps: usize,
    values: Vec<Option<Value>>,
    row: Vec<u16>,
    nodes: Vec<DiagramNode>,
    /// Nodes by their depth and the values that matter there.
    known: HashMap<(usize, Vec<u16>), u32>,
}

impl Builder<'_> {
    /// The node that follows the decisions above this depth; `None` where the steps are used up.
    fn node(&mut self, depth: usize) -> Option<u32> {
        let Some(&member) = self.group.members.get(depth) else { return Some(0) };
        let key = (depth, self.frontiers[depth].iter().map(|&above| self.row[above]).collect());
        if let Some(&node) = self.known.get(&key) {
            return Some(node);
        }
        let mut node = DiagramNode { edges: Vec::new(), count: 0, share: 0.0 };
        let hyperparameter = &self.definition.hyperparameters[member];
        if self.definition.inactive(member, &self.values).is_some() {
            self.edge(depth, INACTIVE, None, 1.0, &mut node)?;
        } else {
            let size = hyperparameter.size().expect("groups are discrete") as u16;
            let listed = self.tables.iter().find_map(|table| table.choices(depth));
            for index in listed.unwrap_or_else(|| (0..size).collect()) {
                let value = Some(hyperparameter.domain.nth(u64::from(index)));
                self.edge(depth, index, value, hyperparameter.probability(u64::from(index)), &mut node)?;
            }
        }
        self.values[member] = None;
        let number = u32::try_from(self.nodes.len()).expect("steps bound the nodes");
        self.nodes.push(node);
        self.known.insert(key, number);
        Some(number)
    }

    fn edge(
        &mut self,
        depth: usize,
        index: u16,
        value: Option<Value>,
        share: f64,
        node: &mut DiagramNode,
    ) -> Option<()> {
        self.steps = self.steps.checked_sub(1)?;
        self.values[self.group.members[depth]] = value;
        self.row[depth] = index;
        if self.due[depth].iter().any(|&clause| self.definition.forbidden[clause].holds(&self.values)) {
            return Some(());
        }
        let decided = Some(index).filter(|index| *index != INACTIVE);
        // All of them decide, as all of them undo.
        let is_possible =
            self.tables.iter_mut().filter_map(|table| (!table.decide(depth, decided)).then_some(())).count() == 0;
        let child = if is_possible { self.node(depth + 1) } else { Some(NOWHERE) };
        self.tables.iter_mut().for_each(TableCursor::undo);
        let child = child?;
        if child == NOWHERE {
            return Some(());
        }
        let rest = &self.nodes[child as usize];
        if rest.count > 0 {
            node.count = node.count.saturating_add(rest.count);
            node.share += share * rest.share;
            node.edges.push(Edge { index, child, cumulative: node.share });
        }
        Some(())
    }
}
