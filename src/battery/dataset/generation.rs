//! The generation of series: a current profile each, simulated side by side, kept within the limits, as stored numbers.
use std::fmt;

use crate::battery::cell::Cell;
use crate::battery::current::drive_cycle::Pieces;
use crate::battery::current::limits::check;
use crate::battery::current::{Coverage, ProfileGenerator, ProfileKind};
use crate::battery::dataset::feature::{Ranges, WIDTH};
use crate::battery::dataset::jitter::cell_of;
use crate::battery::dataset::specification::{Specification, Split};
use crate::battery::dataset::storage::DatasetError;
use crate::battery::simd::lanes::{LANES, Lanes, each};
use crate::battery::simulation::trace::Start;
use crate::battery::simulation::{Row, Simulator};
use crate::numeric::stream::Stream;

/// Steps that are simulated at once; their rows stay in the processor's cache.
const CHUNK: usize = 64;
/// The distance from the voltage window, V, that is taken for rounding where a protocol holds a voltage.
const SAME: f64 = 1e-6;
/// The distance from a range, in parts of it, that is taken for rounding.
const EDGE: f64 = 1e-6;
/// Attempts at a series that leaves the voltage window, each with twice the caution.
const ATTEMPTS: i32 = 6;
/// Steps of the additive recurrence that fills a square evenly: 1/g and 1/g² with g³ = g + 1 (Roberts, 2018).
const RECURRENCE: [f64; 2] = [0.754_877_666_246_692_7, 0.569_840_290_998_053_2];

/// Series in a row that are simulated side by side, all of one cell.
#[derive(Clone, Copy)]
pub(crate) struct SeriesBatch {
    pub split: Split,
    /// The first of them within the split.
    pub first: usize,
    pub count: usize,
}

impl SeriesBatch {
    /// All series of a dataset; a batch never holds two splits, so that a series is the same in any company.
    pub(crate) fn all(specification: &Specification) -> Vec<Self> {
        Self::of(|split| specification.series(split))
    }

    /// Batches of so many series of each split.
    pub(crate) fn of(count: impl Fn(Split) -> usize) -> Vec<Self> {
        let batches = |split| {
            let series = count(split);
            let batch = move |first| Self { split, first, count: LANES.min(series - first) };
            (0..series).step_by(LANES).map(batch)
        };
        Split::ALL.into_iter().flat_map(batches).collect()
    }
}

/// The generator of series: all that their batches share.
pub(crate) struct SeriesFactory<'a> {
    specification: &'a Specification,
    cell: &'a Cell,
    pieces: Pieces,
    held_out_pieces: Pieces,
    ranges: Ranges,
}

/// The plan of a series: the inputs of its simulation.
struct SeriesPlan {
    kind: ProfileKind,
    soc: f64,
    ambient: f64,
    currents: Vec<f64>,
}

/// A simulated batch.
pub(crate) struct SimulatedBatch {
    /// Stored numbers of each series.
    pub numbers: Vec<Vec<u16>>,
    /// Series that had to be drawn again.
    pub redrawn: usize,
}

impl<'a> SeriesFactory<'a> {
    pub(crate) fn new(specification: &'a Specification, cell: &'a Cell) -> Self {
        Self {
            specification,
            cell,
            pieces: Pieces::of(&specification.cycles),
            held_out_pieces: Pieces::of(&specification.held_out_cycles),
            ranges: specification.ranges(),
        }
    }

    /// The stored numbers of a batch.
    pub(crate) fn make(&self, batch: SeriesBatch) -> Result<SimulatedBatch, DatasetError> {
        let SeriesBatch { split, first, count } = batch;
        let cell = cell_of(self.specification, self.cell, split, first);
        let pieces = if split == Split::HeldOut { &self.held_out_pieces } else { &self.pieces };
        let generator = ProfileGenerator::new(&cell, pieces, self.specification.coverage);
        let simulator = Simulator::new(&cell, self.specification.thermal);
        let mut caution = [1.0; LANES];
        for _ in 0..ATTEMPTS {
            let plan = |k: usize| self.plan(&cell, &generator, split, first + k, caution[k]);
            let plans: Vec<SeriesPlan> = (0..count).map(plan).collect();
            let recorders = self.run(&simulator, &plans);
            let mut failed = false;
            for ((plan, recorder), caution) in plans.iter().zip(&recorders).zip(&mut caution) {
                let is_within = self.is_within(&cell, plan, &recorder.voltages);
                if !(is_within && recorder.is_valid) {
                    failed = true;
                    *caution *= 2.0;
                }
            }
            if !failed {
                let numbers = recorders.into_iter().enumerate().map(|(k, recorder)| {
                    recorder.numbers.map_err(|outlier| DatasetError::Limits {
                        split,
                        series: first + k,
                        what: outlier.to_string(),
                    })
                });
                let redrawn = caution.iter().filter(|&&caution| caution > 1.0).count();
                return Ok(SimulatedBatch { numbers: numbers.collect::<Result<_, _>>()?, redrawn });
            }
        }
        let worst = caution.iter().position(|&caution| caution == f64::from(1 << ATTEMPTS)).unwrap_or(0);
        let what = "the terminal voltage leaves its window, or the electrolyte runs dry".to_owned();
        Err(DatasetError::Limits { split, series: first + worst, what })
    }

