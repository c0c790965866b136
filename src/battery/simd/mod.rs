//! Single instruction, multiple data: eight numbers at a time, on whichever vectors the processor has.
pub mod elementary;
pub mod instructions;

pub mod lanes;
