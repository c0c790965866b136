//! Batches: many legal configurations drawn at once, each decoded when it is asked for.
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::sampling::bulk::{BLOCK, BulkPlan};
use crate::space::sampling::impossible::Impossible;
use crate::space::sampling::plan::DRAWS;

/// Legal configurations of a space.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    space: &'a Space,
    rows: Vec<f64>,
}

impl Batch<'_> {
    /// The number of configurations.
    pub fn len(&self) -> usize {
        self.rows.len() / self.space.hyperparameters().len()
    }

    /// True for a batch without configurations.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The configurations as [`Space::encode`] gives them, up to rounding, one after the other.
    pub fn rows(&self) -> &[f64] {
        &self.rows
    }

    /// The configuration with this index.
    pub fn configuration(&self, index: usize) -> Configuration {
        let hyperparameters = self.space.hyperparameters();
        let row = &self.rows[index * hyperparameters.len()..][..hyperparameters.len()];
        Configuration::of(hyperparameters.iter().zip(row).map(|(each, &code)| each.decode(code)).collect())
    }
}

impl Space {
    /// Up to `count` configurations, distributed as those of [`sample`](Self::sample): fewer where legal ones are too
    /// rare to be found; fails where none is found.
    pub fn sample_many(&self, count: usize, stream: &mut Stream) -> Result<Batch<'_>, Impossible> {
        self.possible()?;
        let plan = self.bulk.get_or_init(|| BulkPlan::of(&self.definition, self.plan()));
        let mut key = [0; 32];
        key.chunks_exact_mut(8).for_each(|chunk| chunk.copy_from_slice(&stream.bits().to_le_bytes()));
        let mut random = Xoshiro256PlusPlus::from_seed(key);
        let width = self.hyperparameters().len();
        let mut rows = Vec::with_capacity(count * width);
        let (mut block, mut failed) = (vec![Vec::with_capacity(BLOCK); width], 0);
        while rows.len() < count * width {
            let wanted = count - rows.len() / width;
            block.iter_mut().for_each(Vec::clear);
            let found = plan.draw(&self.definition, wanted, &mut block, &mut random);
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
