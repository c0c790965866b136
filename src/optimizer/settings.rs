//! Every knob of the optimizer, its default and its reason.
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{evolution, parzen};
use crate::acquisition::{self, maximizer};
use crate::design::Sampler;
use crate::intensifier::config::IntensifierConfig;
use crate::intensifier::pruning::Pruning;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::hyperparameter::Value;
use crate::surrogate::target::Scale;
use crate::surrogate::{forest, gaussian_process};

/// The model that guesses the cost of the untried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Surrogate {
    /// The Gaussian process while there are few results, then the forest.
    Automatic,
    /// A random forest.
    Forest(forest::ForestSettings),
    /// A Gaussian process: better where costs are smooth in few numbers and trials are few, much slower after hundreds.
    GaussianProcess(gaussian_process::GaussianProcessSettings),
}

/// How new configurations are found once the design is tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Search {
    /// The acquisition function of the surrogate is maximized.
    Model,
    /// Densities of the good and of the others (Bergstra et al. 2011); with brackets it is BOHB (Falkner et al. 2018).
    TreeParzen(parzen::Settings),
    /// Differences of good configurations (Storn and Price 1997); with brackets it is much like DEHB (Awad et al. 2021).
    DifferentialEvolution(evolution::Settings),
    /// Independent draws.
    Random,
}

/// What a trial that runs counts as until it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pending {
    /// As expected (the kriging believer of Ginsbourger et al. 2010).
    Believed,
    /// As good as the best: the next ask stays away from it least.
    Lowest,
    /// As good as the mean.
    Mean,
    /// As bad as the worst: the next ask stays away from it most.
    Highest,
}

/// The knobs of an [`Optimizer`](super::Optimizer); none needs to be set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "Optimizer")]
pub struct Settings {
    /// The names of the objectives, where there are several: an experiment's file has them beside its task.
    #[serde(skip_deserializing, skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<String>,
    /// Configurations that are tried before any other, values by name.
    pub first_configurations: Vec<IndexMap<String, Value>>,
    /// How the first configurations are spread. `Sobol`: evenly in every projection, also when cut short.
    pub design: Sampler,
    /// How many configurations the design has, the default one among them. Absent: see below.
    pub design_size: Option<u32>,
    /// How many it has for each hyperparameter, where `design_size` is absent. Absent: twice the number of
    /// hyperparameters and five, at most the lowest rung of the first bracket; of `Screening` that whole rung; a
    /// factorial design has every corner.
    pub design_per_hyperparameter: Option<u32>,
    /// The share of a limited number of trials that the design takes at most, but for the rung of `Screening`. 0.25, as in
    /// SMAC.
    pub design_share: f64,
    /// The probability that a new configuration is drawn at random. 0.05: whatever the model believes, the search
    /// converges; SMAC's 0.2 took longer. At 1 it is random search.
    pub random_probability: f64,
    /// Configurations with a cost before the model is asked; up to then they are drawn at random. 4: fewer have no
    /// trend.
    pub minimum_results: u32,
    /// What the surrogate learns in place of the cost. Absent: `Rank` of a forest, which whatever the costs' spread
    /// sees the best apart; `Power` of a Gaussian process, which keeps costs smooth.
    pub scale: Option<Scale>,
    /// Whether a second forest learns which configurations fail, and keeps the search away from them. True: a failed
    /// trial costs what a good one does.
    pub feasibility: bool,
    /// How far beyond the worst target a Gaussian process takes a failure to be, in ranges of the targets, until the next
    /// result. 0: with more, fewer trials fail and less is found, most of all where the best is beside what fails.
    pub pessimism: f64,
    /// Which trial gets how much budget. Absent: `Screening` for one worker and `Asynchronous` for several, as the
    /// experiment's file has them.
    pub intensifier: Option<IntensifierConfig>,
    /// Whether trials that report costs on their way are ended when they fall behind. Absent: every trial spends its
    /// budget.
    pub pruning: Option<Pruning>,
    /// Run folders of earlier experiments whose results the model learns from, beside the experiment's file unless they
    /// are absolute. They must fit the search space and the budgets; what does not is left out, and said.
    pub warm_start: Vec<String>,
    /// How new configurations are found. `Model`: the others need many more trials.
    pub search: Search,
    /// The surrogate. `Automatic`: up to 400 results and running trials a Gaussian process learns more from each of them,
    /// after that a forest is as good and much faster.
    pub surrogate: Surrogate,
    /// How promising the untried is. `ExpectedImprovement`: it needs no knob.
    pub acquisition: acquisition::settings::Settings,
    /// How much the priors of the search space weigh in the acquisition function: they are raised to the power of this
    /// over the number of results (Hvarfner et al. 2022). Absent: they shape the draws only. A tenth of the trials is a
    /// good value.
    pub prior_strength: Option<f64>,
    /// What a trial that runs counts as. `Believed`: nothing is invented.
    pub pending: Pending,
    /// The search for the most promising configuration.
    pub maximizer: maximizer::Settings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            objectives: Vec::new(),
            first_configurations: Vec::new(),
            design: Sampler::Sobol,
            design_size: None,
            design_per_hyperparameter: None,
            design_share: 0.25,
            random_probability: 0.05,
            minimum_results: 4,
            scale: None,
            feasibility: true,
            pessimism: 0.0,
            intensifier: None,
            pruning: None,
            warm_start: Vec::new(),
            search: Search::Model,
            surrogate: Surrogate::Automatic,
            acquisition: acquisition::settings::Settings::default(),
            prior_strength: None,
            pending: Pending::Believed,
            maximizer: maximizer::Settings::default(),
        }
    }
}

