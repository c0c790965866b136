//! Current profiles, drawn at random within the limits of the datasheet: steps, drive cycles, and a smooth mixture of both.
//!
//! A profile moves between states of charge over the whole allowed range, in moves: forward by a
//! random share, a little back, then rest. The kinds of profile differ in the shape of a move.
pub(crate) mod column;
pub(crate) mod drive_cycle;
pub mod file;
pub mod knot;
pub mod limits;

use serde::{Deserialize, Serialize};

use crate::battery::cell::Cell;
use crate::battery::current::drive_cycle::Pieces;
use crate::battery::current::limits::{Limiter, Taper};
use crate::battery::simd::elementary::{exp, power};
use crate::numeric::stream::Stream;

/// Duration of the rest before the first move, s.
const LEAD: usize = 8;
/// The longest move, s: a current that is hardly any would take forever.
const LONGEST_MOVE: usize = 1_000_000;
/// Parts of the allowed states of charge among which `Coverage::Even` balances the time.
const PARTS: usize = 20;
/// Time constant of each of the two lags that smooth a mixed profile, s.
const LAG: f64 = 75.0;

/// The shape of a profile's moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProfileKind {
    /// Constant currents and short pulses.
    Step,
    /// Strings of pieces from standard drive cycles.
    DriveCycle,
    /// Three tenths drive cycle and seven tenths step, smoothed.
    Mixed,
    /// A protocol in steps.
    Experiment,
}

/// The coverage of states of charge and temperatures by the series of a dataset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Coverage {
    /// Independent draws: where a series begins, how warm its surroundings are, and where it wanders next.
    #[default]
    Random,
    /// First states of charge and temperatures follow a sequence that fills their ranges evenly, and a series moves to where it has
    /// spent the least time.
    Even,
}

/// A generator of current profiles for one cell.
pub(crate) struct ProfileGenerator<'a> {
    cell: &'a Cell,
    taper: Taper,
    pieces: &'a Pieces,
    coverage: Coverage,
}

impl<'a> ProfileGenerator<'a> {
    pub(crate) fn new(cell: &'a Cell, pieces: &'a Pieces, coverage: Coverage) -> Self {
        Self { cell, taper: Taper::new(cell), pieces, coverage }
    }

    /// Draws a profile of `samples` currents, 1 s apart, from a relaxed cell at a state of charge; A, discharge positive.
    ///
    /// `caution` multiplies the resistance by which the current tapers towards the voltage limits; it is usually 1.
    pub(crate) fn profile(
        &self,
        kind: ProfileKind,
        samples: usize,
        soc: f64,
        caution: f64,
        mut stream: Stream,
    ) -> Vec<f64> {
        let limiter = Limiter::new(self.cell, &self.taper, caution, soc);
        let limits = self.cell.limits.soc;
        let mut profile = GrowingProfile {
            samples,
            currents: vec![0.0],
            limiter,
            lags: [0.0; 2],
            kind,
            visits: Visits { limits, seconds: [0; PARTS] },
        };
        profile.play(&[0.0; LEAD]);
        let mut target = self.target(&profile, &mut stream);
        while profile.currents.len() < samples {
            let soc = profile.limiter.soc();
            let forward = (target - soc).signum() * beta(15.0, &mut stream).min((target - soc).abs());
            profile.play(&self.shape(kind, soc, forward, &mut stream));
            let achieved = profile.limiter.soc() - soc;
            let back = -achieved * beta(15.0, &mut stream);
            profile.play(&self.shape(kind, soc + achieved, back, &mut stream));
            // One rest in ten is long enough for the cell to relax.
            let rest = (45.0 + 45.0 * stream.uniform()) * if stream.below(10) == 0 { 10.0 } else { 1.0 };
            profile.play(&vec![0.0; rest as usize]);
            let arrived = (target - profile.limiter.soc()).abs() < 0.02;
            let stuck = achieved.abs() < 0.25 * forward.abs();
            if arrived || stuck {
                target = self.target(&profile, &mut stream);
            }
        }
        profile.currents
    }

