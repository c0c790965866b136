//! Renamed parameters: names of an earlier version of a space that stand for parameters of this one.
use indexmap::IndexMap;

use crate::document::diagnostic::Diagnostic;
use crate::document::spelling::{backticked, nearest, suggestion};
use crate::space::Space;

/// A parameter that is new in a space, and one with the same values that is gone: perhaps one and the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PossibleRenaming {
    pub new: String,
    pub old: String,
}

/// An earlier name of a parameter that no parameter of the earlier version has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFormerName {
    pub new: String,
    pub former: String,
    pub hint: String,
}

impl Space {
    /// The space with answers on names: the name of each of these parameters in earlier versions; an empty name for one
    /// that has none.
    ///
    /// # Errors
    /// A parameter is not of this space.
    pub(crate) fn renamed(mut self, former: IndexMap<String, String>) -> Result<Self, Diagnostic> {
        let names = self.hyperparameters().iter().map(|each| each.name.as_str());
        if let Some(unknown) = former.keys().find(|name| self.index(name).is_none()) {
            let message = format!("`renamed` has the parameter `{unknown}`, which the space does not have");
            return Err(Diagnostic::new(message).hint(suggestion(unknown, names)));
        }
        self.former = former;
        Ok(self)
    }

    /// The names in earlier versions, by the names of this version.
    pub(crate) fn former_names(&self) -> &IndexMap<String, String> {
        &self.former
    }

    /// The index that a parameter of this space has in an earlier version, under its name or its former one.
    pub(super) fn index_before(&self, old: &Self, name: &str) -> Option<usize> {
        old.index(name).or_else(|| old.index(self.former.get(name).filter(|former| self.index(former).is_none())?))
    }

    /// The index in this space of a parameter of an earlier version.
    pub(super) fn index_now(&self, old: &str) -> Option<usize> {
        let renamed = || self.former.iter().find(|(_, former)| *former == old).and_then(|(name, _)| self.index(name));
        self.index(old).or_else(renamed)
    }

    /// The earlier names that this space gives and that no parameter of an earlier version had, with the parameter and the
    /// nearest name that the earlier version had.
    pub(crate) fn unknown_former_names(&self, old: &Self) -> Vec<UnknownFormerName> {
        let is_unknown = |(name, former): &(&String, &String)| {
            !former.is_empty() && old.index(name).is_none() && old.index(former).is_none()
        };
        let gone = || {
            let all = old.hyperparameters().iter().filter(|each| self.index_now(&each.name).is_none());
            all.map(|each| each.name.as_str())
        };
        let unknown = |(name, former): (&String, &String)| UnknownFormerName {
            new: name.clone(),
            former: former.clone(),
            hint: match (nearest(former, gone()), gone().next()) {
                (Some(near), _) => format!("did you mean renamed: {{{name:?}: {near:?}}}?"),
                (None, Some(_)) => format!("these parameters of the run are gone: {}", backticked(gone())),
                (None, None) => format!("no parameter of the run is gone: leave `{name}` out of `renamed`"),
            },
        };
        self.former.iter().filter(is_unknown).map(unknown).collect()
    }

    /// The parameters that may be renamed ones of an earlier version, where the space does not say whether they are.
    pub(crate) fn possible_renamings(&self, old: &Self) -> Vec<PossibleRenaming> {
        let mut gone: Vec<_> =
            old.hyperparameters().iter().filter(|each| self.index_now(&each.name).is_none()).collect();
        let new = self
            .hyperparameters()
            .iter()
            .filter(|each| self.index_before(old, &each.name).is_none() && !self.former.contains_key(&each.name));
        let pair = |each: &crate::space::hyperparameter::Hyperparameter| {
            let place = gone.iter().position(|other| other.domain == each.domain)?;
            Some(PossibleRenaming { new: each.name.clone(), old: gone.remove(place).name.clone() })
        };
        new.filter_map(pair).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::space::value::Value;

    fn space(parameters: &str) -> Space {
        Space::parse(&format!("(parameters: {{{parameters}}})"), Path::new("s.ron")).unwrap()
    }

    #[test]
    fn a_renamed_parameter_keeps_its_values_once_the_space_says_so() {
        let old = space(r#""rate": Float(min: 0, max: 1), "depth": Integer(min: 1, max: 9)"#);
        let new = space(r#""lr": Float(min: 0, max: 1), "depth": Integer(min: 1, max: 9)"#);
        let tried = old.configuration_of([("rate", Value::Float(0.25)), ("depth", Value::Integer(3))]).unwrap();
        let possible = new.possible_renamings(&old);
        assert_eq!(possible, [PossibleRenaming { new: "lr".into(), old: "rate".into() }]);
        assert!(new.carry(&old, &tried).is_err());
        let answer = |former: &str| new.clone().renamed(IndexMap::from([("lr".into(), former.into())])).unwrap();
        let renamed = answer("rate");
        assert_eq!(renamed.changes_since(&old), ["`lr` was called `rate`"]);
        let carried = renamed.carry(&old, &tried).unwrap();
        assert_eq!(renamed.to_ron(&carried), r#"{"lr": 0.25, "depth": 3}"#);
        assert!(renamed.possible_renamings(&old).is_empty() && renamed.changes_since(&renamed).is_empty());
        let another = answer("");
        assert!(another.possible_renamings(&old).is_empty() && another.changes_since(&old).len() == 2);
        let slip = answer("rat").unknown_former_names(&old);
        assert_eq!((slip.len(), slip[0].former.as_str()), (1, "rat"));
        assert_eq!(slip[0].hint, "did you mean renamed: {\"lr\": \"rate\"}?");
        assert_eq!(answer("step").unknown_former_names(&old)[0].hint, "these parameters of the run are gone: `rate`");
        assert!(renamed.unknown_former_names(&old).is_empty() && renamed.unknown_former_names(&renamed).is_empty());
        assert!(another.unknown_former_names(&old).is_empty());
        assert!(new.changes_beside(&old, &possible).is_empty(), "what is not known is not told");
        // Another range is another parameter; a name that no parameter has is a mistake.
        assert!(
            space(r#""lr": Float(min: 0, max: 2), "depth": Integer(min: 1, max: 9)"#)
                .possible_renamings(&old)
                .is_empty()
        );
        let unknown = new.clone().renamed(IndexMap::from([("lt".into(), "rate".into())])).unwrap_err();
        assert!(unknown.hint.is_some_and(|hint| hint.contains("`lr`")));
    }
}
