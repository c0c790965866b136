//! Series that wander, for benchmarks of training.
use galvani::battery::dataset::Ranges;
use galvani::battery::dataset::WIDTH;
use galvani::battery::training::batch::{Provenance, Source};
use galvani::numeric::stream::Stream;

/// Series that wander.
pub struct Walk;

impl Source for Walk {
    fn series(&self) -> usize {
        8
    }

    fn steps(&self) -> usize {
        4096
    }

    fn ranges(&self) -> Ranges {
        [(0.0, 1.0); WIDTH]
    }

    fn provenance(&self) -> Provenance {
        Provenance { cell: "walk".into(), interval_s: 1, ranges: self.ranges(), digest: String::new() }
    }

    fn read(&self, series: usize, start: usize, out: &mut [f32]) {
        let mut stream = Stream::of(1, "walk", (series * self.steps() + start) as u64);
        let mut row = [0.5; WIDTH];
        for out in out.chunks_exact_mut(WIDTH) {
            row.iter_mut().for_each(|value| *value += 0.02 * stream.normal());
            out.iter_mut().zip(row).for_each(|(out, value)| *out = value as f32);
        }
    }
}
