//! The value of `--split`: which series of a dataset a verb works on.
use clap::ValueEnum;

use crate::battery::dataset::Split;

/// A split of a dataset, as it is written on the command line.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum SplitArgument {
    Train,
    Validation,
    Test,
    HeldOut,
}

impl From<SplitArgument> for Split {
    fn from(argument: SplitArgument) -> Self {
        match argument {
            SplitArgument::Train => Self::Train,
            SplitArgument::Validation => Self::Validation,
            SplitArgument::Test => Self::Test,
            SplitArgument::HeldOut => Self::HeldOut,
        }
    }
}
