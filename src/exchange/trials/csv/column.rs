//! Columns of a table of trials.
use crate::document::diagnostic::Diagnostic;
use crate::space::Space;

/// The columns behind those of the hyperparameters and before the costs.
pub(super) const BEFORE_COSTS: [&str; 3] = ["budget", "seed", "outcome"];

/// The columns behind the costs, of which the last two are there only where a trial has one.
pub(super) const AFTER_COSTS: [&str; 5] = ["seconds", "started", "ended", "instance", "message"];

/// The beginning of the name of a column with the cost of an objective that is named like another column.
const COST: &str = "cost ";

/// The beginning of the name of a column with numbers that trials told beside their cost.
pub(super) const METRIC: &str = "metric ";

/// The names of the columns of a table that Optuna made of a study (`trials_dataframe`), as our own; other names stay.
pub(super) fn of_optuna(names: Vec<String>, space: &Space) -> (Vec<String>, bool) {
    let parameter = |name: &str| name.strip_prefix("params_").map(str::to_owned);
    let is_value = |name: &String| name == "value" || name.starts_with("values_");
    let has_own = names.iter().any(|name| name == "cost" || space.index(name).is_some());
    if has_own || !names.iter().any(is_value) || !names.iter().any(|name| parameter(name).is_some()) {
        return (names, false);
    }
    let renamed = |name: String| match name.as_str() {
        "number" => "trial".to_owned(),
        "value" => "cost".to_owned(),
        "state" => "outcome".to_owned(),
        "duration" => "seconds".to_owned(),
        "datetime_start" => "started".to_owned(),
        "datetime_complete" => "ended".to_owned(),
        "user_attrs_budget" => "budget".to_owned(),
        _ => match name.strip_prefix("values_").map(|objective| (objective, objective.parse::<usize>())) {
            Some((_, Ok(0))) => "cost".to_owned(),
            Some((_, Ok(number))) => format!("cost_{}", number.saturating_add(1)),
            Some((objective, Err(_))) => objective.to_owned(),
            None => parameter(&name).unwrap_or(name),
        },
    };
    (names.into_iter().map(renamed).collect(), true)
}

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
    /// The name of the column with an objective's cost: `cost`, or of several objectives the name of this one.
    pub(super) fn of_cost(objective: usize, objectives: &[String], space: &Space) -> String {
        let Some(name) = objectives.get(objective) else { return "cost".into() };
        let is_free = space.index(name).is_none() && Self::own(name, objectives) == Self::Cost(objective);
        if is_free { name.clone() } else { format!("{COST}{name}") }
    }

    /// The meanings of the columns of a heading.
    ///
    /// A hyperparameter may be named as one of our own columns: the columns of the hyperparameters are behind `trial` and
    /// before all others.
    ///
    /// # Errors
    /// Two columns stand for one hyperparameter, or for one cost, budget or outcome.
    pub(super) fn of_heading(names: &[String], space: &Space, objectives: &[String]) -> Result<Vec<Self>, Diagnostic> {
        let mut columns: Vec<Self> = Vec::with_capacity(names.len());
        for (place, name) in names.iter().enumerate() {
            let own = Self::own(name, objectives);
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

    /// True for the name of a column with a cost; a hyperparameter may be called `cost` too.
    pub(super) fn is_cost(name: &str, objectives: &[String], space: &Space) -> bool {
        (space.index(name).is_none() || name == "cost") && matches!(Self::own(name, objectives), Self::Cost(_))
    }

    /// The column of ours that has this name, where these are the names of several objectives. Files of earlier builds have
    /// `cost_2` and on.
    fn own(name: &str, objectives: &[String]) -> Self {
        let objective = |name: &str| objectives.iter().position(|each| each == name).map(Self::Cost);
        if let Some(named) = name.strip_prefix(COST).and_then(objective) {
            return named;
        }
        // Spreadsheets turn a first letter into a large one.
        match name.to_ascii_lowercase().as_str() {
            "cost" => Self::Cost(0),
            "budget" => Self::Budget,
            "outcome" => Self::Outcome,
            "trial" => Self::Known,
            _ if name.starts_with(METRIC) => Self::Known,
            own if BEFORE_COSTS.contains(&own) || AFTER_COSTS.contains(&own) => Self::Known,
            _ => {
                let number = name.strip_prefix("cost_").and_then(|number| number.parse::<usize>().ok());
                let number = number.filter(|number| (2..100).contains(number));
                number.map(|number| Self::Cost(number - 1)).or_else(|| objective(name)).unwrap_or(Self::Other)
            }
        }
    }
}
