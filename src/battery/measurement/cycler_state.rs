//! The state of a cycler as its files name it: charging or discharging.
use crate::battery::measurement::column_name::from_gbk;

/// The state of a cycler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CyclerState {
    Charge,
    Discharge,
    Unknown,
}

impl CyclerState {
    /// The state that a field names, by a word, an abbreviation, or in Chinese.
    pub(super) fn of(field: &str) -> Self {
        let word = from_gbk(field.trim()).to_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|part| word.contains(part));
        if word == "d" || has(&["dchg", "dischar", "dis", "放电"]) {
            Self::Discharge
        } else if word == "c" || has(&["chg", "charge", "充电"]) {
            Self::Charge
        } else {
            Self::Unknown
        }
    }
}
