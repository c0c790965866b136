//! Draws of legal configurations: each as likely as its priors say, once what is forbidden is left out.
pub mod batch;
pub(crate) mod boxes;
pub(crate) mod column_sampler;
pub(crate) mod diagram;
pub(crate) mod enumeration;
pub(crate) mod group;
pub(crate) mod mutation;
pub mod neighborhood;

use std::fmt;

use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::Value;
use crate::space::sampling::boxes::Boxes;
use crate::space::sampling::diagram::Diagram;
use crate::space::sampling::group::{Group, closure};

/// Draws before a space counts as impossible.
pub(crate) const DRAWS: usize = 100_000;

/// Draws that find out whether little is legal, and of how many fewer must be legal then.
const PILOT: (usize, usize) = (256, 64);

/// Draws that estimate the share of clauses which are not counted exactly.
const ESTIMATE: usize = 10_000;

/// How configurations are drawn, made at the first draw.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    diagrams: Vec<Diagram>,
    /// What is left of numbers, where it is little.
    boxes: Vec<Boxes>,
    /// The hyperparameters that neither decides, parents before children.
    free: Vec<usize>,
    /// The clauses that no diagram has asked.
    clauses: Vec<usize>,
}

impl Plan {
    /// Diagrams, boxes, the hyperparameters that are drawn alone, and the clauses that may still forbid a draw.
    pub fn parts(&self) -> (&[Diagram], &[Boxes], &[usize], &[usize]) {
        (&self.diagrams, &self.boxes, &self.free, &self.clauses)
    }
}

/// A space without a legal configuration, or with so few that none was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impossible {
    /// The clauses that conflict: all needed to leave nothing, or those that forbade the most draws, most first.
    pub clauses: Vec<String>,
    /// How many draws were forbidden; `None` where it is proven that nothing is legal.
    pub draws: Option<usize>,
}

impl std::error::Error for Impossible {}

impl fmt::Display for Impossible {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let clauses: Vec<_> = self.clauses.iter().map(|clause| format!("`{clause}`")).collect();
        let clauses = clauses.join(", ");
        match (self.draws, self.clauses.len()) {
            (None, 1) => write!(out, "no configuration is legal: {clauses} forbids all"),
            (None, _) => write!(out, "no configuration is legal: together {clauses} forbid all"),
            (Some(draws), 1) => write!(out, "no legal configuration in {draws} draws: {clauses} forbids them"),
            (Some(draws), _) => write!(out, "no legal configuration in {draws} draws: {clauses} forbid them"),
        }
    }
}

impl Space {
    /// A legal configuration, drawn from the priors under the condition that it is legal; fails where there is none to
    /// be found.
    pub fn sample(&self, stream: &mut Stream) -> Result<Configuration, Impossible> {
        self.possible()?;
        let mut forbade = vec![0_usize; self.forbidden().len()];
        for _ in 0..DRAWS {
            match self.draw(stream) {
                Ok(configuration) => return Ok(configuration),
                Err(clause) => forbade[clause] += 1,
            }
        }
        let mut clauses: Vec<usize> = (0..forbade.len()).filter(|&clause| forbade[clause] > 0).collect();
        clauses.sort_by_key(|&clause| std::cmp::Reverse(forbade[clause]));
        let clauses = clauses.into_iter().map(|clause| self.forbidden()[clause].to_string()).collect();
        Err(Impossible { clauses, draws: Some(DRAWS) })
    }

    /// Fails where it is proven that nothing is legal.
    pub fn possible(&self) -> Result<(), Impossible> {
        let Plan { diagrams, boxes, .. } = self.plan();
        if let Some(diagram) = diagrams.iter().find(|diagram| diagram.is_empty()) {
            return Err(self.conflict(&diagram.group));
        }
        match boxes.iter().find(|boxes| boxes.volume() == 0.0) {
            Some(empty) => {
                let mut needed = empty.clauses.clone();
                for clause in &empty.clauses {
                    let fewer: Vec<usize> = needed.iter().copied().filter(|each| each != clause).collect();
                    if Boxes::of(self, empty.members.clone(), fewer.clone()).volume() == 0.0 {
                        needed = fewer;
                    }
                }
                let clauses = needed.iter().map(|&clause| self.forbidden()[clause].to_string()).collect();
                Err(Impossible { clauses, draws: None })
            }
            None => Ok(()),
        }
    }