    /// True where a series keeps to the limits: of a protocol's currents the user decides, so its voltages alone.
    fn is_within(&self, cell: &Cell, plan: &SeriesPlan, voltages: &[f64]) -> bool {
        if plan.kind == ProfileKind::Experiment {
            let (low, high) = cell.limits.voltage;
            return voltages.iter().all(|voltage| (low - SAME..=high + SAME).contains(voltage));
        }
        check(cell, plan.soc, &plan.currents, voltages).is_ok()
    }

    fn plan(&self, cell: &Cell, generator: &ProfileGenerator, split: Split, series: usize, caution: f64) -> SeriesPlan {
        let Specification { seed, kinds, initial_soc, coverage, .. } = self.specification;
        let ambient =
            if split == Split::HeldOut { self.specification.held_out_ambient } else { self.specification.ambient };
        let mut stream = Stream::of(*seed, &format!("start {}", split.name()), series as u64);
        let [first, second] = match coverage {
            Coverage::Random => [stream.uniform(), stream.uniform()],
            Coverage::Even => {
                let mut offset = Stream::of(*seed, &format!("even {}", split.name()), 0);
                RECURRENCE.map(|step| (offset.uniform() + step * series as f64).fract())
            }
        };
        let between = |(from, to): (f64, f64), share: f64| from + (to - from) * share;
        let soc = between(*initial_soc, first);
        let stream = Stream::of(*seed, &format!("current {}", split.name()), series as u64);
        let samples = (self.specification.steps() - 1) * self.interval() + 1;
        let (kind, ambient) = (kinds[series % kinds.len()], between(ambient, second));
        let currents = match (kind, &self.specification.experiment) {
            (ProfileKind::Experiment, Some(experiment)) => {
                let start = Start { soc, ambient };
                experiment.profile(cell, self.specification.thermal, start, samples, caution, stream)
            }
            _ => generator.profile(kind, samples, soc, caution, stream),
        };
        SeriesPlan { kind, soc, ambient, currents }
    }

    fn interval(&self) -> usize {
        self.specification.interval_s as usize
    }

    fn run(&self, simulator: &Simulator, plans: &[SeriesPlan]) -> Vec<Recorder> {
        // Lanes without a series of their own repeat the last.
        let plan = |l: usize| &plans[l.min(plans.len() - 1)];
        let at = |second: usize| -> Lanes { each(|l| plan(l).currents[second]) };
        let seconds = plan(0).currents.len();
        let (mut state, row) = simulator.start(&each(|l| plan(l).soc), &each(|l| plan(l).ambient), &at(0));
        let recorder = |_| Recorder::new(self.ranges, seconds, self.interval());
        let mut recorders: Vec<Recorder> = plans.iter().map(recorder).collect();
        let mut record = |row: &Row| {
            for (l, recorder) in recorders.iter_mut().enumerate() {
                recorder.record(row, l);
                recorder.is_valid &= simulator.holds(row, l);
            }
        };
        record(&row);
        let (mut currents, mut rows) = ([[0.0; LANES]; CHUNK], [Row::default(); CHUNK]);
        for first in (1..seconds).step_by(CHUNK) {
            let count = CHUNK.min(seconds - first);
            for (k, current) in currents[..count].iter_mut().enumerate() {
                *current = at(first + k);
            }
            simulator.advance(&mut state, &currents[..count], &mut rows[..count]);
            rows[..count].iter().for_each(&mut record);
        }
        recorders
    }
}

/// A value outside of the range in which its column is stored.
#[derive(Debug)]
struct Outlier {
    column: usize,
    value: f64,
    range: (f64, f64),
    second: usize,
}

impl fmt::Display for Outlier {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { column, value, range: (least, largest), second } = self;
        let (name, unit) = [
            ("current", " A"),
            ("voltage", " V"),
            ("surface temperature", " \u{b0}C"),
            ("state of charge", ""),
            ("core temperature", " \u{b0}C"),
            ("open-circuit voltage", " V"),
        ][*column];
        write!(f, "its {name} is {value:.4}{unit} at {second} s, and {least} to {largest}{unit} can be stored")
    }
}

