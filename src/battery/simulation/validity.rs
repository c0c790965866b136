//! Validity of a simulated state: an electrolyte that runs dry, full or empty surfaces, functions beyond where they are known.
use std::fmt;

use crate::battery::cell::{Cell, ZERO_CELSIUS};
use crate::battery::simd::lanes::{Lanes, Vector};

/// The numbers of a state that decide whether it is valid.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Extremes<V = Lanes> {
    /// The least concentration of the electrolyte in each half of the cell, the negative electrode's first, kmol/m³.
    pub least: [V; 2],
    /// The largest, likewise.
    pub largest: [V; 2],
    /// Stoichiometries at the surfaces of the particles, the negative electrode's first.
    pub surface: [V; 2],
}

impl<V: Vector> Extremes<V> {
    /// Writes the numbers into the lanes from `first` on.
    #[inline(always)]
    pub(crate) fn store(&self, lanes: &mut Extremes, first: usize) {
        for k in 0..2 {
            self.least[k].store(&mut lanes.least[k][first..]);
            self.largest[k].store(&mut lanes.largest[k][first..]);
            self.surface[k].store(&mut lanes.surface[k][first..]);
        }
    }
}

/// A reason why a state is not valid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Invalid {
    /// The electrolyte is empty in one half of the cell: less than a hundredth is left of its concentration at rest.
    ElectrolyteEmpty { half: usize },
    /// A concentration, mol/m³, outside of the cell's `electrolyte.range`.
    Concentration { half: usize, value: f64 },
    /// A surface that is fuller than full or emptier than empty, or beyond where the electrode's functions are known.
    Surface { electrode: usize, value: f64 },
    /// A temperature of the core, °C, outside of the cell's `temperature`.
    Temperature { value: f64 },
}

impl Invalid {
    /// True where both are of the same kind at the same place.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::ElectrolyteEmpty { half: a }, Self::ElectrolyteEmpty { half: b })
            | (Self::Concentration { half: a, .. }, Self::Concentration { half: b, .. })
            | (Self::Surface { electrode: a, .. }, Self::Surface { electrode: b, .. }) => a == b,
            (Self::Temperature { .. }, Self::Temperature { .. }) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        const ELECTRODES: [&str; 2] = ["negative", "positive"];
        match self {
            Self::ElectrolyteEmpty { half } => {
                write!(out, "the electrolyte is empty in the {} electrode", ELECTRODES[*half])
            }
            Self::Concentration { half, value } => write!(
                out,
                "the electrolyte has {value:.0} mol/m3 in the {} electrode, outside of the cell's `electrolyte.range`",
                ELECTRODES[*half]
            ),
            Self::Surface { electrode, value } => write!(
                out,
                "the particles of the {} electrode have a stoichiometry of {value:.4} at their surface, beyond where its functions are known",
                ELECTRODES[*electrode]
            ),
            Self::Temperature { value } => {
                write!(out, "the core has {value:.1} °C, outside of the cell's `temperature`")
            }
        }
    }
}

/// A function of a cell that is not known for every stoichiometry, and keeps its last value beyond.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UnknownPart {
    /// Its path in the cell's file.
    pub function: &'static str,
    /// The stoichiometries between which it is known.
    pub known: (f64, f64),
}

/// The ranges in which a cell's model holds.
#[derive(Clone, Debug)]
pub(crate) struct Validity {
    /// Concentrations of the electrolyte, kmol/m³.
    concentration: (f64, f64),
    /// The concentration below which it is empty.
    empty: f64,
    /// Stoichiometries of the electrodes, the negative one's first.
    stoichiometry: [(f64, f64); 2],
    /// °C.
    celsius: (f64, f64),
    /// The functions that are not known for every stoichiometry.
    pub unknown: Vec<UnknownPart>,
}

impl Validity {
    /// The ranges of a cell with functions of stoichiometry: path in its file, electrode (0 is the negative one), range in
    /// which it is known.
    pub(crate) fn new(cell: &Cell, functions: impl Iterator<Item = (&'static str, usize, (f64, f64))>) -> Self {
        let mut stoichiometry = [(0.0f64, 1.0f64); 2];
        let mut unknown = Vec::new();
        for (function, electrode, known) in functions {
            let range = &mut stoichiometry[electrode];
            *range = (range.0.max(known.0), range.1.min(known.1));
            if known.0 > 0.0 || known.1 < 1.0 {
                unknown.push(UnknownPart { function, known });
            }
        }
        let (low, high) = cell.electrolyte.range;
        let (cold, hot) = cell.temperature;
        Self {
            concentration: (1e-3 * low, 1e-3 * high),
            empty: 1e-5 * cell.electrolyte.concentration,
            stoichiometry,
            celsius: (cold - ZERO_CELSIUS, hot - ZERO_CELSIUS),
            unknown,
        }
    }

    /// The reasons why the state of a lane is not valid, of the temperature least.
    pub(crate) fn complaints(&self, extremes: &Extremes, core: &Lanes, lane: usize) -> impl Iterator<Item = Invalid> {
        let (low, high) = self.concentration;
        let (cold, hot) = self.celsius;
        let electrolyte = [0, 1].map(|half| {
            let (least, largest) = (extremes.least[half][lane], extremes.largest[half][lane]);
            match (least, largest) {
                _ if least < self.empty => Some(Invalid::ElectrolyteEmpty { half }),
                _ if least < low => Some(Invalid::Concentration { half, value: 1e3 * least }),
                _ if largest > high => Some(Invalid::Concentration { half, value: 1e3 * largest }),
                _ => None,
            }
        });
        let surface = [0, 1].map(|electrode| {
            let (value, (low, high)) = (extremes.surface[electrode][lane], self.stoichiometry[electrode]);
            (value <= low || value >= high).then_some(Invalid::Surface { electrode, value })
        });
        let value = core[lane];
        let temperature = (value < cold - 1e-9 || value > hot + 1e-9).then_some(Invalid::Temperature { value });
        electrolyte.into_iter().chain(surface).chain([temperature]).flatten()
    }

    /// True where electrolyte and surfaces of a lane are within what the model holds for. Temperatures are not asked for.
    #[inline]
    pub(crate) fn holds(&self, extremes: &Extremes, lane: usize) -> bool {
        let (low, high) = self.concentration;
        (0..2).all(|k| {
            let (empty, full) = self.stoichiometry[k];
            let surface = extremes.surface[k][lane];
            extremes.least[k][lane] >= low && extremes.largest[k][lane] <= high && surface > empty && surface < full
        })
    }
}
