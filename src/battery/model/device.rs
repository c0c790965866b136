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

/// The device called `name`, `cpu`, `cuda:N` or `auto`, and a note where it had to be another one.
///
/// `auto` is the first graphics card where there is one. Fails where `name` is none of these.
pub fn resolve(name: &str) -> Result<(Device, Option<String>), Diagnostic> {
    let wrong = || Diagnostic::new(format!("`device` must be `cpu`, `cuda:N` or `auto`, not `{name}`")).field("device");
    match name.split_once(':') {
        None if name == "cpu" => Ok((Device::flex(), None)),
        None if name == "auto" => Ok((cuda(0).unwrap_or_else(|_| Device::flex()), None)),
        None if name == "cuda" => Ok(or_processor(cuda(0))),
        Some(("cuda", index)) => Ok(or_processor(cuda(index.parse().map_err(|_| wrong())?))),
        _ => Err(wrong()),
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

fn or_processor(found: Result<Device, Missing>) -> (Device, Option<String>) {
    match found {
        Ok(device) => (device, None),
        Err(missing) => (Device::flex(), Some(format!("{missing}: the processor is used"))),
    }
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
    use super::resolve;

    #[test]
    fn a_device_is_found_or_replaced_or_refused() {
        assert!(resolve("cpu").unwrap().1.is_none());
        assert!(resolve("cuda:4096").unwrap().1.unwrap().contains("the processor is used"));
        assert!(resolve("auto").unwrap().1.is_none());
        for wrong in ["gpu", "cuda:x", "cpu:0", ""] {
            assert!(resolve(wrong).unwrap_err().message.contains("`cpu`, `cuda:N` or `auto`"), "{wrong}");
        }
    }
}
