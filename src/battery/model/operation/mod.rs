//! Operations with gradients of their own, which the tensor library lacks or would compose from small ones.
//!
//! Each is a trait over backends with one node for the gradients; `native` has their loops for the processor, `kernel` what
//! graphics cards need beyond basic operations.
pub(crate) mod attention;
pub(crate) mod convolution;
#[cfg(test)]
mod fixtures;
pub(crate) mod gate;
#[cfg(feature = "kernels")]
mod kernel;
pub(crate) mod native;
pub(crate) mod norm;
pub(crate) mod selective_scan;

/// Panics: a gradient of a gradient is asked for only by a device with two layers of gradients, and none is made here.
fn of_second_order() -> ! {
    unreachable!("a device has one layer of gradients")
}
