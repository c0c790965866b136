//! Position: tables for sinusoids, rotation and linear bias, computed once and never part of a checkpoint.
use burn::tensor::{Device, Tensor, TensorData};

use super::hyperparameter::{Hyperparameters, Mixing, Position};
use super::operation::attention::{Heads, Positions};

/// Constants for every position of a window.
#[derive(Clone)]
pub(crate) struct PositionTables {
    /// Added to the input: window × width.
    sinusoids: Option<Tensor<2>>,
    /// Tables for attention; absent for other mixers.
    attention: Option<AttentionTables>,
}

#[derive(Clone)]
struct AttentionTables {
    positions: Positions<Tensor<2>, Tensor<1>>,
    heads: usize,
    rotary: bool,
    fading: bool,
}

impl PositionTables {
    pub(crate) fn new(hyperparameters: &Hyperparameters, device: &Device) -> Self {
        let (window, width) = (hyperparameters.seq_len, hyperparameters.dim_model);
        let Mixing::Attention { position, n_heads } = hyperparameters.mixing else {
            return Self { sinusoids: None, attention: None };
        };
        let sinusoids = (position == Position::Sinusoidal)
            .then(|| Tensor::from_data(TensorData::new(sinusoids(window, width), [window, width]), device));
        Self { sinusoids, attention: Some(AttentionTables::new(position, window, width, n_heads, device)) }
    }

    /// Adds the sinusoids of positions `start..` to `x`, batch × steps × width.
    pub(crate) fn add(&self, x: Tensor<3>, start: usize) -> Tensor<3> {
        let steps = x.dims()[1];
        match &self.sinusoids {
            Some(sinusoids) => x + sinusoids.clone().narrow(0, start, steps).unsqueeze(),
            None => x,
        }
    }

    /// The tables of attention for windows of `steps` rows.
    pub(crate) fn attention(&self, batch: usize, steps: usize) -> (Positions<Tensor<2>, Tensor<1>>, Heads) {
        let AttentionTables { positions, heads, rotary, fading } = self.of_attention();
        let rows = |table: &Tensor<2>| table.clone().narrow(0, 0, steps);
        let square = |table: &Tensor<2>| rows(table).narrow(1, 0, steps);
        let positions = Positions {
            cosine: rows(&positions.cosine),
            sine: rows(&positions.sine),
            slopes: positions.slopes.clone(),
            distance: square(&positions.distance),
            ahead: square(&positions.ahead),
        };
        (positions, Heads { batch, steps, heads: *heads, rotary: *rotary, fading: *fading })
    }

    /// Rotates queries or keys, batch × heads × steps × head, by positions `start..`.
    pub(crate) fn rotate(&self, x: Tensor<4>, start: usize) -> Tensor<4> {
        let AttentionTables { positions, rotary, .. } = self.of_attention();
        if !rotary {
            return x;
        }
        let [.., steps, head] = x.dims();
        let at = |table: &Tensor<2>| table.clone().narrow(0, start, steps).unsqueeze::<4>();
        let (cosine, sine) = (at(&positions.cosine), at(&positions.sine));
        let (first, second) = (x.clone().narrow(3, 0, head / 2), x.narrow(3, head / 2, head / 2));
        let turned = [first.clone() * cosine.clone() - second.clone() * sine.clone(), second * cosine + first * sine];
        Tensor::cat(turned.into(), 3)
    }

    /// The additions to the scores of queries at `start..start + steps` against keys at `0..start + steps`, if there are any.
    pub(crate) fn bias(&self, start: usize, steps: usize) -> Option<Tensor<4>> {
        let AttentionTables { positions, heads, fading, .. } = self.of_attention();
        let part =
            |table: &Tensor<2>| table.clone().narrow(0, start, steps).narrow(1, 0, start + steps).unsqueeze::<4>();
        match (fading, steps) {
            (true, _) => {
                let slopes = positions.slopes.clone().reshape([1, *heads, 1, 1]);
                Some(part(&positions.distance) * slopes + part(&positions.ahead))
            }
            (false, 1) => None, // no key lies ahead
            (false, _) => Some(part(&positions.ahead)),
        }
    }

    fn of_attention(&self) -> &AttentionTables {
        self.attention.as_ref().expect("tables are of the network that asks")
    }
}

impl AttentionTables {
    fn new(position: Position, window: usize, width: usize, heads: usize, device: &Device) -> Self {
        let head = width / heads;
        let half = head / 2;
        let angles: Vec<f64> = match position {
            Position::Rotary { theta } => (0..window * half)
                .map(|index| (index / half) as f64 * theta.powf(-2.0 * (index % half) as f64 / head as f64))
                .collect(),
            _ => vec![0.0; window],
        };
        let columns = angles.len() / window;
        let table = |values: Vec<f32>, columns| Tensor::from_data(TensorData::new(values, [window, columns]), device);
        let angle = |of: fn(f64) -> f64| table(angles.iter().map(|angle| of(*angle) as f32).collect(), columns);
        let pair = |of: fn(usize, usize) -> f32| {
            table((0..window * window).map(|index| of(index / window, index % window)).collect(), window)
        };
        let slopes: Vec<f32> = slopes(heads).into_iter().map(|slope| slope as f32).collect();
        let positions = Positions {
            cosine: angle(f64::cos),
            sine: angle(f64::sin),
            slopes: Tensor::from_data(TensorData::new(slopes, [heads]), device),
            distance: pair(|query, key| -(query.saturating_sub(key) as f32)),
            ahead: pair(|query, key| if key <= query { 0.0 } else { f32::NEG_INFINITY }),
        };
        let rotary = matches!(position, Position::Rotary { .. });
        Self { positions, heads, rotary, fading: position == Position::LinearBias }
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
