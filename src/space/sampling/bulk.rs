//! The plan of draws in bulk: columns of codes, filled a block at a time.
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::space::definition::Definition;
use crate::space::expression::columns::CodeColumns;
use crate::space::sampling::column_sampler::ColumnSampler;
use crate::space::sampling::joint::Joint;
use crate::space::sampling::plan::DrawPlan;

/// Points that are drawn at once: their columns fit into the fast caches.
pub(crate) const BLOCK: usize = 512;

/// The samplers of a space, and the order in which they fill columns.
#[derive(Clone, Debug)]
pub(crate) struct BulkPlan {
    /// A sampler for each hyperparameter that is drawn alone.
    column_samplers: Vec<ColumnSampler>,
    /// The hyperparameters on which a clause depends that may still forbid a draw.
    early: Stage,
    late: Stage,
    clauses: Vec<usize>,
}

/// Hyperparameters that are drawn before others.
#[derive(Clone, Debug, Default)]
struct Stage {
    joints: Vec<Joint>,
    /// Hyperparameters that are drawn alone, parents before children.
    alone: Vec<usize>,
    members: Vec<usize>,
}

impl BulkPlan {
    /// The plan in bulk that follows from the plan of single draws.
    pub(crate) fn of(definition: &Definition, plan: &DrawPlan) -> Self {
        let DrawPlan { diagrams, boxes, free, clauses } = plan;
        let joints: Vec<Joint> = diagrams
            .iter()
            .map(|diagram| Joint::of_diagram(definition, diagram.clone()))
            .chain(boxes.iter().cloned().map(Joint::Boxes))
            .collect();
        // The hyperparameters that the clauses read, with those that they are drawn with or depend on.
        let mut early = vec![false; definition.hyperparameters.len()];
        clauses.iter().flat_map(|&clause| definition.forbidden[clause].reads()).for_each(|&index| early[index] = true);
        loop {
            let before = early.clone();
            for joint in joints.iter().filter(|joint| joint.members().iter().any(|&member| before[member])) {
                joint.members().iter().for_each(|&member| early[member] = true);
            }
            for index in (0..early.len()).filter(|&index| before[index]) {
                let parents = definition.conditions[index].iter().flat_map(|condition| condition.reads());
                parents.for_each(|&parent| early[parent] = true);
            }
            if early == before {
                break;
            }
        }
        let stage = |wanted: bool| {
            let is_wanted = |index: &usize| early[*index] == wanted;
            Stage {
                joints: joints.iter().filter(|joint| is_wanted(&joint.members()[0])).cloned().collect(),
                alone: free.iter().copied().filter(is_wanted).collect(),
                members: (0..early.len()).filter(is_wanted).collect(),
            }
        };
        Self {
            column_samplers: definition.hyperparameters.iter().map(ColumnSampler::of).collect(),
            early: stage(true),
            late: stage(false),
            clauses: clauses.to_vec(),
        }
    }

    /// Fills the columns of a block with legal points, at most as many as are wanted, and returns their number.
    pub(crate) fn draw(
        &self,
        definition: &Definition,
        wanted: usize,
        block: &mut [Vec<f64>],
        random: &mut Xoshiro256PlusPlus,
    ) -> usize {
        let drawn = if self.clauses.is_empty() { wanted.min(BLOCK) } else { BLOCK };
        self.fill(definition, &self.early, block, drawn, random);
        let columns = CodeColumns { hyperparameters: &definition.hyperparameters, codes: block, rows: drawn };
        let mut legal = vec![true; drawn];
        for &clause in &self.clauses {
            let forbidden = columns.hold(definition.forbidden[clause].truth());
            legal.iter_mut().zip(forbidden).for_each(|(legal, forbidden)| *legal &= !forbidden);
        }
        let found = legal.iter().filter(|legal| **legal).count().min(wanted);
        for &member in &self.early.members {
            let mut legal = legal.iter();
            block[member].retain(|_| *legal.next().expect("a verdict for each point"));
            block[member].truncate(found);
        }
        self.fill(definition, &self.late, block, found, random);
        found
    }

    /// Fills the columns of a stage.
    fn fill(
        &self,
        definition: &Definition,
        stage: &Stage,
        columns: &mut [Vec<f64>],
        rows: usize,
        random: &mut Xoshiro256PlusPlus,
    ) {
        stage.joints.iter().for_each(|joint| joint.fill(definition, columns, rows, random));
        for &index in &stage.alone {
            let mut column = std::mem::take(&mut columns[index]);
            column.resize(rows, 0.0);
            self.column_samplers[index].fill(&definition.hyperparameters[index], &mut column, random);
            if let Some(condition) = &definition.conditions[index] {
                let parents = CodeColumns { hyperparameters: &definition.hyperparameters, codes: columns, rows };
                let active = parents.hold(condition.truth());
                column.iter_mut().zip(active).for_each(|(code, active)| *code = if active { *code } else { f64::NAN });
            }
            columns[index] = column;
        }
    }
}