    /// The next target: a uniform state of charge at least 0.3 away, or one in the least visited part of the range.
    fn target(&self, profile: &GrowingProfile, stream: &mut Stream) -> f64 {
        let soc = profile.limiter.soc();
        if self.coverage == Coverage::Even {
            return profile.visits.rarest(soc, stream);
        }
        let (least, largest) = self.cell.limits.soc;
        let (below, above) = ((soc - 0.3 - least).max(0.0), (largest - soc - 0.3).max(0.0));
        let draw = stream.uniform() * (below + above);
        if draw < below { least + draw } else { largest - (draw - below) }
    }

    /// The currents that are wanted for a change of the state of charge.
    fn shape(&self, kind: ProfileKind, soc: f64, change: f64, stream: &mut Stream) -> Vec<f64> {
        let limits = &self.cell.limits;
        let charging = change > 0.0;
        let side = if charging { &limits.charge } else { &limits.discharge };
        let charge = change.abs() * self.cell.capacity();
        let is_critical =
            [soc, soc + change].into_iter().any(|soc| soc < limits.critical_soc.0 || soc > limits.critical_soc.1);
        // Small enough for a pulse: it becomes one, above the continuous current.
        let pulse = limits.short_time_s.saturating_sub(1) as f64;
        let (low, high) = if is_critical {
            (limits.least_current, side.critical)
        } else if charge <= side.short * pulse && side.short > side.continuous {
            (side.continuous, side.short)
        } else {
            (limits.least_current, side.continuous)
        };
        let size = low + (high - low) * stream.uniform();
        let seconds = ((charge / size).ceil() as usize).clamp(1, LONGEST_MOVE);
        let sign = if charging { -1.0 } else { 1.0 };
        let mean = sign * charge / seconds as f64;
        let mut string = |share: f64| {
            let pieces = self.pieces.string(charging, seconds, |n| stream.below(n));
            pieces.into_iter().map(|piece| mean * (1.0 - share + share * piece)).collect()
        };
        match kind {
            ProfileKind::Step => vec![mean; seconds],
            ProfileKind::DriveCycle => string(1.0),
            ProfileKind::Mixed => string(0.3),
            ProfileKind::Experiment => unreachable!("a protocol is performed, not drawn"),
        }
    }
}

/// A profile while it is drawn.
struct GrowingProfile<'a> {
    samples: usize,
    currents: Vec<f64>,
    limiter: Limiter<'a>,
    lags: [f64; 2],
    kind: ProfileKind,
    visits: Visits,
}

/// Time spent in each part of the allowed states of charge.
struct Visits {
    limits: (f64, f64),
    seconds: [u32; PARTS],
}

impl Visits {
    fn part(&self, soc: f64) -> usize {
        let (least, largest) = self.limits;
        (((soc - least) / (largest - least) * PARTS as f64) as usize).min(PARTS - 1)
    }

    /// A random state of charge in the part with the least time, or in the present part while that has less than its share.
    fn rarest(&self, soc: f64, stream: &mut Stream) -> f64 {
        let here = self.part(soc);
        let share = self.seconds.iter().sum::<u32>() / PARTS as u32;
        // Parts that tie are chosen among by chance, by beginning to look somewhere.
        let from = stream.below(PARTS);
        let order = (0..PARTS).map(|step| (from + step) % PARTS);
        let rarest = order.min_by_key(|part| self.seconds[*part]).expect("there are parts");
        let part = if self.seconds[here] < share { here } else { rarest };
        let (least, largest) = self.limits;
        least + (largest - least) * (part as f64 + stream.uniform()) / PARTS as f64
    }
}

