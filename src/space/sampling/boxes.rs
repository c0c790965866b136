//! Boxes around the legal points of real numbers that share clauses.
//!
//! The cube of the numbers is halved again and again; a half in which a clause certainly forbids everything is left out.
//! The boxes that are left hold every legal point, so that a draw from it, rejected where it is forbidden after all, has the same
//! law as one from the whole cube, and is rejected far less often where little is legal.
use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::numeric::stream::Stream;
use crate::space::definition::Definition;
use crate::space::domain::Domain;
use crate::space::value::Value;

/// Halvings of one cube.
const HALVINGS: usize = 4_000;

/// The share of what is left that may still be undecided when the halving stops.
const UNDECIDED: f64 = 0.1;

/// The boxes of the numbers that share clauses.
#[derive(Clone, Debug)]
pub(crate) struct Boxes {
    pub members: Vec<usize>,
    pub clauses: Vec<usize>,
    cuboids: Vec<Cuboid>,
    /// Volumes, summed up to and including each cuboid.
    cumulative: Vec<f64>,
}

/// A box of quantiles of the members.
#[derive(Clone, Debug)]
struct Cuboid {
    sides: Vec<(f64, f64)>,
    volume: f64,
}

impl Boxes {
    /// The boxes that these clauses leave of the numbers that they read, those apart that share none.
    pub(crate) fn all(definition: &Definition, clauses: &[usize], decided: &dyn Fn(usize) -> bool) -> Vec<Self> {
        let is_number = |index: usize| {
            let domain = &definition.hyperparameters[index].domain;
            matches!(domain, Domain::Float { .. } | Domain::Integer { .. } | Domain::Steps(_))
        };
        let fits = |index: &usize| is_number(*index) && definition.conditions[*index].is_none() && !decided(*index);
        let mut parts: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
        for &clause in clauses {
            let mut members: Vec<usize> = definition.forbidden[clause].reads().iter().copied().filter(fits).collect();
            if members.is_empty() {
                continue;
            }
            let mut own = vec![clause];
            // Whatever shares a member becomes one part.
            parts.retain(|(others, their)| {
                let is_apart = others.iter().all(|other| !members.contains(other));
                if !is_apart {
                    members.extend(others.iter().filter(|other| !members.contains(other)).copied().collect::<Vec<_>>());
                    own.extend(their);
                }
                is_apart
            });
            parts.push((members, own));
        }
        parts.into_iter().map(|(members, clauses)| Self::of(definition, members, clauses)).collect()
    }

    pub(crate) fn of(definition: &Definition, members: Vec<usize>, clauses: Vec<usize>) -> Self {
        let whole = Cuboid { sides: vec![(0.0, 1.0); members.len()], volume: 1.0 };
        let mut ends = vec![None; definition.hyperparameters.len()];
        let (mut cuboids, mut open) = (Vec::new(), BinaryHeap::new());
        let (mut closed, mut undecided) = (0.0, 0.0);
        let mut new = vec![whole];
        for _ in 0..=HALVINGS {
            for cuboid in new.drain(..) {
                match verdict(definition, &members, &clauses, &cuboid, &mut ends) {
                    Verdict::Forbidden => {}
                    Verdict::Allowed => {
                        closed += cuboid.volume;
                        cuboids.push(cuboid);
                    }
                    Verdict::Open(sides) => {
                        undecided += cuboid.volume;
                        open.push(Open { cuboid, sides });
                    }
                }
            }
            if undecided <= UNDECIDED * (closed + undecided) {
                break;
            }
            let Some(Open { cuboid, sides }) = open.pop() else { break };
            undecided -= cuboid.volume;
            let width = |side: &usize| cuboid.sides[*side].1 - cuboid.sides[*side].0;
            let widest = sides.into_iter().max_by(|a, b| width(a).total_cmp(&width(b))).expect("an open side");
            let (low, high) = cuboid.sides[widest];
            let middle = low + (high - low) / 2.0;
            if middle <= low || middle >= high {
                cuboids.push(cuboid);
                continue;
            }
            for half in [(low, middle), (middle, high)] {
                let mut sides = cuboid.sides.clone();
                sides[widest] = half;
                new.push(Cuboid { sides, volume: cuboid.volume / 2.0 });
            }
        }
        cuboids.extend(new);
        cuboids.extend(open.into_iter().map(|open| open.cuboid));
        let mut sum = 0.0;
        let cumulative = cuboids.iter().map(|cuboid| {
            sum += cuboid.volume;
            sum
        });
        Self { cumulative: cumulative.collect(), members, clauses, cuboids }
    }

    /// The share of the cube that the boxes fill.
    pub(crate) fn volume(&self) -> f64 {
        self.cumulative.last().copied().unwrap_or(0.0)
    }

    /// Writes random values from the boxes into those of a configuration.
    pub(crate) fn draw(&self, definition: &Definition, stream: &mut Stream, values: &mut [Option<Value>]) {
        let quantile = |member: usize, share| definition.hyperparameters[member].quantile(share);
        self.pick(|| stream.uniform(), |member, share| values[member] = Some(quantile(member, share)));
    }

    /// Tells the share of each member's prior at a random point of the boxes, by numbers uniform in `[0, 1)`.
    pub(crate) fn pick(&self, mut uniform: impl FnMut() -> f64, mut tell: impl FnMut(usize, f64)) {
        let target = uniform() * self.volume();
        let chosen = self.cumulative.partition_point(|sum| *sum <= target).min(self.cuboids.len() - 1);
        for (&member, (low, high)) in self.members.iter().zip(&self.cuboids[chosen].sides) {
            tell(member, low + uniform() * (high - low));
        }
    }
}

enum Verdict {
    Forbidden,
    Allowed,
    /// A clause depends on where in the box, along these sides.
    Open(Vec<usize>),
}

fn verdict(
    definition: &Definition,
    members: &[usize],
    clauses: &[usize],
    cuboid: &Cuboid,
    ends: &mut [Option<(f64, f64)>],
) -> Verdict {
    for (&member, (low, high)) in members.iter().zip(&cuboid.sides) {
        let number = |share: f64| definition.hyperparameters[member].quantile(share).number();
        ends[member] = number(*low).zip(number(*high));
    }
    let mut sides = Vec::new();
    for &clause in clauses {
        let possible = definition.forbidden[clause].truth().within(ends);
        if possible.is_certain() {
            return Verdict::Forbidden;
        }
        if possible.yes {
            let reads = definition.forbidden[clause].reads();
            sides.extend((0..members.len()).filter(|side| reads.contains(&members[*side])));
        }
    }
    if sides.is_empty() { Verdict::Allowed } else { Verdict::Open(sides) }
}

/// A box that is still to be halved; the largest comes first, the earlier of equals.
struct Open {
    cuboid: Cuboid,
    sides: Vec<usize>,
}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        let corner = |open: &Self| open.cuboid.sides.iter().map(|side| side.0).sum::<f64>();
        self.cuboid.volume.total_cmp(&other.cuboid.volume).then_with(|| corner(other).total_cmp(&corner(self)))
    }
}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Open {}
