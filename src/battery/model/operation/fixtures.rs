//! Fixtures for tests: random tensors, and their comparison.
use burn::backend::flex::FlexTensor;
use burn::tensor::{Shape, TensorData};

use crate::numeric::stream::Stream;

/// Normal numbers.
pub(crate) fn random<const D: usize>(seed: u64, shape: [usize; D]) -> FlexTensor {
    let mut stream = Stream::of(seed, "test", 0);
    let values = (0..shape.iter().product()).map(|_| stream.normal() as f32).collect();
    FlexTensor::from_data(TensorData::new::<f32, _>(values, Shape::new(shape)))
}

pub(crate) fn close(name: &str, ours: FlexTensor, expected: FlexTensor) {
    assert_eq!(ours.layout().shape(), expected.layout().shape(), "{name}");
    let (ours, expected) = (ours.to_contiguous(), expected.to_contiguous());
    for (index, (ours, expected)) in ours.storage::<f32>().iter().zip(expected.storage::<f32>()).enumerate() {
        assert!((ours - expected).abs() <= 1e-5 * expected.abs().max(1.0), "{name}[{index}]: {ours} {expected}");
    }
}