/// The lowest rung of the first bracket.
pub struct Lowest {
    pub configurations: u32,
    /// Whether the bracket comes once, to see the space: what a model of its own cheap trials chose would be the same
    /// thing many times, and what goes on would say little of the higher rungs.
    pub is_screen: bool,
}

impl Settings {
    /// Fails where a value makes no sense, with the knob, what it is, and what it may be.
    pub fn validate(&self) -> Result<(), String> {
        self.acquisition.validate(self.objectives.len())?;
        if self.objectives.len() > 1 {
            let single = [
                ("pruning", self.pruning.is_some()),
                ("intensifier: Racing", matches!(self.intensifier, Some(IntensifierConfig::Racing(_)))),
                ("intensifier: Pasha", matches!(self.intensifier, Some(IntensifierConfig::Pasha))),
            ];
            if let Some((name, _)) = single.into_iter().find(|(_, is_set)| *is_set) {
                return Err(format!("`{name}` compares one cost, but there are {} objectives", self.objectives.len()));
            }
        }
        if let Some(pruning) = &self.pruning {
            pruning.validate().map_err(|wrong| wrong.message)?;
        }
        let mut shares = vec![("random_probability", self.random_probability), ("design_share", self.design_share)];
        let mut counts = vec![
            ("maximizer.candidates", self.maximizer.candidates),
            ("maximizer.neighbors", self.maximizer.neighbors),
            ("design_size", self.design_size.unwrap_or(1)),
            ("design_per_hyperparameter", self.design_per_hyperparameter.unwrap_or(1)),
        ];
        match &self.surrogate {
            Surrogate::Forest(forest) => {
                counts.extend([("surrogate.trees", forest.trees), ("surrogate.min_leaf", forest.min_leaf)]);
                shares.push(("surrogate.columns", forest.columns));
                if forest.leaves == forest::Leaves::LogMean && self.scale != Some(Scale::Log) {
                    return Err("`surrogate.leaves` can be `LogMean` only where `scale` is `Log`".into());
                }
            }
            Surrogate::Automatic => {}
            Surrogate::GaussianProcess(process) => {
                counts.extend([("surrogate.rows", process.rows), ("surrogate.evaluations", process.evaluations)]);
            }
        }
        if let Search::TreeParzen(parzen) = &self.search {
            shares.push(("search.share", parzen.share));
            counts.push(("search.candidates", parzen.candidates));
        }
        if let Search::DifferentialEvolution(evolution) = &self.search {
            shares.extend([("search.step", evolution.step), ("search.crossover", evolution.crossover)]);
            counts.push(("search.population", evolution.population));
        }
        if let Some((name, value)) = shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            return Err(format!("`{name}` is {value}, not between 0 and 1"));
        }
        if let Some((name, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err(format!("`{name}` is 0, not at least 1"));
        }
        if let Surrogate::GaussianProcess(process) = &self.surrogate
            && !(process.optimism >= 0.0 && process.optimism.is_finite())
        {
            return Err(format!("`surrogate.optimism` is {}, not 0 or above", process.optimism));
        }
        if let Some((name, value)) = self.acquisition.invalid_field() {
            return Err(format!("`acquisition.{name}` is {value}, not 0 or above"));
        }
        if matches!(self.acquisition, acquisition::settings::Settings::CostImprovement { .. })
            && self.scale != Some(Scale::Log)
        {
            return Err("`acquisition` can be `CostImprovement` only where `scale` is `Log`".into());
        }
        if !(self.pessimism >= 0.0 && self.pessimism.is_finite()) {
            return Err(format!("`pessimism` is {}, not 0 or above", self.pessimism));
        }
        match self.prior_strength {
            Some(strength) if !(strength >= 0.0 && strength.is_finite()) => {
                Err(format!("`prior_strength` is {strength}, not 0 or above"))
            }
            _ => Ok(()),
        }
    }

