//! The next configuration: from the design, from the model, or by chance.
use super::model::Model;
use super::settings::Settings;
use crate::acquisition::maximizer::Search;
use crate::design;
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::surrogate::Rows;
use crate::trial::Origin;
use crate::trial::history::History;

/// Draws that must all be repetitions before a space of unknown size counts as exhausted.
const DRAWS: u64 = 2_000;

/// Chooses configurations that were never tried. What it keeps only saves computing it again.
pub(super) struct Selector {
    design: Vec<Configuration>,
    /// Every configuration of the history, encoded.
    rows: Rows,
    model: Model,
}

impl Selector {
    pub fn new(space: &Space, settings: &Settings, first_rung: Option<u32>, seed: u64) -> Self {
        let columns = space.columns();
        let size = settings.design_size(columns.len(), first_rung);
        let design = design::initial(space, settings.design, size, seed);
        Self { design, rows: Rows::new(columns.len()), model: Model::new(columns, settings, seed) }
    }

    /// A configuration that the history does not have; `None` where there is none to be found.
    pub fn select(
        &mut self,
        space: &Space,
        settings: &Settings,
        history: &History,
        seed: u64,
    ) -> Option<(Configuration, Origin)> {
        if let Some(configuration) = self.design.iter().find(|configuration| !history.contains(configuration)) {
            let default = space.default_configuration().is_ok_and(|default| default == *configuration);
            return Some((configuration.clone(), if default { Origin::Default } else { Origin::Design }));
        }
        let trial = history.next_trial().0;
        if Stream::of(seed, "interleaving", u64::from(trial)).uniform() >= settings.random_probability
            && let Some(configuration) = self.promising(space, settings, history, seed)
        {
            return Some((configuration, Origin::Model));
        }
        Some((chance(space, history, seed)?, Origin::Random))
    }

    fn promising(&mut self, space: &Space, settings: &Settings, history: &History, seed: u64) -> Option<Configuration> {
        for configuration in &history.configurations()[self.rows.len()..] {
            self.rows.push(&space.encode(configuration));
        }
        if !self.model.learn(history, &self.rows, settings) {
            return None;
        }
        let tried = self.model.best(settings.maximizer.starts as usize);
        let tried = tried.map(|index| history.configurations()[index].clone()).collect();
        let search = Search { space, settings: &settings.maximizer, seed, trial: history.next_trial().0 };
        search.maximize(&|rows| self.model.score(rows), tried, &|configuration| history.contains(configuration))
    }
}

/// A random configuration that the history does not have.
fn chance(space: &Space, history: &History, seed: u64) -> Option<Configuration> {
    let mut stream = Stream::of(seed, "chance", u64::from(history.next_trial().0));
    let mut draw = |draws: u64| {
        let drawn = (0..draws).map_while(|_| space.sample(&mut stream).ok());
        drawn.into_iter().find(|configuration| !history.contains(configuration))
    };
    draw(DRAWS).or_else(|| {
        let left = space.count()?.saturating_sub(history.configurations().len() as u64);
        // The last of a hundred thousand equally likely configurations is missed once in seven times.
        (left > 0).then(|| draw(100 * DRAWS)).flatten()
    })
}
