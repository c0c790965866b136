//! The next configuration: from the design, from the model, or by chance.
use super::model::Model;
use super::settings::Settings;
use crate::acquisition::maximizer::Search;
use crate::design;
use crate::numeric::stream::Stream;
use crate::space::Space;
use crate::space::configuration::Configuration;
use crate::space::encoding::Column;
use crate::surrogate::Rows;
use crate::trial::Origin;
use crate::trial::history::History;

/// Draws that must all be repetitions before a finite space is looked through, and any other counts as exhausted.
const DRAWS: u64 = 2_000;

/// Chooses configurations that were never tried. What it keeps only saves computing it again.
pub(super) struct Selector {
    design: Vec<Configuration>,
    columns: Vec<Column>,
    /// Every configuration of the history, encoded.
    rows: Rows,
    /// The model of so many ended trials.
    fitted: Option<(usize, Option<Model>)>,
}

impl Selector {
    pub fn new(space: &Space, settings: &Settings, first_rung: Option<u32>, seed: u64) -> Self {
        let columns = space.columns();
        let size = settings.design_size(columns.len(), first_rung);
        let design = design::initial(space, settings.design, size, seed);
        Self { design, rows: Rows::new(columns.len()), columns, fitted: None }
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
        let ended = history.ended().count();
        if self.fitted.as_ref().is_none_or(|(fitted, _)| *fitted != ended) {
            self.fitted = Some((ended, Model::fit(history, &self.rows, &self.columns, settings, seed)));
        }
        let (_, model) = self.fitted.as_ref().expect("a model was just fitted");
        let mut model = model.clone()?;
        model.believe(history, &self.rows);
        let score = |configurations: &[Configuration]| {
            let mut rows = Rows::new(self.columns.len());
            configurations.iter().for_each(|configuration| rows.push(&space.encode(configuration)));
            model.score(&rows)
        };
        let tried = model.best(settings.maximizer.starts as usize);
        let tried = tried.map(|index| history.configurations()[index].clone()).collect();
        let search = Search { space, settings: &settings.maximizer, seed, trial: history.next_trial().0 };
        search.maximize(&score, tried, &|configuration| history.contains(configuration))
    }
}

/// A random configuration that the history does not have.
fn chance(space: &Space, history: &History, seed: u64) -> Option<Configuration> {
    let mut stream = Stream::of(seed, "chance", u64::from(history.next_trial().0));
    let drawn = (0..DRAWS).map_while(|_| space.sample(&mut stream).ok());
    let new = |configuration: &Configuration| !history.contains(configuration);
    drawn.into_iter().find(new).or_else(|| {
        // Few are left, or what is left is unlikely: the next one after a random number, going round.
        let count = space.count().filter(|count| *count > history.configurations().len() as u64)?;
        let first = (stream.uniform() * count as f64) as u64;
        (0..count).filter_map(|step| space.nth((first + step) % count)).find(new)
    })
}
