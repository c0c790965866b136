//! Columns of a table of trials.
use crate::document::diagnostic::Diagnostic;
use crate::space::Space;

/// The columns behind those of the hyperparameters and before the costs.
pub(super) const BEFORE_COSTS: [&str; 3] = ["budget", "seed", "outcome"];

/// The columns behind the costs, of which the last two are there only where a trial has one.
pub(super) const AFTER_COSTS: [&str; 5] = ["seconds", "started", "ended", "instance", "message"];

/// The beginning of the name of a column with numbers that trials told beside their cost.
pub(super) const METRIC: &str = "metric ";

/// The meaning of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Column {
    /// The hyperparameter with this index.
    Hyperparameter(usize),
    /// The cost of an objective, from 0.
    Cost(usize),
    Budget,
    Outcome,
    /// One of ours that is not read.
    Known,
    /// A column of the user's own.
    Other,
}

impl Column {
    /// The name of the column with an objective's cost.
    pub(super) fn of_cost(objective: usize) -> String {
        if objective == 0 { "cost".into() } else { format!("cost_{}", objective + 1) }
    }

    /// The meanings of the columns of a heading.
    ///
    /// A hyperparameter may be named as one of our own columns: the columns of the hyperparameters are behind `trial` and
    /// before all others.
    ///
    /// # Errors
    /// Two columns stand for one hyperparameter, or for one cost, budget or outcome.
    pub(super) fn of_heading(names: &[String], space: &Space) -> Result<Vec<Self>, Diagnostic> {
        let mut columns: Vec<Self> = Vec::with_capacity(names.len());
        for (place, name) in names.iter().enumerate() {
            let own = Self::own(name);
            let twice = || {
                let message = format!("there are two columns named `{name}`");
                Diagnostic::new(message).hint("take one of them out")
            };
            let is_read = matches!(own, Self::Cost(_) | Self::Budget | Self::Outcome);
            let has_own = is_read && columns.contains(&own);
            let Some(index) = space.index(name) else {
                if has_own {
                    return Err(twice());
                }
                columns.push(own);
                continue;
            };
            let is_taken = columns.contains(&Self::Hyperparameter(index));
            if is_taken && (own == Self::Other || has_own) {
                return Err(twice());
            }
            let comes_again = name == "trial" && names[place + 1..].contains(name);
            columns.push(if is_taken || comes_again { own } else { Self::Hyperparameter(index) });
        }
        Ok(columns)
    }

    /// The column of ours that has this name.
    fn own(name: &str) -> Self {
        match name {
            "cost" => Self::Cost(0),
            "budget" => Self::Budget,
            "outcome" => Self::Outcome,
            "trial" => Self::Known,
            _ if name.starts_with(METRIC) => Self::Known,
            _ if BEFORE_COSTS.contains(&name) || AFTER_COSTS.contains(&name) => Self::Known,
            _ => {
                let number = name.strip_prefix("cost_").and_then(|number| number.parse::<usize>().ok());
                number.filter(|number| (2..100).contains(number)).map_or(Self::Other, |number| Self::Cost(number - 1))
            }
        }
    }
}
