//! The fields of an experiment file: kind, default and reason of each, for `galvani explain` and the guide.
mod default;
#[cfg(test)]
mod documentation;
pub(crate) mod entry;
mod execution;
mod file;
mod model;
mod optimizer;
mod schedule;
mod space;
mod task;

pub(crate) use default::default_of;
use entry::Field;

/// Every field and choice, in the order in which they are explained.
pub(crate) fn fields() -> impl Iterator<Item = &'static Field> + Clone {
    let tables: [&'static [Field]; 7] = [
        file::FIELDS,
        space::FIELDS,
        task::FIELDS,
        schedule::FIELDS,
        optimizer::FIELDS,
        model::FIELDS,
        execution::FIELDS,
    ];
    tables.into_iter().flatten()
}

#[cfg(test)]
mod tests;
