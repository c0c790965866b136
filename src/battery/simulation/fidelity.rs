//! The fidelity of a simulator to its cell's file: fitted functions that deviate from those of the file.
use crate::battery::simulation::Simulator;
use crate::battery::simulation::misfit::Misfit;

impl Simulator {
    /// The misfits that are worth a word.
    pub(crate) fn misfits(&self) -> Vec<Misfit> {
        let particles = [("negative.diffusivity", &self.negative), ("positive.diffusivity", &self.positive)];
        let particles = particles.into_iter().flat_map(|(function, particle)| particle.misfits(function));
        let all = particles.chain(self.electrolyte.misfits()).chain(self.voltage.misfits());
        all.filter(Misfit::is_notable).collect()
    }
}
