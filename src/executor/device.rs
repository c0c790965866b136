//! Accelerators that this process may use, and the variables that let a job see one of them alone.
use nvml_wrapper::Nvml;
use nvml_wrapper::error::NvmlError;

use crate::document::diagnostic::Diagnostic;

/// The variable by which CUDA programs, and most others, are told which GPUs they may see.
pub(crate) const VISIBLE_DEVICES: &str = "CUDA_VISIBLE_DEVICES";

/// Environment variables for the jobs of a slot.
pub(crate) type Variables = Vec<(&'static str, String)>;

/// The devices that a slot is requested on: one, or all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceSelector {
    All,
    /// Its position among the devices that this process may see, from 0.
    Position(usize),
    /// The name that the driver gives it, such as `GPU-…` or `MIG-…`.
    Named(String),
}

/// The devices of a machine, as far as they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Devices {
    /// Another program (Slurm, Kubernetes) or the user has chosen: the entries of `CUDA_VISIBLE_DEVICES`, passed on
    /// unchanged, because only their author knows which devices the numbers count.
    Inherited(Vec<String>),
    /// The driver's own names, each good for one process tree: whole GPUs, and the slices of those that are divided.
    Found(Vec<String>),
    /// There is no driver to ask.
    Unknown,
}

impl Devices {
    /// The devices of this machine that this process may use.
    pub(crate) fn here() -> Self {
        match std::env::var(VISIBLE_DEVICES) {
            Ok(list) => Self::inherited(&list),
            Err(_) => found().map_or(Self::Unknown, Self::Found),
        }
    }

    /// The devices of an inherited list; CUDA stops at the first entry that names nothing.
    fn inherited(list: &str) -> Self {
        let entries = list.split(',').map(str::trim).take_while(|entry| !entry.is_empty() && *entry != "-1");
        Self::Inherited(entries.map(str::to_owned).collect())
    }

    /// The selected devices: the part of a slot's name that says which it is, and the variables of its jobs.
    ///
    /// # Errors
    /// No such device is known.
    pub(crate) fn selected(&self, selector: &DeviceSelector) -> Result<Vec<(String, Variables)>, Diagnostic> {
        let visible = |device: &str| vec![(VISIBLE_DEVICES, device.to_owned())];
        let (names, source) = match self {
            Self::Inherited(names) => {
                (names, format!("`{VISIBLE_DEVICES}`, which was set before galvani started, names"))
            }
            Self::Found(names) => (names, "the driver finds".to_owned()),
            Self::Unknown => {
                return match selector {
                    DeviceSelector::All => Err(Diagnostic::new("no driver says which GPUs there are (no NVML)")
                        .hint(format!("name them (`gpu:0`), or set `{VISIBLE_DEVICES}`"))),
                    DeviceSelector::Named(name) => Ok(vec![(name.clone(), visible(name))]),
                    // Without a name that is the device's own, numbers must at least count the same everywhere.
                    DeviceSelector::Position(at) => {
                        let order = ("CUDA_DEVICE_ORDER", "PCI_BUS_ID".to_owned());
                        Ok(vec![(at.to_string(), vec![(VISIBLE_DEVICES, at.to_string()), order])])
                    }
                };
            }
        };
        let count = match names.len() {
            1 => "1 device".to_owned(),
            count => format!("{count} devices"),
        };
        match selector {
            DeviceSelector::All if names.is_empty() => {
                Err(Diagnostic::new(format!("{source} no device")).hint("use `cpu:1` or `workers: 1`"))
            }
            DeviceSelector::All => {
                Ok(names.iter().enumerate().map(|(at, name)| (at.to_string(), visible(name))).collect())
            }
            DeviceSelector::Position(at) => match names.get(*at) {
                Some(name) => Ok(vec![(at.to_string(), visible(name))]),
                None => {
                    Err(Diagnostic::new(format!("there is no `gpu:{at}`: {source} {count}")).hint("they count from 0"))
                }
            },
            DeviceSelector::Named(wanted) => match names.iter().find(|name| name.starts_with(wanted.as_str())) {
                Some(name) => Ok(vec![(wanted.clone(), visible(name))]),
                None => {
                    let missing = Diagnostic::new(format!("there is no `gpu:{wanted}`: {source} {}", names.join(", ")));
                    // A number in an inherited list may well be that device.
                    let is_inherited = matches!(self, Self::Inherited(_));
                    Err(if is_inherited { missing.hint("name it by its position, `gpu:0`") } else { missing })
                }
            },
        }
    }
}

