//! The cache of a network: the memory that each block keeps of earlier rows.
use super::mixer::MixerMemory;

/// The memory that a network keeps of the rows before the next one.
pub(crate) struct Cache {
    /// One entry a block.
    pub(super) layers: Vec<MixerMemory>,
    /// Rows seen since it was empty.
    pub(super) length: usize,
}

impl Cache {
    /// Forgets all rows.
    pub(crate) fn clear(&mut self) {
        self.length = 0;
        self.layers.iter_mut().for_each(MixerMemory::clear);
    }
}
