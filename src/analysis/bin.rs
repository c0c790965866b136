//! Bins: the values of one hyperparameter as parts of an axis.
use serde::Serialize;

use crate::space::hyperparameter::{Domain, Hyperparameter, Value};

/// Equal parts of the range of a hyperparameter with more values than `MOST_VALUES`.
const PARTS: usize = 15;
/// Values of a discrete hyperparameter up to this many get a bin each.
const MOST_VALUES: usize = 24;
/// Choices that get a bin each if there are more than `MOST_VALUES`: those that most trials have.
const MOST_CHOICES: usize = 16;
/// Successes below which a category tells nothing: what the model predicts for it is that of other categories.
pub(super) const RARE: usize = 3;

/// The kind of axis on which the values of a hyperparameter lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    Linear,
    Logarithmic,
    Ordinal,
    Categorical,
}

/// A part of an axis from 0 to 1, with the value at its middle.
#[derive(Clone, Debug, Serialize)]
pub struct Bin {
    /// The value; a word such as `4984 others` for a bin that pools rare choices.
    pub value: Value,
    /// The position of the value on the axis.
    pub at: f64,
    /// The lower end on the axis.
    pub from: f64,
    /// The upper end on the axis.
    pub to: f64,
    /// The position of the value in its domain, which differs from that on the axis where rare choices are pooled.
    #[serde(skip)]
    pub(super) place: f64,
}

/// The bins of one hyperparameter, and the bin of each of its values.
#[derive(Clone, Debug, Default)]
pub(super) struct Binning {
    pub bins: Vec<Bin>,
    /// The bin of each choice, if rare choices are pooled.
    pooled: Option<Vec<usize>>,
}

/// The scale of a hyperparameter's axis.
pub(super) fn scale(hyperparameter: &Hyperparameter) -> Scale {
    match &hyperparameter.domain {
        Domain::Float { log: true, .. } | Domain::Integer { log: true, .. } => Scale::Logarithmic,
        Domain::Float { .. } | Domain::Integer { .. } | Domain::Steps(_) => Scale::Linear,
        Domain::Ordinal { .. } | Domain::Constant { .. } => Scale::Ordinal,
        Domain::Categorical { .. } => Scale::Categorical,
    }
}

impl Binning {
    /// A bin for each value if there are few; else equal parts of the range, or the choices among the `tried` positions that
    /// are most frequent, and one bin for all others.
    pub(crate) fn of(hyperparameter: &Hyperparameter, tried: impl Iterator<Item = f64>) -> Self {
        let values: Vec<Value> = match &hyperparameter.domain {
            Domain::Categorical { choices } if choices.len() > MOST_VALUES => {
                return Self::pooled(hyperparameter, choices, tried);
            }
            domain @ (Domain::Integer { .. } | Domain::Steps(_)) if domain.size() <= Some(MOST_VALUES as u64) => {
                (0..domain.size().unwrap_or(0)).map(|index| domain.nth(index)).collect()
            }
            Domain::Ordinal { values } if values.len() <= MOST_VALUES => values.clone(),
            Domain::Categorical { choices } => choices.clone(),
            Domain::Constant { value } => vec![value.clone()],
            _ => (0..PARTS).map(|part| hyperparameter.at((part as f64 + 0.5) / PARTS as f64)).collect(),
        };
        let at = |value: &Value| hyperparameter.position(value).expect("a value of the domain");
        let middles: Vec<f64> = values.iter().map(at).collect();
        let between = |index: usize| (middles[index] + middles[index + 1]) / 2.0;
        let bin = |(index, value)| Bin {
            value,
            at: middles[index],
            from: if index == 0 { 0.0 } else { between(index - 1) },
            to: if index + 1 == middles.len() { 1.0 } else { between(index) },
            place: middles[index],
        };
        Self { bins: values.into_iter().enumerate().map(bin).collect(), pooled: None }
    }

