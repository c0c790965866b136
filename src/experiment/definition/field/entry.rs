//! Entries of the table of fields: a field, or one of the values of a field.

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
    pub(super) const fn of(path: &'static str, kind: &'static str, about: &'static str) -> Self {
        Self { path, kind, stated: None, about }
    }

    /// A field with a default in words.
    pub(super) const fn stated(
        path: &'static str,
        kind: &'static str,
        default: &'static str,
        about: &'static str,
    ) -> Self {
        Self { path, kind, stated: Some(default), about }
    }

    /// A field that must be given.
    pub(super) const fn required(path: &'static str, kind: &'static str, about: &'static str) -> Self {
        Self { path, kind, stated: Some("none: it must be given"), about }
    }

    /// One of the values of a field.
    pub(super) const fn choice(path: &'static str, about: &'static str) -> Self {
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
