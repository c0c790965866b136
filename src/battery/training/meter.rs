//! The meter of losses: reads them from the device, many at once where reading means waiting.
use burn::tensor::{Device, Tensor};

use crate::battery::dataset::feature::WIDTH;

/// Steps of a graphics card between two readings of its losses.
const PATIENCE: usize = 16;

/// Losses of the steps that were not read yet.
pub(crate) struct Meter {
    waiting: Vec<(u64, Tensor<1>)>,
    patience: usize,
}

/// The loss and errors of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reading {
    /// Steps taken.
    pub step: u64,
    pub loss: f64,
    /// Mean square error of each feature one row ahead, scaled.
    pub squares: [f64; WIDTH],
}

impl Meter {
    /// A meter for `device`: the processor's numbers are there at once.
    pub(crate) fn new(device: &Device) -> Self {
        let is_host = device.clone().inner() == Device::flex();
        Self::patient(if is_host { 1 } else { PATIENCE })
    }

    /// A meter that reads so many steps at once.
    pub(super) fn patient(patience: usize) -> Self {
        Self { waiting: Vec::new(), patience }
    }

    /// Keeps the numbers of a step; returns what became readable, oldest first.
    pub(crate) fn add(&mut self, step: u64, loss: Tensor<1>, squares: Tensor<1>) -> Vec<Reading> {
        self.waiting.push((step, Tensor::cat(vec![loss, squares], 0)));
        if self.waiting.len() < self.patience { Vec::new() } else { self.read() }
    }

    /// Waits for the device and reads everything.
    pub fn read(&mut self) -> Vec<Reading> {
        let (steps, tensors): (Vec<u64>, Vec<_>) = self.waiting.drain(..).unzip();
        if tensors.is_empty() {
            return Vec::new();
        }
        let all: Vec<f32> = Tensor::cat(tensors, 0).into_data().try_into_vec().expect("losses are 32-bit floats");
        let reading = |(step, numbers): (u64, &[f32])| Reading {
            step,
            loss: f64::from(numbers[0]),
            squares: std::array::from_fn(|feature| f64::from(numbers[1 + feature])),
        };
        steps.into_iter().zip(all.chunks_exact(1 + WIDTH)).map(reading).collect()
    }
}
