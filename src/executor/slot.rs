//! Slots: what a machine offers to one trial at a time.
use std::collections::BTreeSet;
use std::str::FromStr;

use super::device::Devices;

/// The variable that names the slot to the trial in it.
pub const VARIABLE: &str = "GALVANI_SLOT";
/// The variable by which CUDA programs, and most others, are told which GPUs they may see.
pub const VISIBLE: &str = "CUDA_VISIBLE_DEVICES";

/// What the trials of a slot are told of the machine.
pub type Environment = Vec<(&'static str, String)>;

/// A place for one trial at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// `cpu:0`, `gpu:1`, or `gpu:1.0` where several share a device; no two of a machine have the same.
    pub name: String,
    pub environment: Environment,
}

/// Slots as an experiment asks for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// `cpu:2`: so many slots whose trials see no GPU.
    Cpu(usize),
    /// `gpu:1`, `gpu:1x2`, `gpu:GPU-5d5ba0d6`, `gpu:*`: so many slots on a device, or on each.
    Gpu(Which, usize),
}

/// Which device is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    All,
    /// Its position among the devices that this process may see, from 0.
    Position(usize),
    /// The name that the driver gives it, such as `GPU-…` or `MIG-…`.
    Named(String),
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no slot");
        let count = |digits: &str| digits.parse().ok().filter(|count| (1..=1024).contains(count));
        match text.split_once(':').ok_or_else(wrong)? {
            ("cpu", number) => count(number).map(Self::Cpu).ok_or_else(wrong),
            ("gpu", which) => {
                // The driver's names are hexadecimal: an `x` is never a part of them.
                let shared = which.rsplit_once('x').and_then(|(which, number)| Some((which, count(number)?)));
                let (which, count) = shared.unwrap_or((which, 1));
                let is_name = |name: &str| name.starts_with("GPU-") || name.starts_with("MIG-");
                let which = match which {
                    "*" => Which::All,
                    name if is_name(name) && !name.contains(',') => Which::Named(name.to_owned()),
                    number => Which::Position(number.parse().map_err(|_| wrong())?),
                };
                Ok(Self::Gpu(which, count))
            }
            _ => Err(wrong()),
        }
    }
}

impl Wanted {
    /// How many slots it is; one where only the driver knows how many devices there are.
    pub fn count(&self) -> usize {
        match self {
            Self::Cpu(count) | Self::Gpu(_, count) => *count,
        }
    }
}

impl Slot {
    /// So many slots that say nothing of devices: their trials see what galvani sees.
    pub fn plain(workers: usize) -> Vec<Self> {
        let name = |number| Self { name: format!("cpu:{number}"), environment: Vec::new() };
        (0..workers).map(name).map(Self::named).collect()
    }

    /// The slots that are asked for, on the devices that there are; the error says what is missing and what to do.
    pub fn resolve(wanted: &[Wanted], devices: &Devices) -> Result<Vec<Self>, String> {
        let mut slots = Vec::new();
        let mut cpus = 0;
        for each in wanted {
            match each {
                Wanted::Cpu(count) => {
                    let none = vec![(VISIBLE, String::new())];
                    let names = (cpus..cpus + count).map(|number| format!("cpu:{number}"));
                    slots.extend(names.map(|name| Self { name, environment: none.clone() }));
                    cpus += count;
                }
                Wanted::Gpu(which, count) => {
                    for (name, environment) in devices.chosen(which)? {
                        let shares = (0..*count).map(|share| match count {
                            1 => format!("gpu:{name}"),
                            _ => format!("gpu:{name}.{share}"),
                        });
                        slots.extend(shares.map(|name| Self { name, environment: environment.clone() }));
                    }
                }
            }
        }
        let mut names = BTreeSet::new();
        match slots.iter().find(|slot| !names.insert(slot.name.clone())) {
            Some(twice) => Err(format!(
                "the slot `{}` is asked for twice\nhint: several trials share a device with `gpu:0x2`",
                twice.name
            )),
            None => Ok(slots.into_iter().map(Self::named).collect()),
        }
    }

    fn named(mut self) -> Self {
        self.environment.push((VARIABLE, self.name.clone()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read_or_refused() {
        let named = |name: &str| Which::Named(name.to_owned());
        for (text, expected) in [
            ("cpu:2", Some(Wanted::Cpu(2))),
            ("gpu:0", Some(Wanted::Gpu(Which::Position(0), 1))),
            ("gpu:1x2", Some(Wanted::Gpu(Which::Position(1), 2))),
            ("gpu:*x3", Some(Wanted::Gpu(Which::All, 3))),
            ("gpu:GPU-5d5ba0d6", Some(Wanted::Gpu(named("GPU-5d5ba0d6"), 1))),
            ("gpu:MIG-abcx2", Some(Wanted::Gpu(named("MIG-abc"), 2))),
            ("cpu:0", None),
            ("cpu", None),
            ("gpu:", None),
            ("gpu:0x0", None),
            ("gpu:-1", None),
            ("gpu:0,1", None),
            ("tpu:0", None),
        ] {
            assert_eq!(text.parse().ok(), expected, "{text}");
        }
    }

    #[test]
    fn slots_are_named_apart_and_say_what_their_trials_see() {
        let devices = Devices::Inherited(vec!["3".into(), "GPU-b".into()]);
        let wanted: Vec<Wanted> = ["gpu:0", "gpu:1x2", "cpu:2"].map(|text| text.parse().unwrap()).to_vec();
        let slots = Slot::resolve(&wanted, &devices).unwrap();
        let seen: Vec<_> = slots.iter().map(|slot| (slot.name.as_str(), slot.environment[0].1.as_str())).collect();
        assert_eq!(seen, [("gpu:0", "3"), ("gpu:1.0", "GPU-b"), ("gpu:1.1", "GPU-b"), ("cpu:0", ""), ("cpu:1", "")]);
        assert!(slots.iter().all(|slot| slot.environment.last() == Some(&(VARIABLE, slot.name.clone()))));
        let twice = Slot::resolve(&[wanted[0].clone(), wanted[0].clone()], &devices).unwrap_err();
        assert!(twice.contains("`gpu:0`") && twice.contains("hint:"), "{twice}");
    }
}
