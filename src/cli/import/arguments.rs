//! Arguments of the formats that are imported.
use std::path::PathBuf;

use clap::Args;

/// Arguments for results, from which an experiment's model learns.
#[derive(Args)]
pub(super) struct Results {
    /// The file to read
    pub file: PathBuf,
    /// The experiment that learns from the results, started or not
    pub experiment: PathBuf,
    /// The folder that holds the runs
    #[arg(long, value_name = "FOLDER", default_value = "runs")]
    pub dir: PathBuf,
    /// Change the sign of the values: those of something that was maximized, for an experiment that minimizes
    #[arg(long)]
    pub negate: bool,
}

#[derive(Args)]
pub(super) struct File {
    /// The file to read
    pub file: PathBuf,
    /// The file of the search space to write [default: stdout]
    #[arg(long)]
    pub out: Option<PathBuf>,
}