    fn pooled(hyperparameter: &Hyperparameter, choices: &[Value], tried: impl Iterator<Item = f64>) -> Self {
        let n = choices.len();
        let mut counts = vec![0_usize; n];
        tried.for_each(|position| counts[choice(position, n)] += 1);
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|a, b| counts[*b].cmp(&counts[*a]).then(a.cmp(b)));
        let mut kept = order[..MOST_CHOICES].to_vec();
        kept.sort_unstable();
        // One of the others stands for all of them where the model is asked.
        let other = order[MOST_CHOICES];
        let mut bin_of = vec![MOST_CHOICES; n];
        kept.iter().enumerate().for_each(|(bin, &choice)| bin_of[choice] = bin);
        let others = Value::Word(format!("{} others", n - MOST_CHOICES).into());
        let width = 1.0 / (MOST_CHOICES + 1) as f64;
        let bin = |(index, choice): (usize, usize)| Bin {
            value: if index == MOST_CHOICES { others.clone() } else { choices[choice].clone() },
            at: (index as f64 + 0.5) * width,
            from: index as f64 * width,
            to: (index + 1) as f64 * width,
            place: hyperparameter.position(&choices[choice]).expect("a value of the domain"),
        };
        Self { bins: kept.into_iter().chain([other]).enumerate().map(bin).collect(), pooled: Some(bin_of) }
    }

    /// The index of the bin that holds a position of the domain.
    pub(crate) fn bin_of(&self, position: f64) -> usize {
        match &self.pooled {
            Some(bin_of) => bin_of[choice(position, bin_of.len())],
            None => self.bins.iter().position(|bin| position <= bin.to).unwrap_or(self.bins.len() - 1),
        }
    }

    /// True if one bin pools several choices.
    pub(crate) fn is_pooled(&self) -> bool {
        self.pooled.is_some()
    }

    /// The position on the axis of a position of the domain.
    pub(crate) fn on_axis(&self, position: f64) -> f64 {
        if self.is_pooled() { self.bins[self.bin_of(position)].at } else { position }
    }
}

/// The index of the choice at a position.
fn choice(position: f64, n: usize) -> usize {
    ((position * n as f64) as usize).min(n - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn categorical(n: usize) -> Hyperparameter {
        let choices: Vec<Value> = (0..n).map(|index| Value::Word(format!("c{index}").into())).collect();
        let default = choices[0].clone();
        Hyperparameter::new("x", Domain::Categorical { choices }, default)
    }

    #[test]
    fn rare_choices_share_a_bin() {
        let hyperparameter = categorical(5000);
        let at = |index: usize| (index as f64 + 0.5) / 5000.0;
        let tried = [4321, 4321, 17, 17, 17];
        let binning = Binning::of(&hyperparameter, tried.into_iter().map(at));
        let values: Vec<String> = binning.bins.iter().map(|bin| bin.value.to_string()).collect();
        assert_eq!(values.len(), 17);
        assert!(values.contains(&"c17".into()) && values.contains(&"c4321".into()), "{values:?}");
        assert_eq!(values[16], "4984 others");
        assert_eq!((binning.bin_of(at(4321)), binning.bin_of(at(4999))), (15, 16));
        assert!((binning.on_axis(at(4999)) - 16.5 / 17.0).abs() < 1e-12);
    }

    #[test]
    fn few_choices_and_parts_of_a_range_have_bins_of_their_own() {
        assert_eq!(Binning::of(&categorical(24), std::iter::empty()).bins.len(), 24);
        let values = (0..1000).map(Value::Integer).collect();
        let ordinal = Hyperparameter::new("x", Domain::Ordinal { values }, Value::Integer(0));
        let binning = Binning::of(&ordinal, std::iter::empty());
        assert_eq!((binning.bins.len(), binning.bin_of(0.0), binning.bin_of(1.0)), (15, 0, 14));
        assert_eq!(binning.on_axis(0.3), 0.3);
    }
}