    /// What new configurations are chosen by, in words.
    pub fn describe(&self) -> String {
        match self.search {
            _ if self.random_probability == 1.0 => return "random search".into(),
            Search::Random => return "random search".into(),
            Search::TreeParzen(_) => return "tree-structured Parzen estimators".into(),
            Search::DifferentialEvolution(_) => return "differential evolution".into(),
            Search::Model => {}
        }
        let surrogate = match &self.surrogate {
            Surrogate::Automatic => "Gaussian process, then random forest".into(),
            Surrogate::Forest(forest) => format!("random forest of {} trees", forest.trees),
            Surrogate::GaussianProcess(process) if process.samples == 0 => "Gaussian process".into(),
            Surrogate::GaussianProcess(process) => format!("Gaussian process, {} draws", process.samples),
        };
        let prior = if self.prior_strength.is_some() { ", weighted by the priors" } else { "" };
        let is_expected = matches!(self.acquisition, acquisition::settings::Settings::ExpectedImprovement { .. });
        let acquisition = match self.objectives.len() {
            2 if is_expected => "expected improvement of the hypervolume",
            3.. => "random scalarization",
            _ => self.acquisition.name(),
        };
        format!("{surrogate}, {acquisition}{prior}")
    }

    /// What a Gaussian process or a forest learns in place of the cost.
    pub fn scale(&self, is_process: bool) -> Scale {
        self.scale.unwrap_or(if is_process { Scale::Power } else { Scale::Rank })
    }

    /// The knobs of forests that help the surrogate: its own, where it is one.
    pub fn forest(&self) -> forest::ForestSettings {
        match &self.surrogate {
            Surrogate::Forest(forest) => forest.clone(),
            Surrogate::GaussianProcess(_) | Surrogate::Automatic => forest::ForestSettings::default(),
        }
    }

    /// The configurations that are tried first; fails at one that is not legal, with its number and the reason.
    pub fn first(&self, space: &Space) -> Result<Vec<Configuration>, String> {
        let legal = |(index, values): (usize, &IndexMap<String, Value>)| {
            let named = values.iter().map(|(name, value)| (name.as_str(), value.clone()));
            space
                .configuration_of(named)
                .map_err(|illegal| format!("number {} of `first_configurations` is not legal: {illegal}", index + 1))
        };
        self.first_configurations.iter().enumerate().map(legal).collect()
    }