/// A recorder of one lane's rows as stored numbers.
struct Recorder {
    ranges: Ranges,
    interval: usize,
    waiting: usize,
    charge: f64,
    /// The stored numbers; the first value that leaves its range instead, once there is one.
    numbers: Result<Vec<u16>, Outlier>,
    /// Terminal voltage of every second, V.
    voltages: Vec<f64>,
    /// False once electrolyte or surfaces are outside of what the model holds for.
    is_valid: bool,
}

impl Recorder {
    fn new(ranges: Ranges, seconds: usize, interval: usize) -> Self {
        let numbers = Vec::with_capacity(WIDTH * ((seconds - 1) / interval + 1));
        // The first row stands alone.
        Self {
            ranges,
            interval,
            waiting: 1,
            charge: 0.0,
            numbers: Ok(numbers),
            voltages: Vec::with_capacity(seconds),
            is_valid: true,
        }
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
        if let Ok(numbers) = &mut self.numbers {
            for (column, (value, range)) in values.into_iter().zip(self.ranges).enumerate() {
                let (least, largest) = range;
                let scaled = (value - least) / (largest - least);
                if !(-EDGE..=1.0 + EDGE).contains(&scaled) {
                    self.numbers = Err(Outlier { column, value, range, second: self.voltages.len() - 1 });
                    return;
                }
                numbers.push((scaled * 65535.0 + 0.5) as u16);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_that_leaves_the_voltage_window_is_drawn_again_with_more_caution() {
        let mut cell = Cell::named("chen2020").unwrap();
        cell.limits.resistance /= 4.0;
        cell.limits.voltage.1 = 3.9;
        let specification =
            Specification { hours: 1.5, initial_soc: (0.2, 0.5), kinds: vec![ProfileKind::Step], ..Default::default() };
        let factory = SeriesFactory::new(&specification, &cell);
        let largest =
            |numbers: &[Vec<u16>]| numbers.iter().flat_map(|rows| rows.iter().skip(1).step_by(WIDTH)).max().copied();
        let volts = |number: Option<u16>| 2.5 + 1.75 * f64::from(number.unwrap()) / 65535.0;

        let generator = ProfileGenerator::new(&cell, &factory.pieces, Coverage::Random);
        let careless: Vec<SeriesPlan> =
            (0..LANES).map(|k| factory.plan(&cell, &generator, Split::Train, k, 1.0)).collect();
        let simulator = Simulator::new(&cell, specification.thermal);
        let careless: Vec<Vec<u16>> =
            factory.run(&simulator, &careless).into_iter().map(|recorder| recorder.numbers.unwrap()).collect();
        assert!(volts(largest(&careless)) > 3.9, "{}", volts(largest(&careless)));
        let kept = factory.make(SeriesBatch { split: Split::Train, first: 0, count: LANES }).unwrap();
        assert!(volts(largest(&kept.numbers)) <= 3.9, "{}", volts(largest(&kept.numbers)));
        let same = kept.numbers.iter().zip(&careless).filter(|(kept, careless)| kept == careless).count();
        assert!(same > 0 && kept.redrawn == LANES - same, "only what failed is drawn again: {same} {}", kept.redrawn);
    }

    #[test]
    fn a_series_that_runs_the_electrolyte_dry_is_drawn_again() {
        let mut cell = Cell::named("chen2020").unwrap();
        // Fifteen amperes leave the voltage in its window when the electrolyte is empty, after 49 s.
        cell.limits.discharge.continuous = 15.0;
        cell.limits.critical_soc = (0.02, 0.98);
        let specification =
            Specification { hours: 0.3, initial_soc: (0.8, 0.9), kinds: vec![ProfileKind::Step], ..Default::default() };
        let factory = SeriesFactory::new(&specification, &cell);
        let generator = ProfileGenerator::new(&cell, &factory.pieces, Coverage::Random);
        let simulator = Simulator::new(&cell, specification.thermal);
        let dry = |caution: f64| {
            let plans: Vec<SeriesPlan> =
                (0..LANES).map(|k| factory.plan(&cell, &generator, Split::Train, k, caution)).collect();
            let recorders = factory.run(&simulator, &plans);
            let unseen = recorders.iter().zip(&plans).filter(|(recorder, plan)| {
                !recorder.is_valid && check(&cell, plan.soc, &plan.currents, &recorder.voltages).is_ok()
            });
            (unseen.count(), recorders.iter().filter(|recorder| !recorder.is_valid).count())
        };
        let (unseen, all) = dry(1.0);
        assert!(unseen > 0, "{unseen} of {all}");
        let kept = factory.make(SeriesBatch { split: Split::Train, first: 0, count: LANES }).unwrap();
        assert!(kept.redrawn >= all, "{} of {all}", kept.redrawn);
    }
}
