//! Size of the initial design.
use super::Sampler;
use crate::document::diagnostic::Diagnostic;
use crate::document::range::{at_least_one, share};

/// The rules for the number of configurations of an initial design.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DesignSize {
    pub sampler: Sampler,
    /// The number of configurations; absent: it follows from the other rules.
    pub configurations: Option<u32>,
    /// The number of configurations for each hyperparameter, where `configurations` is absent.
    pub per_hyperparameter: Option<u32>,
    /// The share of a limited number of trials that the design takes at most.
    pub share: f64,
}

/// The lowest rung of the first bracket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LowestRung {
    /// The number of configurations that it holds.
    pub configurations: u32,
    /// True where the bracket runs only once, to explore the space. Its lowest rung is then a design as a whole:
    /// configurations chosen by a model of the rung's own cheap trials would be alike, and the promoted ones would say
    /// little of the higher rungs.
    pub is_screen: bool,
}

impl DesignSize {
    /// Fails where a number is out of its range.
    pub(crate) fn validate(&self) -> Result<(), Diagnostic> {
        at_least_one("design_size", self.configurations.unwrap_or(1))?;
        at_least_one("design_per_hyperparameter", self.per_hyperparameter.unwrap_or(1))?;
        share("design_share", self.share)
    }

    /// The number of configurations in a space of `hyperparameters`, where `lowest` is the first bracket's lowest rung
    /// (`None` for a single rung, which is no limit) and at most `trials` are asked for. `None` means every corner of a
    /// factorial design.
    pub(crate) fn of(&self, hyperparameters: usize, lowest: Option<LowestRung>, trials: Option<u32>) -> Option<usize> {
        let wanted = self.configurations.or(self.per_hyperparameter.map(|each| each * hyperparameters as u32));
        if wanted.is_none() && self.sampler == Sampler::Factorial {
            return None;
        }
        if let (None, Some(LowestRung { configurations, is_screen: true })) = (wanted, &lowest) {
            return Some(*configurations as usize);
        }
        let size = wanted.unwrap_or_else(|| {
            let size = 2 * hyperparameters as u32 + 5;
            lowest.as_ref().map_or(size, |rung| size.min(rung.configurations))
        });
        let most = trials.map_or(u32::MAX, |trials| (self.share * f64::from(trials)) as u32);
        Some(size.min(most).max(1) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: DesignSize =
        DesignSize { sampler: Sampler::Sobol, configurations: None, per_hyperparameter: None, share: 0.25 };

    #[test]
    fn sizes_follow_the_rules_of_smac() {
        let rung = |configurations, is_screen| Some(LowestRung { configurations, is_screen });
        let eight = DesignSize { configurations: Some(8), ..RULES };
        let thirty = DesignSize { configurations: Some(30), ..RULES };
        let ten_each = DesignSize { per_hyperparameter: Some(10), ..RULES };
        let factorial = DesignSize { sampler: Sampler::Factorial, ..RULES };
        for (rules, hyperparameters, lowest, trials, expected) in [
            (RULES, 7, None, None, Some(19)),
            (RULES, 7, rung(9, false), None, Some(9)),
            (thirty, 7, rung(9, false), None, Some(30)),
            (RULES, 7, rung(27, true), Some(60), Some(27)),
            (eight, 7, rung(27, true), Some(60), Some(8)),
            (factorial, 7, rung(27, true), Some(60), None),
            // SMAC: 6 hyperparameters, 250 trials, 10 each: 60; 4, 90 trials: 22, a quarter of the trials.
            (ten_each, 6, None, Some(250), Some(60)),
            (ten_each, 4, None, Some(90), Some(22)),
            (ten_each, 4, None, Some(2), Some(1)),
            (factorial, 7, None, Some(1000), None),
        ] {
            assert_eq!(rules.of(hyperparameters, lowest, trials), expected, "{rules:?} {lowest:?} {trials:?}");
        }
    }
}