    /// How many configurations the design has in a space of so many hyperparameters, where `lowest` is the first
    /// bracket's lowest rung (one rung is no limit) and at most so many `trials` are asked for; `None` is every corner of
    /// a factorial design.
    pub fn design_size(&self, hyperparameters: usize, lowest: Option<Lowest>, trials: Option<u32>) -> Option<usize> {
        let wanted = self.design_size.or(self.design_per_hyperparameter.map(|each| each * hyperparameters as u32));
        if wanted.is_none() && self.design == Sampler::Factorial {
            return None;
        }
        if let (None, Some(Lowest { configurations, is_screen: true })) = (wanted, &lowest) {
            return Some(*configurations as usize);
        }
        let size = wanted.unwrap_or_else(|| {
            let size = 2 * hyperparameters as u32 + 5;
            lowest.as_ref().map_or(size, |rung| size.min(rung.configurations))
        });
        let most = trials.map_or(u32::MAX, |trials| (self.design_share * f64::from(trials)) as u32);
        Some(size.min(most).max(1) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Settings {
        let extensions =
            ron::extensions::Extensions::IMPLICIT_SOME | ron::extensions::Extensions::UNWRAP_VARIANT_NEWTYPES;
        ron::Options::default().with_default_extension(extensions).from_str(text).unwrap()
    }

    #[test]
    fn senseless_values_are_named() {
        let check = |text: &str| settings(text).validate();
        assert_eq!(check("()"), Ok(()));
        assert_eq!(check("(random_probability: 1.5)").unwrap_err(), "`random_probability` is 1.5, not between 0 and 1");
        assert_eq!(check("(surrogate: Forest(trees: 0))").unwrap_err(), "`surrogate.trees` is 0, not at least 1");
        let margin = check("(acquisition: ProbabilityOfImprovement(margin: -1))");
        assert_eq!(margin.unwrap_err(), "`acquisition.margin` is -1, not 0 or above");
        for wrong in [
            "(surrogate: Forest(columns: NaN))",
            "(surrogate: GaussianProcess(rows: 0))",
            "(surrogate: GaussianProcess(optimism: -1))",
            "(surrogate: Forest(leaves: LogMean))",
            "(acquisition: CostImprovement())",
            "(prior_strength: -2)",
            "(search: TreeParzen(share: 2))",
            "(search: DifferentialEvolution(population: 0))",
        ] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
        assert_eq!(check("(surrogate: Forest(leaves: LogMean), scale: Log, acquisition: CostImprovement())"), Ok(()));
    }

    #[test]
    fn sizes_of_the_design_follow_the_rules_of_smac() {
        let rung = |configurations, is_screen| Lowest { configurations, is_screen };
        let size = |text: &str, first: Option<u32>, trials| {
            settings(text).design_size(7, first.map(|configurations| rung(configurations, false)), trials)
        };
        assert_eq!((size("()", None, None), size("()", Some(9), None)), (Some(19), Some(9)));
        assert_eq!(size("(design_size: 30)", Some(9), None), Some(30));
        let screen = |text: &str| settings(text).design_size(7, Some(rung(27, true)), Some(60));
        assert_eq!(
            (screen("()"), screen("(design_size: 8)"), screen("(design: Factorial)")),
            (Some(27), Some(8), None)
        );
        // SMAC: 6 hyperparameters, 250 trials, 10 each: 60; 4, 90 trials: 22, a quarter of the trials.
        let per = |text: &str, hyperparameters, trials| settings(text).design_size(hyperparameters, None, Some(trials));
        assert_eq!(per("(design_per_hyperparameter: 10)", 6, 250), Some(60));
        assert_eq!(per("(design_per_hyperparameter: 10)", 4, 90), Some(22));
        assert_eq!(per("(design_per_hyperparameter: 10)", 4, 2), Some(1));
        assert_eq!(size("(design: Factorial)", None, Some(1000)), None);
    }
}
