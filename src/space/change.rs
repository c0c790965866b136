//! Changes of a space: the differences of two versions, and the configurations that exist in both.
use std::sync::Arc;

use crate::document::diagnostic::Diagnostic;
use crate::space::Space;
use crate::space::allowed::AllowedTable;
use crate::space::configuration::Configuration;
use crate::space::domain::Domain;
use crate::space::hyperparameter::Hyperparameter;
use crate::space::prior::Prior;
use crate::space::renaming::PossibleRenaming;
use crate::space::value::Value;

impl Space {
    /// The changes since an earlier version, a sentence each; none where both mean the same.
    ///
    /// Names, descriptions and units are not compared, because no trial depends on them.
    pub fn changes_since(&self, old: &Self) -> Vec<String> {
        self.changes_beside(old, &[])
    }

    /// As [`Self::changes_since`], without the parameters of which is not known whether they are renamed.
    pub(crate) fn changes_beside(&self, old: &Self, open: &[PossibleRenaming]) -> Vec<String> {
        let mut changes = Vec::new();
        for hyperparameter in self.hyperparameters() {
            let name = &hyperparameter.name;
            if open.iter().any(|renaming| renaming.new == *name) {
                continue;
            }
            match self.index_before(old, name) {
                Some(index) => changes.extend(differences(&old.hyperparameters()[index], hyperparameter)),
                None => changes.push(format!(
                    "`{name}` is new ({}); earlier trials count as if they had its default, {}",
                    hyperparameter.domain,
                    hyperparameter.default.to_ron()
                )),
            }
            if let Some(former) =
                self.former_names().get(name).filter(|former| old.index(name).is_none() && old.index(former).is_some())
            {
                changes.push(format!("`{name}` was called `{former}`"));
            }
            let condition =
                |space: &Self| space.index(name).and_then(|index| space.condition(index)).map(ToString::to_string);
            match (old.index(name).and_then(|_| condition(old)), condition(self)) {
                (before, now) if before == now => {}
                (Some(before), None) => changes.push(format!("`{name}` is always active; before, if {before}")),
                (None, Some(now)) if old.index(name).is_some() => {
                    changes.push(format!("`{name}` is only active if {now}; before, always"));
                }
                (Some(before), Some(now)) => changes.push(format!("`{name}` is active if {now}; before, if {before}")),
                (None, _) => {}
            }
        }
        let is_open = |name: &str| open.iter().any(|renaming| renaming.old == name);
        let gone = |name: &str| self.index_now(name).is_none() && !is_open(name);
        for hyperparameter in old.hyperparameters().iter().filter(|each| gone(&each.name)) {
            changes.push(format!(
                "`{}` is gone; earlier trials count where it was inactive or had its default, {}",
                hyperparameter.name,
                hyperparameter.default.to_ron()
            ));
        }
        let tables = |space: &Self| {
            let written = |table: &Arc<AllowedTable>| {
                let mut rows = table.written(space.hyperparameters());
                rows.sort_unstable();
                rows
            };
            space.definition.allowed.iter().map(written).collect::<Vec<_>>()
        };
        let count = |tables: &[Vec<String>]| match tables {
            [] => "all combinations".to_owned(),
            tables => format!("{} combinations in a list", tables.iter().map(Vec::len).sum::<usize>()),
        };
        let (before, now) = (tables(old), tables(self));
        if before != now {
            changes.push(format!("other combinations are allowed: {}; before, {}", count(&now), count(&before)));
        }
        let clauses = |space: &Self| {
            let written = space.forbidden().iter().filter(|clause| clause.table().is_none());
            written.map(ToString::to_string).collect::<Vec<_>>()
        };
        let (before, now) = (clauses(old), clauses(self));
        let added = now.iter().filter(|clause| !before.contains(clause));
        changes.extend(added.map(|clause| format!("`{clause}` is forbidden now")));
        let removed = before.iter().filter(|clause| !now.contains(clause));
        changes.extend(removed.map(|clause| format!("`{clause}` is allowed now")));
        let names = |space: &Self| space.hyperparameters().iter().map(|each| each.name.clone()).collect::<Vec<_>>();
        if changes.is_empty() && open.is_empty() && names(old) != names(self) {
            changes.push("the parameters come in another order".to_owned());
        }
        changes
    }

