//! The version that `--version` prints, with the features of the build and the devices of the machine.
use crate::executor::device;

/// Features, and whether the build has them.
const FEATURES: [(&str, bool); 6] = [
    ("simulator", cfg!(feature = "simulator")),
    ("battery", cfg!(feature = "battery")),
    ("cuda", cfg!(feature = "cuda")),
    ("emulation", cfg!(feature = "emulation")),
    ("serve", cfg!(feature = "serve")),
    ("tables", cfg!(feature = "tables")),
];

/// The lines below the version itself.
pub(super) fn details() -> String {
    let built = |wanted: bool| {
        let names: Vec<_> =
            FEATURES.iter().filter(|(_, is_built)| *is_built == wanted).map(|(name, _)| *name).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "features: {} (left out: {})\ndevices: processor with {}; {}",
        built(true),
        built(false),
        super::message::count(threads, "thread"),
        device::inventory()
    )
}
