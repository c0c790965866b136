//! The verb `import`: a search space or results from another program.
mod arguments;
mod results;
mod space;

use arguments::{File, Results};
use clap::{Args, Subcommand};

use super::failure::Failure;
use crate::exchange::trials::optuna::StudyChoice;
use crate::exchange::{configspace, irace, pcs, trials};
use crate::trial::direction::Direction;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    format: Format,
}

#[derive(Subcommand)]
enum Format {
    /// A search space of ConfigSpace as JSON, format 0.4 or older
    Configspace(File),
    /// A search space in the format pcs-new, or in the older pcs format
    #[command(alias = "pcs")]
    PcsNew(File),
    /// A search space in a parameter file of irace
    Irace(File),
    /// Results as CSV: a column for each hyperparameter, `cost`, and `budget` if there are several budgets
    Csv(Results),
    /// Results as JSON lines: `{"config": {...}, "cost": 0.3, "budget": 9}`
    Jsonl(Results),
    /// Results of SMAC3, version 1 or 2: a file `runhistory.json`
    #[command(alias = "smac")]
    Smac3(Results),
    /// Results of Optuna: a file of its journal storage
    Optuna(OptunaResults),
}

#[derive(Args)]
struct OptunaResults {
    #[command(flatten)]
    results: Results,
    /// The study to read, where the journal has several
    #[arg(long, value_name = "NAME")]
    study: Option<String>,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.format {
        Format::Configspace(file) => space::import(file, configspace::read),
        Format::PcsNew(file) => space::import(file, pcs::read),
        Format::Irace(file) => space::import(file, irace::read),
        Format::Csv(each) => results::import_costs(each, |text, experiment| {
            trials::csv::read(text, &experiment.space, experiment.objectives())
        }),
        Format::Jsonl(each) => {
            results::import_costs(each, |text, experiment| trials::jsonl::read(text, experiment.objectives()))
        }
        Format::Smac3(each) => results::import_costs(each, |text, _| trials::smac::read(text)),
        Format::Optuna(OptunaResults { results, study }) => {
            let negate = results.negate;
            results::import(results, |text, experiment| {
                let maximized = (0..experiment.costs()).map(|objective| experiment.directions.of_objective(objective));
                let maximized = maximized.map(|direction| direction == Direction::Maximize).collect();
                trials::optuna::read(text, &StudyChoice { name: study.clone(), maximized, negate })
            })
        }
    }
}
