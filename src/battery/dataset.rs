//! A dataset: simulated in parallel, stored once, read in windows by any number of processes.
//!
//! Numbers are stored as 16 bits over the feature's range, so a value is off by at most half a step: 0.2 mA, 14 µV,
//! 0.8 mK, and 7.7e-6 of state of charge.
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::battery::cell::Cell;
use crate::battery::current::Generator;
use crate::battery::elementary::{LANES, Lanes, each};
use crate::battery::limits::check;
use crate::battery::spme::{Row, Simulator};
use crate::battery::storage::{Mapped, Writer};
use crate::numeric::stream::Stream;

pub use crate::battery::specification::{FEATURES, RANGES, Specification, Split, UNITS};
pub use crate::battery::storage::DatasetError;

const WIDTH: usize = FEATURES.len();
/// Steps between looks at the simulator's rows; they stay in the processor's cache.
const CHUNK: usize = 64;
/// How often a series that leaves the voltage window is drawn again with twice the caution.
const ATTEMPTS: i32 = 6;
/// Up to this size a file is read and compared with its checksums whenever it is opened.
const VERIFIED: u64 = 1 << 28;

/// A complete dataset, mapped into memory.
pub struct Dataset(Mapped);

impl Dataset {
    /// Simulates a dataset into a file that appears under its name only when it is complete.
    ///
    /// `progress` hears the share that is done, from several threads. The bits depend on the specification alone.
    pub fn generate(
        specification: &Specification,
        path: &Path,
        progress: &(dyn Fn(f64) + Sync),
    ) -> Result<(), DatasetError> {
        specification.validate().map_err(DatasetError::Specification)?;
        let cell = Cell::named(&specification.cell).expect("a valid specification names a known cell");
        let factory = Factory {
            specification,
            cell: &cell,
            simulator: Simulator::new(&cell, specification.thermal),
            generator: Generator::new(&cell),
        };
        let addresses: Vec<Address> = Split::ALL
            .into_iter()
            .flat_map(|split| (0..specification.series(split)).map(move |series| Address { split, series }))
            .collect();
        let writer = Writer::create(path, specification)?;
        let done = AtomicUsize::new(0);
        let checksums: Result<Vec<Vec<u32>>, DatasetError> = addresses
            .par_chunks(LANES)
            .enumerate()
            .map(|(batch, addresses)| {
                let series = factory.simulate(addresses)?;
                let checksums = series.iter().enumerate().map(|(k, numbers)| writer.series(LANES * batch + k, numbers));
                let checksums = checksums.collect();
                let done = done.fetch_add(addresses.len(), Ordering::Relaxed) + addresses.len();
                progress(done as f64 / specification.all_series() as f64);
                checksums
            })
            .collect();
        writer.finish(&checksums?.concat())
    }

    /// Maps a dataset; the numbers of a large one are not compared with their checksums, `verify` does that.
    pub fn open(path: &Path) -> Result<Self, DatasetError> {
        let dataset = Self(Mapped::open(path)?);
        if dataset.specification().bytes() <= VERIFIED {
            dataset.verify()?;
        }
        Ok(dataset)
    }

    /// Compares every series with its checksum.
    pub fn verify(&self) -> Result<(), DatasetError> {
        self.0.verify()
    }

    pub fn specification(&self) -> &Specification {
        &self.0.specification
    }

    /// Number of series of a split.
    pub fn series(&self, split: Split) -> usize {
        self.specification().series(split)
    }

    /// Rows of a series.
    pub fn steps(&self) -> usize {
        self.specification().steps()
    }

    /// Rows from `start` on as scaled features, row after row, as many as `out` holds.
    ///
    /// Panics where the series or its rows end before.
    pub fn read(&self, split: Split, series: usize, start: usize, out: &mut [f32]) {
        assert!(series < self.series(split), "`{}` has no series {series}", split.name());
        assert!(out.len().is_multiple_of(WIDTH) && start + out.len() / WIDTH <= self.steps(), "a series has an end");
        let before = Split::ALL.into_iter().take_while(|&other| other != split);
        let first = before.map(|other| self.series(other)).sum::<usize>() + series;
        let numbers = &self.0.numbers()[(first * self.steps() + start) * WIDTH..][..out.len()];
        for (out, &number) in out.iter_mut().zip(numbers) {
            *out = f32::from(u16::from_le(number)) * (1.0 / 65535.0);
        }
    }

    /// A scaled feature in its unit.
    pub fn unscale(feature: usize, scaled: f32) -> f32 {
        let (least, largest) = RANGES[feature];
        (least + f64::from(scaled) * (largest - least)) as f32
    }

    /// A feature in its unit, scaled.
    pub fn scale(feature: usize, physical: f32) -> f32 {
        let (least, largest) = RANGES[feature];
        ((f64::from(physical) - least) / (largest - least)) as f32
    }
}

/// Where a series stands.
#[derive(Clone, Copy)]
struct Address {
    split: Split,
    series: usize,
}

/// What every batch of series needs.
struct Factory<'a> {
    specification: &'a Specification,
    cell: &'a Cell,
    simulator: Simulator,
    generator: Generator<'a>,
}

/// A series before it is simulated.
struct Plan {
    soc: f64,
    ambient: f64,
    currents: Vec<f64>,
}