/// The graphics cards of this machine in words, as `galvani --version` prints them.
pub(crate) fn inventory() -> String {
    if let Ok(list) = std::env::var(VISIBLE_DEVICES) {
        return match &Devices::inherited(&list) {
            Devices::Inherited(names) if !names.is_empty() => format!("`{VISIBLE_DEVICES}` names {}", names.join(", ")),
            _ => format!("`{VISIBLE_DEVICES}` names no graphics card"),
        };
    }
    let Ok(nvml) = Nvml::init() else { return "no driver of NVIDIA cards".to_owned() };
    let models = (0..nvml.device_count().unwrap_or(0)).map(|index| {
        let model = nvml.device_by_index(index).and_then(|device| device.name());
        format!("gpu:{index} {}", model.unwrap_or_else(|error| format!("({error})")))
    });
    match models.collect::<Vec<_>>() {
        models if models.is_empty() => "no graphics card".to_owned(),
        models => models.join(", "),
    }
}

/// The driver's names of the devices, in the order of their buses; `None` where there is no driver.
fn found() -> Option<Vec<String>> {
    let nvml = Nvml::init().ok()?;
    let names = |nvml: &Nvml| -> Result<Vec<String>, NvmlError> {
        let mut names = Vec::new();
        for index in 0..nvml.device_count()? {
            let device = nvml.device_by_index(index)?;
            // A GPU that cannot be divided says so with an error. A divided one is nothing but its slices.
            if device.mig_mode().is_ok_and(|mode| mode.current == 1) {
                let slices = 0..device.mig_device_count()?;
                names.extend(slices.filter_map(|slice| device.mig_device_by_index(slice).ok()?.uuid().ok()));
            } else {
                names.push(device.uuid()?);
            }
        }
        Ok(names)
    };
    names(&nvml).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inherited_list_ends_where_it_names_nothing() {
        for (list, expected) in [
            ("", vec![]),
            ("0", vec!["0"]),
            ("2, MIG-1/2/0 ,5", vec!["2", "MIG-1/2/0", "5"]),
            ("1,-1,2", vec!["1"]),
            ("-1", vec![]),
        ] {
            let expected = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(Devices::inherited(list), Devices::Inherited(expected), "{list}");
        }
    }

    #[test]
    fn a_device_is_found_by_position_or_name_and_told_by_the_drivers_name() {
        let found = Devices::Found(vec!["GPU-aa11".into(), "MIG-bb22".into()]);
        let check = |devices: &Devices, selector: DeviceSelector, expected: Option<&[&str]>| {
            let selected = devices.selected(&selector);
            let seen =
                selected.as_ref().map(|each| each.iter().map(|(_, told)| told[0].1.as_str()).collect::<Vec<_>>());
            assert_eq!(seen.ok().as_deref(), expected, "{selector:?} of {devices:?}");
        };
        check(&found, DeviceSelector::All, Some(&["GPU-aa11", "MIG-bb22"]));
        check(&found, DeviceSelector::Position(1), Some(&["MIG-bb22"]));
        check(&found, DeviceSelector::Position(2), None);
        check(&found, DeviceSelector::Named("GPU-aa".into()), Some(&["GPU-aa11"]));
        check(&found, DeviceSelector::Named("GPU-cc".into()), None);
        check(&Devices::Inherited(vec!["7".into()]), DeviceSelector::Position(0), Some(&["7"]));
        check(&Devices::Inherited(vec![]), DeviceSelector::All, None);
        check(&Devices::Unknown, DeviceSelector::Position(3), Some(&["3"]));
        check(&Devices::Unknown, DeviceSelector::All, None);
    }
}
