//! The device of tensors: the processor or a graphics card, chosen at run time.
use burn::tensor::Device;
use thiserror::Error;

use crate::document::diagnostic::Diagnostic;

/// The reason why a graphics card cannot be used.
#[derive(Debug, Error)]
enum Missing {
    #[cfg(feature = "cuda")]
    #[error("there is no CUDA device")]
    NoCard,
    #[cfg(feature = "cuda")]
    #[error("there is no CUDA device {index}, only {count}")]
    NoSuchCard { index: usize, count: usize },
    #[cfg(not(feature = "cuda"))]
    #[error("this galvani was built without the feature `cuda`")]
    NotBuilt,
}

impl Missing {
    fn hint(&self) -> &'static str {
        match self {
            #[cfg(feature = "cuda")]
            Self::NoCard => {
                "`nvidia-smi` lists what the driver finds; `device: \"auto\"` takes the processor where there is no graphics card"
            }
            #[cfg(feature = "cuda")]
            Self::NoSuchCard { .. } => {
                "they count from 0; on a slot such as `gpu:1` a trial sees this one alone, and calls it `cuda:0`"
            }
            #[cfg(not(feature = "cuda"))]
            Self::NotBuilt => {
                "build it with `cargo install --path . --features cuda`; `device: \"auto\"` takes the processor where there is no graphics card"
            }
        }
    }
}

/// A device as a user names it.
#[derive(Clone, Copy)]
enum Named {
    Processor,
    /// The first graphics card, or the processor where there is none.
    Best,
    Card(usize),
}

impl Named {
    fn parse(name: &str) -> Result<Self, Diagnostic> {
        let wrong =
            || Diagnostic::new(format!("`device` must be `cpu`, `cuda:N` or `auto`, not `{name}`")).field("device");
        match name.split_once(':') {
            None if name == "cpu" => Ok(Self::Processor),
            None if name == "auto" => Ok(Self::Best),
            None if name == "cuda" => Ok(Self::Card(0)),
            Some(("cuda", index)) => index.parse().map(Self::Card).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

/// Checks the name of a device, whether or not it is on this machine: `cpu`, `cuda:N` or `auto`.
///
/// # Errors
/// It is none of these.
pub(crate) fn check_name(name: &str) -> Result<(), Diagnostic> {
    Named::parse(name).map(|_| ())
}

/// The device called `name`, and a note where `auto` is the processor for want of a graphics card.
///
/// # Errors
/// The name is that of no device, or the graphics card is not there.
pub fn resolve(name: &str) -> Result<(Device, Option<String>), Diagnostic> {
    match Named::parse(name)? {
        Named::Processor => Ok((Device::flex(), None)),
        Named::Best => Ok(match cuda(0) {
            Ok(card) => (card, None),
            Err(missing) => (Device::flex(), Some(format!("`device` is `auto`, and {missing}: the processor is used"))),
        }),
        Named::Card(index) => {
            let found = cuda(index).map(|card| (card, None));
            found.map_err(|missing| {
                Diagnostic::new(format!("`device` is `{name}`, but {missing}")).hint(missing.hint()).field("device")
            })
        }
    }
}

/// The name of a device in narration.
pub(crate) fn name(device: &Device) -> &'static str {
    if device.clone().inner() == Device::flex() { "cpu" } else { "cuda" }
}

/// The device that unit tests compute on: with `emulation`, the processor as if it were a graphics card.
#[cfg(test)]
pub(crate) fn tested() -> Device {
    #[cfg(feature = "emulation")]
    return Device::cpu();
    #[cfg(not(feature = "emulation"))]
    Device::flex()
}

#[cfg(feature = "cuda")]
fn cuda(index: usize) -> Result<Device, Missing> {
    use burn::tensor::DeviceType;
    // Selecting a card that is not there panics on another thread, so ask first.
    match Device::enumerate(DeviceType::Cuda).len() {
        0 => Err(Missing::NoCard),
        count if index >= count => Err(Missing::NoSuchCard { index, count }),
        _ => Ok(Device::cuda(index)),
    }
}

#[cfg(not(feature = "cuda"))]
fn cuda(_: usize) -> Result<Device, Missing> {
    Err(Missing::NotBuilt)
}

#[cfg(test)]
mod tests {
    use super::{check_name, resolve};

    #[test]
    fn a_device_is_found_or_refused() {
        assert!(resolve("cpu").unwrap().1.is_none());
        assert_eq!(resolve("auto").unwrap().1.is_some(), resolve("cuda").is_err());
        let missing = resolve("cuda:4096").unwrap_err();
        assert!(missing.message.starts_with("`device` is `cuda:4096`, but"), "{missing}");
        assert!(missing.hint.is_some() && missing.field.as_deref() == Some("device"));
        for wrong in ["gpu", "cuda:x", "cpu:0", ""] {
            assert!(resolve(wrong).unwrap_err().message.contains("`cpu`, `cuda:N` or `auto`"), "{wrong}");
            assert!(check_name(wrong).is_err(), "{wrong}");
        }
        for right in ["cpu", "auto", "cuda", "cuda:4096"] {
            assert!(check_name(right).is_ok(), "{right}");
        }
    }
}
