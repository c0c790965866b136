//! Which accelerators this process may use, and what to tell a trial so that it sees one of them alone.
use nvml_wrapper::Nvml;
use nvml_wrapper::error::NvmlError;

use super::slot::{Environment, VISIBLE, Which};

/// What is known of the devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Devices {
    /// Somebody above us (Slurm, Kubernetes, the user) has chosen: the entries of `CUDA_VISIBLE_DEVICES`, passed on as
    /// they are, because only who wrote them knows what their numbers count.
    Inherited(Vec<String>),
    /// The driver's own names, each good for one process tree: whole GPUs, and the slices of those that are divided.
    Found(Vec<String>),
    /// There is no driver to ask.
    Unknown,
}

impl Devices {
    /// The devices of this machine that this process may use.
    pub fn here() -> Self {
        match std::env::var(VISIBLE) {
            Ok(list) => Self::inherited(&list),
            Err(_) => found().map_or(Self::Unknown, Self::Found),
        }
    }

    /// What an inherited list means; CUDA stops at the first entry that names nothing.
    fn inherited(list: &str) -> Self {
        let entries = list.split(',').map(str::trim).take_while(|entry| !entry.is_empty() && *entry != "-1");
        Self::Inherited(entries.map(str::to_owned).collect())
    }

    /// The chosen devices: what a slot there is called after, and what its trials are told.
    pub fn chosen(&self, which: &Which) -> Result<Vec<(String, Environment)>, String> {
        let visible = |device: &str| vec![(VISIBLE, device.to_owned())];
        let (names, place) = match self {
            Self::Inherited(names) => (names, format!("`{VISIBLE}`, which was set before galvani started, names")),
            Self::Found(names) => (names, "the driver finds".to_owned()),
            Self::Unknown => {
                return match which {
                    Which::All => Err(format!(
                        "no driver can be asked which GPUs there are (no NVML)\nhint: name them (`gpu:0`), or set `{VISIBLE}`"
                    )),
                    Which::Named(name) => Ok(vec![(name.clone(), visible(name))]),
                    // Without a name that is the device's own, numbers must at least count the same everywhere.
                    Which::Position(at) => {
                        let order = ("CUDA_DEVICE_ORDER", "PCI_BUS_ID".to_owned());
                        Ok(vec![(at.to_string(), vec![(VISIBLE, at.to_string()), order])])
                    }
                };
            }
        };
        let count = match names.len() {
            1 => "1 device".to_owned(),
            count => format!("{count} devices"),
        };
        match which {
            Which::All if names.is_empty() => Err(format!("{place} no device\nhint: use `cpu:1` or `workers: 1`")),
            Which::All => Ok(names.iter().enumerate().map(|(at, name)| (at.to_string(), visible(name))).collect()),
            Which::Position(at) => match names.get(*at) {
                Some(name) => Ok(vec![(at.to_string(), visible(name))]),
                None => Err(format!("there is no `gpu:{at}`: {place} {count}\nhint: they count from 0")),
            },
            Which::Named(wanted) => match names.iter().find(|name| name.starts_with(wanted.as_str())) {
                Some(name) => Ok(vec![(wanted.clone(), visible(name))]),
                // A number in an inherited list may well be that device.
                None if matches!(self, Self::Inherited(_)) => Err(format!(
                    "there is no `gpu:{wanted}`: {place} {}\nhint: name it by its position, `gpu:0`",
                    names.join(", ")
                )),
                None => Err(format!("there is no `gpu:{wanted}`: {place} {}", names.join(", "))),
            },
        }
    }
}

/// What the driver calls the devices, in the order of their buses; `None` where there is no driver.
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
        let check = |devices: &Devices, which: Which, expected: Option<&[&str]>| {
            let chosen = devices.chosen(&which);
            let seen = chosen.as_ref().map(|each| each.iter().map(|(_, told)| told[0].1.as_str()).collect::<Vec<_>>());
            assert_eq!(seen.ok().as_deref(), expected, "{which:?} of {devices:?}");
        };
        check(&found, Which::All, Some(&["GPU-aa11", "MIG-bb22"]));
        check(&found, Which::Position(1), Some(&["MIG-bb22"]));
        check(&found, Which::Position(2), None);
        check(&found, Which::Named("GPU-aa".into()), Some(&["GPU-aa11"]));
        check(&found, Which::Named("GPU-cc".into()), None);
        check(&Devices::Inherited(vec!["7".into()]), Which::Position(0), Some(&["7"]));
        check(&Devices::Inherited(vec![]), Which::All, None);
        check(&Devices::Unknown, Which::Position(3), Some(&["3"]));
        check(&Devices::Unknown, Which::All, None);
    }
}
