//! Position: tables for sinusoids, rotation and linear bias, computed once and never part of a checkpoint.
use burn::tensor::{Device, Tensor, TensorData};

use super::hyperparameter::{Hyperparameters, Position};

/// Constants for every position of a window.
#[derive(Clone)]
pub struct Tables {
    /// Added to the input: window × width.
    sinusoids: Option<Tensor<2>>,
    rotation: Option<Rotation>,
    /// Added to attention scores: 1 × (1 or heads) × window × window, minus infinity where a key lies ahead of its query.
    bias: Tensor<4>,
}

#[derive(Clone)]
struct Rotation {
    /// 1 × 1 × window × head each.
    cosine: Tensor<4>,
    sine: Tensor<4>,
    /// Maps (a, b) to (−b, a), halves of a head: 1 × 1 × head × head.
    quarter: Tensor<4>,
}

impl Tables {
    pub fn new(hyperparameters: &Hyperparameters, device: &Device) -> Self {
        let (window, width) = (hyperparameters.seq_len, hyperparameters.dim_model);
        let slopes = match hyperparameters.position {
            Position::LinearBias => slopes(hyperparameters.n_heads),
            _ => vec![0.0],
        };
        let mut bias = Vec::with_capacity(slopes.len() * window * window);
        for slope in &slopes {
            for query in 0..window {
                bias.extend((0..window).map(|key| match key <= query {
                    true => (-slope * (query - key) as f64) as f32,
                    false => f32::NEG_INFINITY,
                }));
            }
        }
        Self {
            sinusoids: (hyperparameters.position == Position::Sinusoidal)
                .then(|| Tensor::from_data(TensorData::new(sinusoids(window, width), [window, width]), device)),
            rotation: match hyperparameters.position {
                Position::Rotary { theta } => Some(Rotation::new(theta, window, hyperparameters.head(), device)),
                _ => None,
            },
            bias: Tensor::from_data(TensorData::new(bias, [1, slopes.len(), window, window]), device),
        }
    }

    /// Adds the sinusoids of positions `start..` to `x`, batch × steps × width.
    pub fn add(&self, x: Tensor<3>, start: usize) -> Tensor<3> {
        let steps = x.dims()[1];
        match &self.sinusoids {
            Some(sinusoids) => x + sinusoids.clone().narrow(0, start, steps).unsqueeze(),
            None => x,
        }
    }

    /// Turns queries or keys, batch × heads × steps × head, to positions `start..`.
    pub fn rotate(&self, x: Tensor<4>, start: usize) -> Tensor<4> {
        let steps = x.dims()[2];
        match &self.rotation {
            Some(Rotation { cosine, sine, quarter }) => {
                let at = |table: &Tensor<4>| table.clone().narrow(2, start, steps);
                x.clone() * at(cosine) + x.matmul(quarter.clone()) * at(sine)
            }
            None => x,
        }
    }

    /// The bias of queries at `start..start + steps` against keys at `0..start + steps`.
    pub fn bias(&self, start: usize, steps: usize) -> Tensor<4> {
        self.bias.clone().narrow(2, start, steps).narrow(3, 0, start + steps)
    }
}

impl Rotation {
    fn new(theta: f64, window: usize, head: usize, device: &Device) -> Self {
        let half = head / 2;
        let angles: Vec<f64> = (0..window)
            .flat_map(|position| (0..head).map(move |each| (position, each % half)))
            .map(|(position, pair)| position as f64 * theta.powf(-2.0 * pair as f64 / head as f64))
            .collect();
        let table = |of: fn(f64) -> f64| {
            let values: Vec<f32> = angles.iter().map(|angle| of(*angle) as f32).collect();
            Tensor::from_data(TensorData::new(values, [1, 1, window, head]), device)
        };
        let mut quarter = vec![0.0f32; head * head];
        for pair in 0..half {
            quarter[(pair + half) * head + pair] = -1.0;
            quarter[pair * head + pair + half] = 1.0;
        }
        let quarter = Tensor::from_data(TensorData::new(quarter, [1, 1, head, head]), device);
        Self { cosine: table(f64::cos), sine: table(f64::sin), quarter }
    }
}

/// Sines in the even columns, cosines in the odd ones, wavelengths from 2π to 20,000π.
fn sinusoids(window: usize, width: usize) -> Vec<f32> {
    let at = |position: usize, column: usize| {
        let angle = position as f64 * 1e4f64.powf(-((column / 2 * 2) as f64) / width as f64);
        if column.is_multiple_of(2) { angle.sin() } else { angle.cos() }
    };
    (0..window * width).map(|index| at(index / width, index % width) as f32).collect()
}

/// A geometric sequence from 2^(−8/n) for a power of two; otherwise that of the power below, filled up with every
/// second slope of the power above (Press et al. 2021, appendix A, and their code).
fn slopes(heads: usize) -> Vec<f64> {
    let sequence = |n: usize| (1..=n).map(move |head| 2f64.powf(-8.0 * head as f64 / n as f64));
    let below = if heads.is_power_of_two() { heads } else { heads.next_power_of_two() / 2 };
    sequence(below).chain(sequence(2 * below).step_by(2)).take(heads).collect()
}

#[cfg(test)]
mod tests {
    use super::slopes;

    #[test]
    fn slopes_follow_the_paper() {
        assert_eq!(slopes(4), [0.25, 0.0625, 0.015625, 0.00390625]);
        assert_eq!(slopes(8)[..3], [0.5, 0.25, 0.125]);
        assert_eq!(slopes(6), [0.25, 0.0625, 0.015625, 0.00390625, 0.5, 0.125]);
        assert_eq!(slopes(1), [2f64.powi(-8)]);
    }
}