impl GrowingProfile<'_> {
    fn play(&mut self, wanted: &[f64]) {
        let keep = if self.kind == ProfileKind::Mixed { exp(-1.0 / LAG) } else { 0.0 };
        for &wanted in wanted.iter().take(self.samples.saturating_sub(self.currents.len())) {
            let mut smooth = wanted;
            for lag in &mut self.lags {
                *lag = keep * *lag + (1.0 - keep) * smooth;
                smooth = *lag;
            }
            self.currents.push(self.limiter.admit(smooth));
            let part = self.visits.part(self.limiter.soc());
            self.visits.seconds[part] += 1;
        }
    }
}

/// A draw from the law Beta(1, b): mostly small.
fn beta(b: f64, stream: &mut Stream) -> f64 {
    1.0 - power(1.0 - stream.uniform(), 1.0 / b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::battery::current::limits::check;

    const KINDS: [ProfileKind; 3] = [ProfileKind::Step, ProfileKind::DriveCycle, ProfileKind::Mixed];

    #[test]
    fn profiles_obey_the_limits_and_visit_much_of_the_charge() {
        let cell = Cell::named("chen2020").unwrap();
        let pieces = Pieces::of(&["udds".into(), "us06".into()]);
        for (kind, coverage) in KINDS.into_iter().flat_map(|kind| [(kind, Coverage::Random), (kind, Coverage::Even)]) {
            let generator = ProfileGenerator::new(&cell, &pieces, coverage);
            let mut range = 0.0;
            for series in 0..20 {
                let soc = 0.1 + 0.04 * series as f64;
                let profile = generator.profile(kind, 36_000, soc, 1.0, Stream::of(5, "test", series));
                assert_eq!(profile.len(), 36_000);
                assert_eq!(check(&cell, soc, &profile, &[]), Ok(()), "{kind:?} {series}");
                let (mut now, mut least, mut largest) = (soc, soc, soc);
                for pair in profile.windows(2) {
                    now -= 0.5 * (pair[0] + pair[1]) / cell.capacity();
                    least = now.min(least);
                    largest = now.max(largest);
                }
                range += (largest - least) / 20.0;
            }
            assert!(range > 0.6, "{kind:?} {coverage:?}: {range}");
        }
    }

    #[test]
    fn even_coverage_spends_its_time_more_evenly() {
        let cell = Cell::named("chen2020").unwrap();
        let pieces = Pieces::of(&["udds".into()]);
        // Standard deviation over mean of the time in the parts; a profile of 100 h.
        let unevenness = |coverage| {
            let generator = ProfileGenerator::new(&cell, &pieces, coverage);
            let profile = generator.profile(ProfileKind::Step, 360_000, 0.5, 1.0, Stream::of(1, "test", 0));
            let mut visits = Visits { limits: cell.limits.soc, seconds: [0; PARTS] };
            let mut soc = 0.5;
            for pair in profile.windows(2) {
                soc -= 0.5 * (pair[0] + pair[1]) / cell.capacity();
                let part = visits.part(soc);
                visits.seconds[part] += 1;
            }
            let mean = 360_000.0 / PARTS as f64;
            let square = visits.seconds.iter().map(|&time| (f64::from(time) - mean).powi(2)).sum::<f64>();
            (square / PARTS as f64).sqrt() / mean
        };
        let (random, even) = (unevenness(Coverage::Random), unevenness(Coverage::Even));
        assert!(even < 0.5 * random, "{even} {random}");
    }

    #[test]
    fn an_address_decides_a_profile() {
        let cell = Cell::named("chen2020").unwrap();
        let pieces = Pieces::of(&["us06".into()]);
        let generator = ProfileGenerator::new(&cell, &pieces, Coverage::Random);
        let draw = |kind, series| generator.profile(kind, 5000, 0.5, 1.0, Stream::of(5, "test", series));
        for kind in KINDS {
            assert_eq!(draw(kind, 1), draw(kind, 1));
            assert_ne!(draw(kind, 1), draw(kind, 2));
        }
    }
}
