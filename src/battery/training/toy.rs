//! A toy cell for tests: series with a battery's features at no cost.
use crate::battery::dataset::Ranges;
use crate::battery::dataset::feature::WIDTH;
use crate::battery::training::batch::{Provenance, Source};
use crate::numeric::stream::Stream;

/// Series of an equivalent circuit with two temperatures, one row every `interval` seconds, in scaled units.
pub(crate) struct Toy {
    steps: usize,
    series: Vec<Vec<f32>>,
}

impl Toy {
    pub(crate) fn new(seed: u64, series: usize, steps: usize, interval: f64) -> Self {
        Self { steps, series: (0..series).map(|index| simulate(seed, index, steps, interval)).collect() }
    }
}

impl Source for Toy {
    fn series(&self) -> usize {
        self.series.len()
    }

    fn steps(&self) -> usize {
        self.steps
    }

    fn ranges(&self) -> Ranges {
        [(-4.0, 10.0), (2.5, 4.25), (15.0, 50.0), (0.0, 1.0), (15.0, 50.0), (2.5, 4.25)]
    }

    fn provenance(&self) -> Provenance {
        Provenance { cell: "toy".into(), interval_s: 30, ranges: self.ranges(), digest: String::new() }
    }

    fn read(&self, series: usize, start: usize, out: &mut [f32]) {
        out.copy_from_slice(&self.series[series][start * WIDTH..][..out.len()]);
    }
}

fn simulate(seed: u64, index: usize, steps: usize, interval: f64) -> Vec<f32> {
    let mut stream = Stream::of(seed, "toy", index as u64);
    let open = |soc: f64| 3.0 + 1.1 * soc + 0.12 * (6.0 * soc).sin() - 0.25 * (-20.0 * soc).exp();
    let (mut soc, mut slow, mut core, mut surface): (f64, f64, f64, f64) =
        (0.5 + 0.5 * stream.uniform(), 0.0, 25.0, 25.0);
    let (mut current, mut left, mut charging) = (0.0, 0usize, false);
    let mut rows = Vec::with_capacity(steps * WIDTH);
    for _ in 0..steps {
        if left == 0 {
            charging = if soc < 0.15 {
                true
            } else if soc > 0.95 {
                false
            } else {
                charging
            };
            current = stream.uniform() * if charging { -3.3 } else { 8.0 };
            left = 1 + stream.below(8);
        }
        left -= 1;
        soc -= current * interval / (5.0 * 3600.0);
        slow += (current * 0.02 - slow) * (1.0 - (-interval / 120.0).exp());
        let resistance = 0.025 * (1.0 + 0.02 * (25.0 - core).clamp(-20.0, 20.0));
        let heat = current * (current * resistance + slow);
        core += interval / 60.0 * (heat - (core - surface) * 0.4);
        surface += interval / 30.0 * ((core - surface) * 0.4 - (surface - 25.0) * 0.15);
        let voltage = open(soc) - current * resistance - slow;
        rows.extend([
            ((current + 4.0) / 14.0) as f32,
            ((voltage - 2.5) / 1.75) as f32,
            ((surface - 15.0) / 35.0) as f32,
            soc as f32,
            ((core - 15.0) / 35.0) as f32,
            ((open(soc) - 2.5) / 1.75) as f32,
        ]);
    }
    rows
}
