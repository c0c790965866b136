//! The plan of single draws: the parts that are decided together, and the hyperparameters that are drawn alone.
use crate::numeric::stream::Stream;
use crate::space::configuration::Configuration;
use crate::space::definition::Definition;
use crate::space::sampling::boxes::Boxes;
use crate::space::sampling::diagram::{Diagram, conflict, is_small};
use crate::space::sampling::group::{TiedGroup, closure};
use crate::space::sampling::impossible::Impossible;
use crate::space::value::Value;

/// Draws before a space counts as impossible.
pub(crate) const DRAWS: usize = 100_000;

/// Draws that find out whether few are legal, and the number below which they are few.
const PILOT: (usize, usize) = (256, 64);

/// Draws that estimate the share of clauses which are not counted exactly.
const ESTIMATE: usize = 10_000;

/// The parts of a space that single draws decide one after the other.
#[derive(Clone, Debug)]
pub(crate) struct DrawPlan {
    pub diagrams: Vec<Diagram>,
    /// Boxes of numbers of which few are legal.
    pub boxes: Vec<Boxes>,
    /// The hyperparameters that neither decides, parents before children.
    pub free: Vec<usize>,
    /// The clauses that no diagram has asked.
    pub clauses: Vec<usize>,
}

impl DrawPlan {
    /// The plan for a space.
    pub(crate) fn of(definition: &Definition) -> Self {
        let enumerable = |clause: usize| {
            let members = closure(definition, definition.forbidden[clause].reads());
            members.into_iter().all(|member| is_small(definition, member))
        };
        let clauses: Vec<usize> = (0..definition.forbidden.len()).filter(|&clause| enumerable(clause)).collect();
        let groups = TiedGroup::all(definition, &clauses, false).into_iter();
        let diagrams: Vec<Diagram> = groups.filter_map(|group| Diagram::of(definition, group)).collect();
        let decided = |index: &usize| diagrams.iter().any(|diagram| diagram.group.members.contains(index));
        let asked = |clause: &usize| diagrams.iter().any(|diagram| diagram.group.clauses.contains(clause));
        let mut plan = Self {
            free: definition.order.iter().copied().filter(|index| !decided(index)).collect(),
            clauses: (0..definition.forbidden.len()).filter(|clause| !asked(clause)).collect(),
            boxes: Vec::new(),
            diagrams: Vec::new(),
        };
        plan.diagrams = diagrams;
        if plan.diagrams.iter().any(Diagram::is_empty) || !plan.is_rarely_legal(definition) {
            return plan;
        }
        let decided = |index: usize| plan.diagrams.iter().any(|diagram| diagram.group.members.contains(&index));
        let boxes = Boxes::all(definition, &plan.clauses, &decided);
        plan.free.retain(|index| boxes.iter().all(|each| !each.members.contains(index)));
        Self { boxes, ..plan }
    }

    /// The clause of a table whose combinations are not drawn directly, where draws are rarely among them.
    pub(crate) fn undrawable(&self, definition: &Definition) -> Option<usize> {
        let table = self.clauses.iter().copied().find(|&clause| definition.forbidden[clause].table().is_some());
        // Where nothing is legal, there is nothing to draw.
        let is_empty =
            self.diagrams.iter().any(Diagram::is_empty) || self.boxes.iter().any(|each| each.volume() == 0.0);
        table.filter(|_| !is_empty && self.is_rarely_legal(definition))
    }

    /// Fails where it is proven that nothing is legal.
    pub(crate) fn possible(&self, definition: &Definition) -> Result<(), Impossible> {
        if let Some(diagram) = self.diagrams.iter().find(|diagram| diagram.is_empty()) {
            return Err(conflict(definition, &diagram.group));
        }
        let Some(empty) = self.boxes.iter().find(|boxes| boxes.volume() == 0.0) else { return Ok(()) };
        let mut needed = empty.clauses.clone();
        for clause in &empty.clauses {
            let fewer: Vec<usize> = needed.iter().copied().filter(|each| each != clause).collect();
            if Boxes::of(definition, empty.members.clone(), fewer.clone()).volume() == 0.0 {
                needed = fewer;
            }
        }
        let clauses = needed.iter().map(|&clause| definition.forbidden[clause].to_string()).collect();
        Err(Impossible { clauses, draws: None })
    }

    /// A legal configuration; fails where none is found.
    pub(crate) fn sample(&self, definition: &Definition, stream: &mut Stream) -> Result<Configuration, Impossible> {
        self.possible(definition)?;
        let mut forbade = vec![0_usize; definition.forbidden.len()];
        for _ in 0..DRAWS {
            match self.draw(definition, stream) {
                Ok(configuration) => return Ok(configuration),
                Err(clause) => forbade[clause] += 1,
            }
        }
        let mut clauses: Vec<usize> = (0..forbade.len()).filter(|&clause| forbade[clause] > 0).collect();
        clauses.sort_by_key(|&clause| std::cmp::Reverse(forbade[clause]));
        let clauses = clauses.into_iter().map(|clause| definition.forbidden[clause].to_string()).collect();
        Err(Impossible { clauses, draws: Some(DRAWS) })
    }

    /// Writes the values at these shares, one for each hyperparameter, of those that tables allow together.
    pub(crate) fn spread(&self, definition: &Definition, shares: &[f64], values: &mut [Option<Value>]) {
        let has_table = |diagram: &&Diagram| {
            diagram.group.clauses.iter().any(|&clause| definition.forbidden[clause].table().is_some())
        };
        for diagram in self.diagrams.iter().filter(has_table).filter(|diagram| !diagram.is_empty()) {
            diagram.at(definition, shares, values);
        }
    }

    /// The share of independent draws that is legal, in `[0, 1]`.
    pub(crate) fn allowed_fraction(&self, definition: &Definition, seed: u64) -> f64 {
        let exact: f64 = self.diagrams.iter().map(|diagram| diagram.share()).product();
        let exact = exact * self.boxes.iter().map(Boxes::volume).product::<f64>();
        if self.clauses.is_empty() || exact == 0.0 {
            return exact.min(1.0);
        }
        let mut stream = Stream::of(seed, "allowed fraction", 0);
        let allowed = (0..ESTIMATE).filter(|_| self.draw(definition, &mut stream).is_ok()).count();
        exact.min(1.0) * allowed as f64 / ESTIMATE as f64
    }

    /// One draw, or the index of the clause that forbids it; the clauses of the diagrams are never among them.
    fn draw(&self, definition: &Definition, stream: &mut Stream) -> Result<Configuration, usize> {
        let mut values: Vec<Option<Value>> = vec![None; definition.hyperparameters.len()];
        for diagram in &self.diagrams {
            diagram.draw(definition, stream, &mut values);
        }
        for boxes in &self.boxes {
            boxes.draw(definition, stream, &mut values);
        }
        for &index in &self.free {
            if definition.inactive(index, &values).is_none() {
                values[index] = Some(definition.hyperparameters[index].quantile(stream.uniform()));
            }
        }
        match self.clauses.iter().find(|clause| definition.forbidden[**clause].holds(&values)) {
            Some(&clause) => Err(clause),
            None => Ok(Configuration::of(values)),
        }
    }

    /// True where few draws are legal.
    fn is_rarely_legal(&self, definition: &Definition) -> bool {
        let mut stream = Stream::of(0, "pilot", 0);
        (0..PILOT.0).filter(|_| self.draw(definition, &mut stream).is_ok()).count() < PILOT.1
    }
}
