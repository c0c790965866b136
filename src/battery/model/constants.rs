//! The constants of a model: they scale rows for the input of its network, and turn its outputs into rows.
use burn::tensor::{Device, Tensor, TensorData};

use super::architecture::{Architecture, Predict};
use super::hyperparameter::Hyperparameters;
use super::position::PositionTables;
use super::statistics::Statistics;
use crate::battery::dataset::feature::WIDTH;

#[derive(Clone)]
pub(crate) struct Constants {
    pub tables: PositionTables,
    pub mean: Tensor<3>,
    pub inverse_deviation: Tensor<3>,
    pub keep: Tensor<3>,
    pub gain: Tensor<3>,
    pub offset: Tensor<3>,
    /// The linear part: what standardized inputs add to the next row; absent where none is used.
    pub slope: Option<Tensor<2>>,
}

impl Constants {
    pub(crate) fn new(
        hyperparameters: &Hyperparameters,
        architecture: &Architecture,
        statistics: &Statistics,
        device: &Device,
    ) -> Self {
        let row = |values: [f32; WIDTH]| Tensor::from_data(TensorData::new(values.to_vec(), [1, 1, WIDTH]), device);
        let predicted = |values: [f32; WIDTH]| {
            let mut values = values;
            values[0] = 0.0;
            values
        };
        let linear = &statistics.linear;
        let (keep, gain, offset) = match architecture.predict {
            Predict::Change => ([1.0; WIDTH], predicted(statistics.change), [0.0; WIDTH]),
            Predict::Residual => ([1.0; WIDTH], predicted(linear.residual), predicted(linear.offset)),
            Predict::Value => {
                let mut keep = [0.0; WIDTH];
                keep[0] = 1.0;
                (keep, predicted(statistics.deviation), predicted(statistics.mean))
            }
        };
        Self {
            tables: PositionTables::new(hyperparameters, device),
            mean: row(statistics.mean),
            inverse_deviation: row(statistics.deviation.map(|deviation| 1.0 / deviation.max(1e-6))),
            keep: row(keep),
            gain: row(gain),
            offset: row(offset),
            slope: (architecture.predict == Predict::Residual).then(|| {
                let slope = linear.slope.iter().flat_map(|row| predicted(*row)).collect();
                Tensor::from_data(TensorData::new(slope, [WIDTH, WIDTH]), device)
            }),
        }
    }
}
