//! Models of the cost: a support-vector machine, a Gaussian process and a random forest behind one interface.
use serde::Serialize;

use super::machine::Machine;
use super::table::RegressionTable;
use crate::surrogate::forest::{Forest, ForestSettings};
use crate::surrogate::gaussian_process::{GaussianProcess, GaussianProcessSettings};
use crate::surrogate::{Rows, Surrogate, Targets};

/// Trees of the forest: more than a search needs, as their mean is drawn.
const TREES: u32 = 64;

/// The kind of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// A support-vector machine on columns scaled by the lengths of the Gaussian process.
    Svm,
    /// A Gaussian process with a length for each column.
    Process,
    /// A random forest.
    Forest,
}

impl ModelKind {
    /// Every kind; of models that predict equally well, the first is drawn.
    pub const ALL: [Self; 3] = [Self::Svm, Self::Process, Self::Forest];

    /// The kind in words.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Svm => "support-vector machine",
            Self::Process => "Gaussian process",
            Self::Forest => "random forest",
        }
    }
}

/// A model fitted to a table.
#[derive(Clone)]
pub(super) enum FittedModel {
    Svm(Machine),
    Process(Process),
    Forest(Forest),
}

/// A Gaussian process, and the number of results that its hyperparameters were learnt after.
#[derive(Clone)]
pub(super) struct Process {
    process: GaussianProcess,
    results: usize,
}

impl Process {
    /// Learns hyperparameters and conditions the process; `None` without rows, or if a target is not finite.
    pub(crate) fn fit(table: &RegressionTable, seed: u64) -> Option<Self> {
        let n = table.targets.len();
        if n == 0 || !table.targets.iter().all(|target| target.is_finite()) {
            return None;
        }
        let settings = GaussianProcessSettings { samples: 0, optimism: 0.0, ..GaussianProcessSettings::default() };
        let mut process = GaussianProcess::new(&table.columns, &settings, seed);
        let targets: Targets = table.targets.iter().copied().enumerate().collect();
        process.update(&table.rows, &targets, n, &|results| targets[..results.min(n)].to_vec());
        Some(Self { process, results: n })
    }

    /// The same hyperparameters, conditioned on another table.
    fn refit(&self, table: &RegressionTable) -> Self {
        let mut process = self.process.clone();
        let targets: Targets = table.targets.iter().copied().enumerate().collect();
        process.update(&table.rows, &targets, self.results, &|_| targets.clone());
        Self { process, results: self.results }
    }

    /// The length of the kernel along each column.
    pub(crate) fn lengths(&self) -> Vec<f64> {
        self.process.lengths()
    }

    /// The standard deviation of the function at each row, without noise.
    pub(crate) fn deviations(&self, rows: &Rows) -> Vec<f64> {
        self.process.predict(rows).into_iter().map(|prediction| prediction.variance.sqrt()).collect()
    }

    /// The variance of the noise of the targets.
    pub(crate) fn noise(&self) -> f64 {
        self.process.noise()
    }
}

impl FittedModel {
    /// Fits one kind of model, a machine by the lengths of `process`.
    pub(crate) fn fit(kind: ModelKind, table: &RegressionTable, process: &Process, seed: u64) -> Option<Self> {
        match kind {
            ModelKind::Svm => Machine::tuned(table, &process.lengths(), seed).map(Self::Svm),
            ModelKind::Process => Some(Self::Process(process.clone())),
            ModelKind::Forest => Some(Self::Forest(forest(table, seed))),
        }
    }

    /// The same kind of model with the same parameters, fitted to another table.
    pub(crate) fn refit(&self, table: &RegressionTable, seed: u64) -> Option<Self> {
        match self {
            Self::Svm(machine) => machine.refit(table).map(Self::Svm),
            Self::Process(process) => Some(Self::Process(process.refit(table))),
            Self::Forest(_) => Some(Self::Forest(forest(table, seed))),
        }
    }

    /// The predicted target of each row.
    pub(crate) fn predict(&self, rows: &Rows) -> Vec<f64> {
        match self {
            Self::Svm(machine) => (0..rows.len()).map(|index| machine.predict(rows.row(index))).collect(),
            Self::Process(process) => process.process.expected(rows),
            Self::Forest(forest) => forest.predict(rows).into_iter().map(|prediction| prediction.mean).collect(),
        }
    }

    /// The mean predicted target of rows; `None` without rows.
    pub(crate) fn mean(&self, rows: &Rows) -> Option<f64> {
        (!rows.is_empty()).then(|| self.predict(rows).iter().sum::<f64>() / rows.len() as f64)
    }
}

fn forest(table: &RegressionTable, seed: u64) -> Forest {
    let settings = ForestSettings { trees: TREES, min_leaf: 2, ..ForestSettings::default() };
    Forest::fit(&table.rows, &table.columns, &table.targets, &settings, seed, "report forest")
}
