//! Slots: the shares of a machine that run one job at a time.
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::document::diagnostic::Diagnostic;
use crate::executor::device::{DeviceSelector, Devices, VISIBLE_DEVICES, Variables};

/// The variable that names the slot to the job in it.
pub(crate) const SLOT_VARIABLE: &str = "GALVANI_SLOT";

/// A share of the machine for one job at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// `cpu:0`, `gpu:1`, or `gpu:1.0` where several share a device; no two of a machine have the same.
    pub name: String,
    /// Environment variables of the jobs in it.
    pub environment: Variables,
}

/// Slots as an experiment asks for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotRequest {
    /// `cpu:2`: so many slots whose jobs see no GPU.
    Cpu(usize),
    /// `gpu:1`, `gpu:1x2`, `gpu:GPU-5d5ba0d6`, `gpu:*`: so many slots on a device, or on each.
    Gpu(DeviceSelector, usize),
}

impl fmt::Display for SlotRequest {
    /// As experiments write it.
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let (selector, count) = match self {
            Self::Cpu(count) => return write!(out, "cpu:{count}"),
            Self::Gpu(selector, count) => (selector, count),
        };
        match selector {
            DeviceSelector::All => write!(out, "gpu:*")?,
            DeviceSelector::Named(name) => write!(out, "gpu:{name}")?,
            DeviceSelector::Position(position) => write!(out, "gpu:{position}")?,
        }
        if *count == 1 { Ok(()) } else { write!(out, "x{count}") }
    }
}

impl FromStr for SlotRequest {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        let wrong = || Diagnostic::new(format!("`{text}` is not a slot"));
        let count = |digits: &str| digits.parse().ok().filter(|count| (1..=1024).contains(count));
        match text.split_once(':').ok_or_else(wrong)? {
            ("cpu", number) => count(number).map(Self::Cpu).ok_or_else(wrong),
            ("gpu", device) => {
                // The driver's names are hexadecimal: an `x` is never a part of them.
                let shared = device.rsplit_once('x').and_then(|(device, number)| Some((device, count(number)?)));
                let (device, count) = shared.unwrap_or((device, 1));
                let is_name = |name: &str| name.starts_with("GPU-") || name.starts_with("MIG-");
                let selector = match device {
                    "*" => DeviceSelector::All,
                    name if is_name(name) && !name.contains(',') => DeviceSelector::Named(name.to_owned()),
                    number => DeviceSelector::Position(number.parse().map_err(|_| wrong())?),
                };
                Ok(Self::Gpu(selector, count))
            }
            _ => Err(wrong()),
        }
    }
}

impl SlotRequest {
    /// The number of its slots; one where only the driver knows how many devices there are.
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Cpu(count) | Self::Gpu(_, count) => *count,
        }
    }
}

impl Slot {
    /// This number of slots without devices: their jobs see the devices that galvani sees.
    pub fn plain(workers: usize) -> Vec<Self> {
        let name = |number| Self { name: format!("cpu:{number}"), environment: Vec::new() };
        (0..workers).map(name).map(Self::named).collect()
    }

    /// The slots of these requests on the available devices.
    ///
    /// # Errors
    /// A device is missing, or a slot is asked for twice.
    pub(crate) fn resolve(requests: &[SlotRequest], devices: &Devices) -> Result<Vec<Self>, Diagnostic> {
        let mut slots = Vec::new();
        let mut cpus = 0;
        for request in requests {
            match request {
                SlotRequest::Cpu(count) => {
                    let none = vec![(VISIBLE_DEVICES, String::new())];
                    let names = (cpus..cpus + count).map(|number| format!("cpu:{number}"));
                    slots.extend(names.map(|name| Self { name, environment: none.clone() }));
                    cpus += count;
                }
                SlotRequest::Gpu(selector, count) => {
                    for (name, environment) in devices.selected(selector)? {
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
            Some(twice) => Err(Diagnostic::new(format!("the slot `{}` is asked for twice", twice.name))
                .hint("several trials share a device with `gpu:0x2`")),
            None => Ok(slots.into_iter().map(Self::named).collect()),
        }
    }

    fn named(mut self) -> Self {
        self.environment.push((SLOT_VARIABLE, self.name.clone()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_or_refused() {
        let named = |name: &str| DeviceSelector::Named(name.to_owned());
        for (text, expected) in [
            ("cpu:2", Some(SlotRequest::Cpu(2))),
            ("gpu:0", Some(SlotRequest::Gpu(DeviceSelector::Position(0), 1))),
            ("gpu:1x2", Some(SlotRequest::Gpu(DeviceSelector::Position(1), 2))),
            ("gpu:*x3", Some(SlotRequest::Gpu(DeviceSelector::All, 3))),
            ("gpu:GPU-5d5ba0d6", Some(SlotRequest::Gpu(named("GPU-5d5ba0d6"), 1))),
            ("gpu:MIG-abcx2", Some(SlotRequest::Gpu(named("MIG-abc"), 2))),
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
    fn slots_have_different_names_and_the_variables_of_their_devices() {
        let devices = Devices::Inherited(vec!["3".into(), "GPU-b".into()]);
        let requests: Vec<SlotRequest> = ["gpu:0", "gpu:1x2", "cpu:2"].map(|text| text.parse().unwrap()).to_vec();
        let slots = Slot::resolve(&requests, &devices).unwrap();
        let seen: Vec<_> = slots.iter().map(|slot| (slot.name.as_str(), slot.environment[0].1.as_str())).collect();
        assert_eq!(seen, [("gpu:0", "3"), ("gpu:1.0", "GPU-b"), ("gpu:1.1", "GPU-b"), ("cpu:0", ""), ("cpu:1", "")]);
        assert!(slots.iter().all(|slot| slot.environment.last() == Some(&(SLOT_VARIABLE, slot.name.clone()))));
        let twice = Slot::resolve(&[requests[0].clone(), requests[0].clone()], &devices).unwrap_err().to_string();
        assert!(twice.contains("`gpu:0`") && twice.contains("hint:"), "{twice}");
    }
}