    /// The configuration with this share of each prior below it, each in `[0, 1]`; `None` where it is forbidden.
    ///
    /// Spread points become spread configurations, and more of them where a prior is high.
    pub fn quantile(&self, shares: &[f64]) -> Option<Configuration> {
        assert_eq!(shares.len(), self.hyperparameters().len(), "a share for each hyperparameter");
        let fill = |index: usize| self.hyperparameters()[index].quantile(shares[index]);
        self.settle(vec![None; shares.len()], fill).ok()
    }

    /// The configuration at a position of `[0, 1]` for each hyperparameter; `None` where it is forbidden.
    pub fn complete(&self, positions: &[f64]) -> Option<Configuration> {
        assert_eq!(positions.len(), self.hyperparameters().len(), "a position for each hyperparameter");
        let fill = |index: usize| self.hyperparameters()[index].at(positions[index]);
        self.settle(vec![None; positions.len()], fill).ok()
    }

    /// The share of independent draws from the priors that is legal, in `[0, 1]`; without priors, of the unit cube. Exact
    /// where the clauses read few discrete values, estimated with this seed otherwise.
    pub fn allowed_fraction(&self, seed: u64) -> f64 {
        let Plan { diagrams, boxes, clauses, .. } = self.plan();
        let exact: f64 = diagrams.iter().map(|diagram| diagram.share()).product();
        let exact = exact * boxes.iter().map(Boxes::volume).product::<f64>();
        if clauses.is_empty() || exact == 0.0 {
            return exact.min(1.0);
        }
        let mut stream = Stream::of(seed, "allowed fraction", 0);
        let allowed = (0..ESTIMATE).filter(|_| self.draw(&mut stream).is_ok()).count();
        exact.min(1.0) * allowed as f64 / ESTIMATE as f64
    }

    /// One draw, or the index of the clause that forbids it: what the diagrams decide is legal already.
    fn draw(&self, stream: &mut Stream) -> Result<Configuration, usize> {
        self.draw_by(self.plan(), stream)
    }

    fn draw_by(&self, plan: &Plan, stream: &mut Stream) -> Result<Configuration, usize> {
        let Plan { diagrams, boxes, free, clauses } = plan;
        let mut point: Vec<Option<Value>> = vec![None; self.hyperparameters().len()];
        for diagram in diagrams {
            diagram.draw(self, stream, &mut point);
        }
        for boxes in boxes {
            boxes.draw(self, stream, &mut point);
        }
        for &index in free {
            if self.inactive(index, &point).is_none() {
                point[index] = Some(self.hyperparameters()[index].quantile(stream.uniform()));
            }
        }
        match clauses.iter().find(|clause| self.forbidden()[**clause].holds(&point)) {
            Some(&clause) => Err(clause),
            None => Ok(Configuration::of(point)),
        }
    }

    pub(crate) fn plan(&self) -> &Plan {
        self.plan.get_or_init(|| {
            let enumerable = |clause: usize| {
                let members = closure(self, self.forbidden[clause].reads());
                members.into_iter().all(|member| self.small(member))
            };
            let clauses: Vec<usize> = (0..self.forbidden.len()).filter(|&clause| enumerable(clause)).collect();
            let groups = Group::all(self, &clauses, false).into_iter();
            let diagrams: Vec<Diagram> = groups.filter_map(|group| Diagram::of(self, group)).collect();
            let decided = |index: &usize| diagrams.iter().any(|diagram| diagram.group.members.contains(index));
            let asked = |clause: &usize| diagrams.iter().any(|diagram| diagram.group.clauses.contains(clause));
            let mut plan = Plan {
                free: self.order.iter().copied().filter(|index| !decided(index)).collect(),
                clauses: (0..self.forbidden.len()).filter(|clause| !asked(clause)).collect(),
                boxes: Vec::new(),
                diagrams: Vec::new(),
            };
            plan.diagrams = diagrams;
            if plan.diagrams.iter().any(Diagram::is_empty) || !self.is_rarely_legal(&plan) {
                return plan;
            }
            let decided = |index: usize| plan.diagrams.iter().any(|diagram| diagram.group.members.contains(&index));
            let boxes = Boxes::all(self, &plan.clauses, &decided);
            plan.free.retain(|index| boxes.iter().all(|each| !each.members.contains(index)));
            Plan { boxes, ..plan }
        })
    }

    /// Whether few draws are legal.
    fn is_rarely_legal(&self, plan: &Plan) -> bool {
        let mut stream = Stream::of(0, "pilot", 0);
        (0..PILOT.0).filter(|_| self.draw_by(plan, &mut stream).is_ok()).count() < PILOT.1
    }
}
