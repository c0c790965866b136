//! Where tensors live: the processor or a graphics card, chosen at run time.
use burn::tensor::Device;

/// The device called `name`, `cpu` or `cuda:N`, and a note where it had to be another one.
///
/// Fails where `name` is neither.
pub fn resolve(name: &str) -> Result<(Device, Option<String>), String> {
    let wrong = || format!("`device` must be `cpu` or `cuda:N`, not `{name}`");
    match name.split_once(':') {
        None if name == "cpu" => Ok((Device::flex(), None)),
        None if name == "cuda" => Ok(cuda(0)),
        Some(("cuda", index)) => Ok(cuda(index.parse().map_err(|_| wrong())?)),
        _ => Err(wrong()),
    }
}

#[cfg(feature = "cuda")]
fn cuda(index: usize) -> (Device, Option<String>) {
    use burn::tensor::DeviceType;
    // Selecting a card that is not there panics on another thread, so ask first.
    match Device::enumerate(DeviceType::Cuda).len() {
        0 => (Device::flex(), Some("there is no CUDA device: trained on the processor".into())),
        count if index >= count => {
            (Device::flex(), Some(format!("there is no CUDA device {index}, only {count}: trained on the processor")))
        }
        _ => (Device::cuda(index), None),
    }
}

#[cfg(not(feature = "cuda"))]
fn cuda(_: usize) -> (Device, Option<String>) {
    (Device::flex(), Some("built without the feature `cuda`: trained on the processor".into()))
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn a_device_is_found_or_replaced_or_refused() {
        assert!(resolve("cpu").unwrap().1.is_none());
        assert!(resolve("cuda:4096").unwrap().1.unwrap().contains("trained on the processor"));
        for wrong in ["gpu", "cuda:x", "cpu:0", ""] {
            assert!(resolve(wrong).unwrap_err().contains("`cpu` or `cuda:N`"), "{wrong}");
        }
    }
}
