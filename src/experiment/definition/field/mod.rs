//! The fields of an experiment file: kind, default and reason of each, for `galvani explain` and the guide.
mod default;
mod execution;
mod file;
mod model;
mod optimizer;
mod schedule;
mod space;
mod task;

pub(crate) use default::default_of;

/// A field of an experiment file, or a choice that a field has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// The names on the way to it, such as `optimizer.surrogate.Forest.trees`; a choice begins with a capital letter.
    pub path: &'static str,
    /// The kind of its value in plain words.
    pub kind: &'static str,
    /// The default, where the type of the field does not tell it.
    pub stated: Option<&'static str>,
    /// The meaning, and the reason for the default.
    pub about: &'static str,
}

/// The kind of a path that is one of the values of its field.
pub(crate) const CHOICE: &str = "choice";

impl Field {
    /// A field whose default follows from the settings themselves.
    const fn of(path: &'static str, kind: &'static str, about: &'static str) -> Self {
        Self { path, kind, stated: None, about }
    }

    /// A field with a default in words.
    const fn stated(path: &'static str, kind: &'static str, default: &'static str, about: &'static str) -> Self {
        Self { path, kind, stated: Some(default), about }
    }

    /// A field that must be given.
    const fn required(path: &'static str, kind: &'static str, about: &'static str) -> Self {
        Self { path, kind, stated: Some("none: it must be given"), about }
    }

    /// One of the values of a field.
    const fn choice(path: &'static str, about: &'static str) -> Self {
        Self { path, kind: CHOICE, stated: None, about }
    }

    /// The last name of the path.
    pub(crate) fn name(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }

    /// True where the path is this one or lies below it.
    pub(crate) fn is_within(&self, path: &str) -> bool {
        self.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

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
