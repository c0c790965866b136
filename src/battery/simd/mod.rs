//! SIMD: eight numbers at a time on the widest vectors of the processor, with the same bits on every machine.
pub(crate) mod elementary;
pub(crate) mod instructions;
pub mod lanes;