impl Factory<'_> {
    /// The stored numbers of up to a batch of series.
    fn simulate(&self, addresses: &[Address]) -> Result<Vec<Vec<u16>>, DatasetError> {
        let mut caution = [1.0; LANES];
        for _ in 0..ATTEMPTS {
            let plans: Vec<Plan> =
                addresses.iter().zip(caution).map(|(&address, caution)| self.plan(address, caution)).collect();
            let (numbers, voltages) = self.run(&plans);
            let mut failed = false;
            for ((plan, voltages), caution) in plans.iter().zip(&voltages).zip(&mut caution) {
                if check(self.cell, plan.soc, &plan.currents, voltages).is_err() {
                    failed = true;
                    *caution *= 2.0;
                }
            }
            if !failed {
                return numbers
                    .into_iter()
                    .zip(addresses)
                    .map(|(numbers, address)| address.complete(numbers))
                    .collect();
            }
        }
        let worst = caution.iter().position(|&caution| caution == f64::from(1 << ATTEMPTS)).unwrap_or(0);
        let what = "the terminal voltage leaves its window".to_owned();
        Err(DatasetError::Limits { split: addresses[worst].split, series: addresses[worst].series, what })
    }

    fn plan(&self, Address { split, series }: Address, caution: f64) -> Plan {
        let Specification { seed, kinds, initial_soc, ambient, .. } = self.specification;
        let between = |(from, to): (f64, f64), stream: &mut Stream| from + (to - from) * stream.uniform();
        let mut stream = Stream::of(*seed, &format!("start {}", split.name()), series as u64);
        let (soc, ambient) = (between(*initial_soc, &mut stream), between(*ambient, &mut stream));
        let stream = Stream::of(*seed, &format!("current {}", split.name()), series as u64);
        let samples = (self.specification.steps() - 1) * self.interval() + 1;
        let currents = self.generator.profile(kinds[series % kinds.len()], samples, soc, caution, stream);
        Plan { soc, ambient, currents }
    }

    fn interval(&self) -> usize {
        self.specification.interval_s as usize
    }

    /// Stored numbers, and the voltage of every second; a number that its range does not hold is `None`.
    fn run(&self, plans: &[Plan]) -> (Vec<Option<Vec<u16>>>, Vec<Vec<f64>>) {
        // Lanes without a series of their own repeat the last.
        let plan = |l: usize| &plans[l.min(plans.len() - 1)];
        let at = |second: usize| -> Lanes { each(|l| plan(l).currents[second]) };
        let seconds = plan(0).currents.len();
        let (mut state, row) = self.simulator.start(&each(|l| plan(l).soc), &each(|l| plan(l).ambient), &at(0));
        let mut recorders: Vec<Recorder> = plans.iter().map(|_| Recorder::new(seconds, self.interval())).collect();
        let mut record = |row: &Row| recorders.iter_mut().enumerate().for_each(|(l, recorder)| recorder.record(row, l));
        record(&row);
        let (mut currents, mut rows) = ([[0.0; LANES]; CHUNK], [Row::default(); CHUNK]);
        for first in (1..seconds).step_by(CHUNK) {
            let count = CHUNK.min(seconds - first);
            for (k, current) in currents[..count].iter_mut().enumerate() {
                *current = at(first + k);
            }
            self.simulator.advance(&mut state, &currents[..count], &mut rows[..count]);
            rows[..count].iter().for_each(&mut record);
        }
        recorders.into_iter().map(|recorder| (recorder.numbers, recorder.voltages)).unzip()
    }
}

impl Address {
    fn complete(self, numbers: Option<Vec<u16>>) -> Result<Vec<u16>, DatasetError> {
        let what = "a value leaves the range in which it is stored".to_owned();
        numbers.ok_or(DatasetError::Limits { split: self.split, series: self.series, what })
    }
}

/// Turns the rows of one lane into stored numbers.
struct Recorder {
    interval: usize,
    waiting: usize,
    charge: f64,
    /// `None` from the first value on that its range does not hold.
    numbers: Option<Vec<u16>>,
    voltages: Vec<f64>,
}

impl Recorder {
    fn new(seconds: usize, interval: usize) -> Self {
        let numbers = Vec::with_capacity(WIDTH * ((seconds - 1) / interval + 1));
        // The first row stands alone.
        Self { interval, waiting: 1, charge: 0.0, numbers: Some(numbers), voltages: Vec::with_capacity(seconds) }
    }

    #[inline]
    fn record(&mut self, row: &Row, l: usize) {
        self.voltages.push(row.voltage[l]);
        self.charge += row.current[l];
        self.waiting -= 1;
        if self.waiting > 0 {
            return;
        }
        let samples = if self.voltages.len() == 1 { 1 } else { self.interval };
        let current = self.charge / samples as f64;
        (self.charge, self.waiting) = (0.0, self.interval);
        let values =
            [current, row.voltage[l], row.surface_temperature[l], row.soc[l], row.core_temperature[l], row.ocv[l]];
        if let Some(numbers) = &mut self.numbers {
            for (value, (least, largest)) in values.into_iter().zip(RANGES) {
                let scaled = (value - least) / (largest - least);
                if !(0.0..=1.0).contains(&scaled) {
                    self.numbers = None;
                    return;
                }
                numbers.push((scaled * 65535.0 + 0.5) as u16);
            }
        }
    }
}