    /// A configuration of an earlier version as one of this version; fails with the reason where none
    /// corresponds to it.
    ///
    /// A parameter that a trial did not have counts as if it had been at its default, in either direction.
    pub fn carry(&self, old: &Self, configuration: &Configuration) -> Result<Configuration, Diagnostic> {
        let reason = |message: String| Diagnostic::new(message);
        let mut values: Vec<Option<Value>> = vec![None; self.hyperparameters().len()];
        for (index, before) in old.hyperparameters().iter().enumerate() {
            let Some(value) = configuration.get(index) else { continue };
            let name = &before.name;
            match self.index_now(name) {
                Some(own) => {
                    let admitted = self.hyperparameters()[own].admit(value);
                    values[own] =
                        Some(admitted.ok_or_else(|| reason(format!("`{name}` can no longer be {}", value.to_ron())))?);
                }
                None if *value == before.default => {}
                None => return Err(reason(format!("`{name}` was {}, and is gone", value.to_ron()))),
            }
        }
        for &index in &self.definition.order {
            let Hyperparameter { name, default, .. } = &self.hyperparameters()[index];
            match (&values[index], self.definition.inactive(index, &values)) {
                (Some(value), Some(_)) if value != default => {
                    return Err(reason(format!("`{name}` was {}, and is inactive now", value.to_ron())));
                }
                (_, Some(_)) => values[index] = None,
                (None, None) => values[index] = Some(default.clone()),
                (Some(_), None) => {}
            }
        }
        let forbidden = |clause: usize| reason(format!("`{}` forbids it now", self.forbidden()[clause]));
        self.definition.allowed(values).map_err(forbidden)
    }
}

fn differences(old: &Hyperparameter, new: &Hyperparameter) -> Vec<String> {
    let name = &new.name;
    let mut found = Vec::new();
    if old.domain != new.domain {
        let listed = |domain: &Domain| match domain {
            Domain::Ordinal { values } | Domain::Categorical { choices: values } => Some(values.clone()),
            _ => None,
        };
        let same_kind = std::mem::discriminant(&old.domain) == std::mem::discriminant(&new.domain);
        match (listed(&old.domain), listed(&new.domain)) {
            (Some(before), Some(now)) if same_kind => {
                let missing = |all: &[Value], from: &[Value]| {
                    let all = all.iter().filter(|value| !from.contains(value)).map(Value::to_ron);
                    all.collect::<Vec<_>>().join(" or ")
                };
                let (added, removed) = (missing(&now, &before), missing(&before, &now));
                if !added.is_empty() {
                    found.push(format!("`{name}` can also be {added}"));
                }
                if !removed.is_empty() {
                    found.push(format!("`{name}` can no longer be {removed}"));
                }
                if added.is_empty() && removed.is_empty() {
                    found.push(format!("the values of `{name}` come in another order"));
                }
            }
            _ => found.push(format!("`{name}` is {}; before, {}", new.domain, old.domain)),
        }
    }
    if old.prior != new.prior {
        let law = |prior: &Prior| Some(prior.to_string()).filter(|law| !law.is_empty());
        let uniform = || "uniform".to_owned();
        let (before, now) = (law(&old.prior).unwrap_or_else(uniform), law(&new.prior).unwrap_or_else(uniform));
        found.push(format!("the prior of `{name}` is {now}; before, {before}"));
    }
    if old.default != new.default {
        found.push(format!("the default of `{name}` is {}; before, {}", new.default.to_ron(), old.default.to_ron()));
    }
    found
}
