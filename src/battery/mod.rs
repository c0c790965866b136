//! A lithium-ion cell: its parameters, and the simulator that solves the single particle model with electrolyte for it.
//!
//! ```
//! use galvani::battery::{Cell, Conditions, Current, simulate};
//! let cell = Cell::named("chen2020").expect("a built-in cell");
//! let trace = simulate(&cell, &Current::constant(5.0, 1800.0)?, Conditions::default())?;
//! let last = trace.time.len() - 1;
//! println!("{:.4} V after {} s", trace.voltage[last], trace.time[last]);
//! assert!(trace.valid.iter().all(|valid| *valid));
//! # Ok::<(), galvani::Error>(())
//! ```
//!
//! [`Cell`] is a built-in cell or one of a file (RON, BPX, PyBaMM's parameters), [`Current`] a current over time, [`Conditions`]
//! the start and the surroundings, and [`Trace`] has a column for each observable. An [`Experiment`] in steps (`Charge at 1C until
//! 4.2 V`) is performed in place of a current. Only the feature `simulator` is needed:
//! `galvani = { version = "0.1", default-features = false, features = ["simulator"] }`. Nothing of the optimizer takes part.
//!
//! # The model
//! The single particle model with electrolyte (SPMe) in its composite form [1, 2]. Discharge is positive. With the current I,
//! the area A, and for each electrode k (n or p, the upper sign for n) the thickness L, the radius R, the share of active
//! material ε, the largest concentration c, the stoichiometry s, and a = 3 ε / R:
//!
//! | quantity | equation | unit |
//! |---|---|---|
//! | particle | ∂s/∂t = r⁻² ∂/∂r (r² D(s, T) ∂s/∂r), D ∂s/∂r = ∓I / (F A L a c) at r = R | 1 |
//! | electrolyte | φ ∂c/∂t = ∂/∂x (φᵇ D(c, T) ∂c/∂x) + ∂/∂x (-t⁺ i / F) + a j / F, no flux at both ends | mol/m³ |
//! | open-circuit voltage | U_p(s_p) - U_n(s_n) + (T - T_ref) (U_p' - U_n'), of mean stoichiometries | V |
//! | particle overpotential | the same of the surfaces, less that of the means | V |
//! | reaction overpotential | -(2 R T / F) Σ_k mean over the electrode of asinh(I / (2 A L a j₀)) | V |
//! | concentration overpotential | (2 R T / F) (1 - t⁺) (1 + dln f/dln c) (mean ln c over p - mean ln c over n) | V |
//! | ohmic losses | -I (L_n / (3 κφ_nᵇ) + L_s / (κφ_sᵇ) + L_p / (3 κφ_pᵇ)) / A in the electrolyte, -I (L_n/σ_n + L_p/σ_p) / (3 A) in the solid, -I R_c in the contacts | V |
//! | heat | I (losses without the particle's) - I T (U_p' - U_n') + I² R_collectors | W |
//!
//! φ is the porosity, b Bruggeman's exponent, j₀ the exchange current density, U' = dU/dT, and R and F the gas and Faraday's
//! constant; conductivity and diffusivity of the electrolyte are those of its mean concentration in the losses, and of the place
//! in its own equation. The heat of mixing within particles is left out, as in PyBaMM. The temperature follows one of four
//! [`Thermal`] models.
//!
//! Particles of constant diffusivity are exact in time, and finite volumes otherwise; the electrolyte is second order in time and
//! fourth in space. Against PyBaMM on a converged mesh the voltage deviates by about 0.1 mV.
//!
//! \[1\] Marquis, Sulzer, Timms, Please, Chapman: An asymptotic derivation of a single particle model with electrolyte, J.
//! Electrochem. Soc. 166 A3693 (2019). \[2\] Brosa Planella et al.: A continuum of physics-based lithium-ion battery models
//! reviewed, Prog. Energy 4 042003 (2022). Each built-in cell's file names the source of its parameters.
//!
//! Not in the model: hysteresis of the open-circuit voltage, blended electrodes, growth of the SEI and other ageing.
pub(crate) mod baseline;
#[doc(hidden)]
pub mod cell;
#[doc(hidden)]
pub mod current;
#[doc(hidden)]
pub mod dataset;
#[cfg(feature = "battery")]
#[doc(hidden)]
pub mod evaluation;
mod experiment;
pub mod fit;
mod library;
pub mod measurement;
#[cfg(feature = "battery")]
#[doc(hidden)]
pub mod model;
#[doc(hidden)]
pub mod protocol;
#[doc(hidden)]
pub mod simd;
#[doc(hidden)]
pub mod simulation;
#[cfg(feature = "battery")]
#[doc(hidden)]
pub mod training;

pub use cell::Cell;
pub use experiment::Experiment;
pub use library::{Conditions, Current, simulate};
pub use protocol::cycler::{Performance, PerformanceBalance};
pub use protocol::table::{EndReason, StepResult};
pub use simulation::balance::{Balance, EnergyBalance};
pub use simulation::thermal::Thermal;
pub use simulation::trace::Trace;
