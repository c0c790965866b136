//! Compilation of conditions and forbidden combinations, and the order of activation.
use crate::document::diagnostic::{Diagnostic, Positioned};
use crate::document::spelling::nearest;
use crate::space::expression::Expression;
use crate::space::hyperparameter::Hyperparameter;
use crate::space::validation::{SpaceError, SpacePart};

/// A condition with its index in the list of conditions.
pub(crate) type Condition = Option<(usize, Expression)>;

/// The condition of each hyperparameter.
pub(crate) fn conditions(
    hyperparameters: &[Hyperparameter],
    conditions: &[(String, String)],
) -> Result<Vec<Condition>, SpaceError> {
    let mut compiled: Vec<Condition> = vec![None; hyperparameters.len()];
    for (index, (child, text)) in conditions.iter().enumerate() {
        let fail = |offset, diagnostic| SpaceError { part: SpacePart::Condition { index, offset }, diagnostic };
        let Some(child_index) = hyperparameters.iter().position(|each| each.name == *child) else {
            let names = || hyperparameters.iter().map(|each| each.name.as_str());
            let hint = match nearest(child, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "a condition is written \"name of the parameter\": \"when it is active\"".to_owned(),
            };
            let message = format!("there is a condition for `{child}`, but no such parameter");
            return Err(fail(None, Diagnostic::new(message).hint(hint)));
        };
        if compiled[child_index].is_some() {
            let message = format!("`{child}` has two conditions");
            return Err(fail(None, Diagnostic::new(message).hint("join them with `and` or `or`")));
        }
        let expression = Expression::compile(text, hyperparameters)
            .map_err(|Positioned { offset, diagnostic }| fail(Some(offset), diagnostic))?;
        if expression.reads().contains(&child_index) {
            let message = format!("the condition of `{child}` reads `{child}` itself");
            return Err(fail(None, Diagnostic::new(message).hint("a condition reads other parameters only")));
        }
        compiled[child_index] = Some((index, expression));
    }
    Ok(compiled)
}

/// The forbidden combinations.
pub(crate) fn forbidden(hyperparameters: &[Hyperparameter], clauses: &[String]) -> Result<Vec<Expression>, SpaceError> {
    let compile = |(index, text): (usize, &String)| {
        Expression::compile(text, hyperparameters).map_err(|Positioned { offset, diagnostic }| SpaceError {
            part: SpacePart::Forbidden { index, offset },
            diagnostic,
        })
    };
    clauses.iter().enumerate().map(compile).collect()
}

/// Indices with parents before children, in the order of the file otherwise.
pub(crate) fn order(hyperparameters: &[Hyperparameter], conditions: &[Condition]) -> Result<Vec<usize>, SpaceError> {
    let parents = |index: usize| conditions[index].iter().flat_map(|(_, condition)| condition.reads().iter().copied());
    let mut order = Vec::new();
    let mut placed = vec![false; hyperparameters.len()];
    while order.len() < hyperparameters.len() {
        let next =
            (0..hyperparameters.len()).find(|&index| !placed[index] && parents(index).all(|parent| placed[parent]));
        if let Some(index) = next {
            placed[index] = true;
            order.push(index);
            continue;
        }
        // Everything left waits for something left: follow the parents until one comes again.
        let unplaced = |index: usize| parents(index).find(|&parent| !placed[parent]).expect("it waits for a parent");
        let mut walk = vec![(0..placed.len()).find(|&index| !placed[index]).expect("one is left")];
        let cycle = loop {
            let next = unplaced(walk[walk.len() - 1]);
            if let Some(begin) = walk.iter().position(|&each| each == next) {
                break walk.split_off(begin);
            }
            walk.push(next);
        };
        let names: Vec<_> =
            cycle.iter().chain(&cycle[..1]).map(|&each| format!("`{}`", hyperparameters[each].name)).collect();
        let index = conditions[cycle[0]].as_ref().expect("it waits for a parent").0;
        let message = format!("the conditions go in a circle: {}", names.join(" depends on "));
        return Err(SpaceError {
            part: SpacePart::Condition { index, offset: None },
            diagnostic: Diagnostic::new(message).hint("one of them must be active without the others"),
        });
    }
    Ok(order)
}
