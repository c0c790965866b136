//! Many legal configurations drawn at once, each decoded when it is asked for.
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::expression::columns::Columns;
use crate::space::sampling::column_sampler::{ColumnSampler, Joint};
use crate::space::sampling::{DRAWS, Impossible};

/// Points that are drawn at once: their columns fit into the fast caches.
const BLOCK: usize = 512;

/// How configurations are drawn in bulk, made at the first draw.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// A law for each hyperparameter that is drawn alone.
    lotteries: Vec<ColumnSampler>,
    /// What a clause that may still forbid a draw depends on.
    early: Part,
    late: Part,
    clauses: Vec<usize>,
}

#[derive(Clone, Debug, Default)]
struct Part {
    joints: Vec<Joint>,
    /// Parents before children.
    alone: Vec<usize>,
    members: Vec<usize>,
}

/// Legal configurations of a space.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    space: &'a Space,
    rows: Vec<f64>,
}

impl Batch<'_> {
    pub fn len(&self) -> usize {
        self.rows.len() / self.space.hyperparameters.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The configurations as [`Space::encode`] gives them, up to rounding, one after the other.
    pub fn rows(&self) -> &[f64] {
        &self.rows
    }

    /// The configuration with this index.
    pub fn configuration(&self, index: usize) -> Configuration {
        let hyperparameters = &self.space.hyperparameters;
        let row = &self.rows[index * hyperparameters.len()..][..hyperparameters.len()];
        Configuration::of(hyperparameters.iter().zip(row).map(|(each, &code)| each.decode(code)).collect())
    }
}

impl Space {
    /// So many draws, each with the law of [`sample`](Self::sample); fewer where legal ones are too rare to be found, and
    /// fails where none is.
    pub fn sample_many(&self, count: usize, stream: &mut Stream) -> Result<Batch<'_>, Impossible> {
        self.possible()?;
        let plan = self.bulk.get_or_init(|| Plan::of(self));
        let mut key = [0; 32];
        key.chunks_exact_mut(8).for_each(|chunk| chunk.copy_from_slice(&stream.bits().to_le_bytes()));
        let mut random = Xoshiro256PlusPlus::from_seed(key);
        let width = self.hyperparameters.len();
        let mut rows = Vec::with_capacity(count * width);
        let (mut block, mut failed) = (vec![Vec::with_capacity(BLOCK); width], 0);
        while rows.len() < count * width {
            let wanted = count - rows.len() / width;
            block.iter_mut().for_each(Vec::clear);
            let found = plan.draw(self, wanted, &mut block, &mut random);
            failed = if found == 0 { failed + BLOCK } else { 0 };
            let end = rows.len();
            rows.resize(end + found * width, 0.0);
            for (index, column) in block.iter().enumerate().filter(|_| found > 0) {
                rows[end + index..].iter_mut().step_by(width).zip(column).for_each(|(out, code)| *out = *code);
            }
            if failed >= DRAWS {
                // Says which clauses forbid the draws, or finds one that none does.
                match self.sample(stream) {
                    Ok(lucky) => rows.extend(self.encode(&lucky)),
                    Err(impossible) if rows.is_empty() => return Err(impossible),
                    Err(_) => break,
                }
                failed = 0;
            }
        }
        Ok(Batch { space: self, rows })
    }
}

impl Plan {
    fn of(space: &Space) -> Self {
        let (diagrams, boxes, free, clauses) = space.plan().parts();
        let joints: Vec<Joint> = diagrams
            .iter()
            .map(|diagram| Joint::of_diagram(space, diagram.clone()))
            .chain(boxes.iter().cloned().map(Joint::Boxes))
            .collect();
        // What the clauses read, with everything that it is drawn with or depends on.
        let mut early = vec![false; space.hyperparameters.len()];
        clauses.iter().flat_map(|&clause| space.forbidden[clause].reads()).for_each(|&index| early[index] = true);
        loop {
            let before = early.clone();
            for joint in joints.iter().filter(|joint| joint.members().iter().any(|&member| before[member])) {
                joint.members().iter().for_each(|&member| early[member] = true);
            }
            for index in (0..early.len()).filter(|&index| before[index]) {
                let parents = space.conditions[index].iter().flat_map(|condition| condition.reads());
                parents.for_each(|&parent| early[parent] = true);
            }
            if early == before {
                break;
            }
        }
        let part = |wanted: bool| {
            let is_wanted = |index: &usize| early[*index] == wanted;
            Part {
                joints: joints.iter().filter(|joint| is_wanted(&joint.members()[0])).cloned().collect(),
                alone: free.iter().copied().filter(is_wanted).collect(),
                members: (0..early.len()).filter(is_wanted).collect(),
            }
        };
        Self {
            lotteries: space.hyperparameters.iter().map(ColumnSampler::of).collect(),
            early: part(true),
            late: part(false),
            clauses: clauses.to_vec(),
        }
    }

    /// Fills the columns of a block with legal points, at most as many as are wanted, and says how many.
    fn draw(&self, space: &Space, wanted: usize, block: &mut [Vec<f64>], random: &mut Xoshiro256PlusPlus) -> usize {
        let drawn = if self.clauses.is_empty() { wanted.min(BLOCK) } else { BLOCK };
        self.part(space, &self.early, block, drawn, random);
        let columns = Columns { hyperparameters: &space.hyperparameters, codes: block, rows: drawn };
        let mut legal = vec![true; drawn];
        for &clause in &self.clauses {
            let forbidden = columns.hold(space.forbidden[clause].truth());
            legal.iter_mut().zip(forbidden).for_each(|(legal, forbidden)| *legal &= !forbidden);
        }
        let found = legal.iter().filter(|legal| **legal).count().min(wanted);
        for &member in &self.early.members {
            let mut legal = legal.iter();
            block[member].retain(|_| *legal.next().expect("a verdict for each point"));
            block[member].truncate(found);
        }
        self.part(space, &self.late, block, found, random);
        found
    }

    /// Fills the columns of a part.
    fn part(&self, space: &Space, part: &Part, columns: &mut [Vec<f64>], rows: usize, random: &mut Xoshiro256PlusPlus) {
        part.joints.iter().for_each(|joint| joint.fill(space, columns, rows, random));
        for &index in &part.alone {
            let mut column = std::mem::take(&mut columns[index]);
            column.resize(rows, 0.0);
            self.lotteries[index].fill(&space.hyperparameters[index], &mut column, random);
            if let Some(condition) = &space.conditions[index] {
                let parents = Columns { hyperparameters: &space.hyperparameters, codes: columns, rows };
                let active = parents.hold(condition.truth());
                column.iter_mut().zip(active).for_each(|(code, active)| *code = if active { *code } else { f64::NAN });
            }
            columns[index] = column;
        }
    }
}
