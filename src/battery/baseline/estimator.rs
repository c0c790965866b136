//! Estimators of the state of charge: a coulomb counter, and a Kalman filter that corrects it by the voltage.
use crate::battery::baseline::equivalent_circuit::{EquivalentCircuit, Pairs, Rhythm};
use crate::numeric::stream::Stream;

/// Errors of the sensors of one series, and of the state of charge at its first row.
///
/// Offsets and the initial error are drawn once a window, uniform between minus and plus; noise is normal and new for
/// each row.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sensors {
    /// A.
    pub current_offset: f64,
    /// Standard deviation, A.
    pub current_noise: f64,
    /// V.
    pub voltage_offset: f64,
    /// Standard deviation, V.
    pub voltage_noise: f64,
    /// State of charge.
    pub initial_soc: f64,
}

/// The measurements that an estimator works on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Measured {
    /// A, discharge positive.
    pub current: Vec<f64>,
    /// V.
    pub voltage: Vec<f64>,
    /// Surface temperature, °C.
    pub temperature: Vec<f64>,
    /// The presumed state of charge at the first row.
    pub soc: f64,
}

impl Sensors {
    /// The measurements of rows of current, voltage and temperature that begin at the state of charge `soc`.
    pub(crate) fn measure(
        &self,
        current: &[f64],
        voltage: &[f64],
        temperature: &[f64],
        soc: f64,
        mut stream: Stream,
    ) -> Measured {
        let mut around = |size: f64| size * (2.0 * stream.uniform() - 1.0);
        let (amperes, volts, first) =
            (around(self.current_offset), around(self.voltage_offset), around(self.initial_soc));
        let mut noisy = |values: &[f64], offset: f64, noise: f64| -> Vec<f64> {
            values
                .iter()
                .map(|value| value + offset + if noise > 0.0 { noise * stream.normal() } else { 0.0 })
                .collect()
        };
        Measured {
            current: noisy(current, amperes, self.current_noise),
            voltage: noisy(voltage, volts, self.voltage_noise),
            temperature: temperature.to_vec(),
            soc: (soc + first).clamp(0.0, 1.0),
        }
    }
}

/// The estimate of each row.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Estimate {
    pub soc: Vec<f64>,
    /// The voltage that was expected before the measured one was used, V.
    pub voltage: Vec<f64>,
}

/// Variances of a Kalman filter, which set its trust in the charge count and in the voltage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Trust {
    /// Standard deviation of the state of charge at the first row.
    pub initial: f64,
    /// Growth of the variance of the state of charge, 1/s.
    pub growth: f64,
    /// Variance of the voltage, V²; larger than the error of a single row, because errors of the circuit persist.
    pub voltage: f64,
}

/// Counts the charge, and corrects by the voltage where `trust` is given: a Kalman filter, extended to the slope of the
/// open-circuit voltage, of the state of charge; the pairs follow the measured current.
pub(crate) fn estimate(
    circuit: &EquivalentCircuit,
    rhythm: Rhythm,
    measured: &Measured,
    trust: Option<Trust>,
) -> Estimate {
    let steps = circuit.time_constants.map(|constant| rhythm.pair(constant));
    let mut pairs: Pairs = [measured.current.first().copied().unwrap_or(0.0); 2];
    let (mut soc, mut variance) = (measured.soc, trust.map_or(0.0, |trust| trust.initial * trust.initial));
    let mut estimate = Estimate::default();
    for (row, &now) in measured.current.iter().enumerate() {
        if row > 0 {
            let before = measured.current[row - 1];
            soc = (soc - rhythm.charge(before, now) / circuit.capacity).clamp(0.0, 1.0);
            pairs = std::array::from_fn(|k| steps[k].apply(pairs[k], before, now));
        }
        let celsius = measured.temperature[row];
        let expected = circuit.voltage(soc, pairs, now, celsius);
        if let Some(trust) = trust {
            variance += trust.growth * rhythm.interval;
            let slope = circuit.slope(soc, pairs, now, celsius);
            let gain = variance * slope / (slope * slope * variance + trust.voltage);
            soc = (soc + gain * (measured.voltage[row] - expected)).clamp(0.0, 1.0);
            variance *= 1.0 - gain * slope;
        }
        estimate.soc.push(soc);
        estimate.voltage.push(expected);
    }
    estimate
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::baseline::fixtures::known;

    /// An hour of a known circuit's current, and the circuit's true states of charge.
    fn truth(circuit: &EquivalentCircuit, rhythm: Rhythm) -> (Vec<f64>, Estimate) {
        let current: Vec<f64> = (0..3600).map(|second| if second % 120 < 60 { 4.0 } else { -1.0 }).collect();
        let count = current.len();
        let given =
            Measured { current: current.clone(), voltage: vec![0.0; count], temperature: vec![25.0; count], soc: 0.7 };
        (current, estimate(circuit, rhythm, &given, None))
    }

    #[test]
    fn a_filter_forgets_a_wrong_beginning_and_a_counter_does_not() {
        let (circuit, rhythm) = (known(), Rhythm::of(1));
        let (current, truth) = truth(&circuit, rhythm);
        let temperature = vec![25.0; current.len()];
        let sensors = Sensors { initial_soc: 0.1, current_offset: 0.02, voltage_noise: 0.002, ..Sensors::default() };
        let measured = sensors.measure(&current, &truth.voltage, &temperature, 0.7, Stream::of(3, "sensors", 0));
        let first = (measured.soc - 0.7).abs();
        assert!(first > 0.02, "{first}");
        let last = |trust| (estimate(&circuit, rhythm, &measured, trust).soc[3599] - truth.soc[3599]).abs();
        let trust = Trust { initial: 0.1, growth: 1e-9, voltage: 0.002f64.powi(2) };
        assert!(last(None) > 0.8 * first && last(Some(trust)) < 0.003, "{} {}", last(None), last(Some(trust)));
    }

    #[test]
    fn perfect_sensors_show_what_is_there() {
        let measured =
            Sensors::default().measure(&[1.0, 2.0], &[3.0, 4.0], &[5.0, 6.0], 0.7, Stream::of(0, "sensors", 0));
        let expected =
            Measured { current: vec![1.0, 2.0], voltage: vec![3.0, 4.0], temperature: vec![5.0, 6.0], soc: 0.7 };
        assert_eq!(measured, expected);
    }
}
