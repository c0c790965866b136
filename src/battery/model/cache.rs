//! The cache of a network: what each of its blocks remembers of the rows that it has seen.
use super::mixer::MixerMemory;

/// The memory of a network of the rows that it has seen.
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
