//! Captions of figures, as a paper needs them: what is drawn, of how many trials, and by which model.
use crate::analysis::Findings;
use crate::report::draw::words::{amount, coefficient, count, percent};

/// The trials of a run with their budgets, such as `54 trials at 27, 81 and 243 steps`.
fn trials(findings: &Findings) -> String {
    let budgets: Vec<String> =
        findings.convergence.curves.iter().map(|curve| amount(curve.budget, &findings.unit)).collect();
    let trials = count(findings.trials.len(), "trial");
    match &budgets[..] {
        [] => trials,
        [only] => format!("{trials} at {only}"),
        [first, .., last] => format!("{trials} at {} budgets from {first} to {last}", budgets.len()),
    }
}

pub(super) fn convergence(findings: &Findings) -> String {
    let name = &findings.experiment;
    if let Some(front) = findings.front.as_ref().filter(|front| !front.progress.is_empty()) {
        return format!(
            "Progress of {name} in {}: share of the hypervolume between the best costs and a reference point that the trials dominate, against the budget spent and the trials ended ({}).",
            front.objectives.join(", "),
            trials(findings)
        );
    }
    let mut text = format!(
        "Progress of {name} ({}): lines are the best {} so far at each budget, against the budget spent and the trials ended; dots are trials, the star is the recommended configuration.",
        trials(findings),
        findings.measure
    );
    if let Some(last) = findings.fidelity.last() {
        text += " Last panel: the same configurations at successive budgets, with Spearman's rank correlation ρ and its 80 % bootstrap interval";
        if let (Some(rho), true) = (last.rank_correlation, last.enough) {
            text += &format!(" (between the two highest: {rho:.2}, {})", count(last.pairs.len(), "pair"));
        }
        text += ".";
    }
    text
}

pub(super) fn interactions(findings: &Findings) -> String {
    let matrix = &findings.matrix;
    let budget = matrix.sample.budget.map(|budget| format!(" at {}", amount(budget, &findings.unit)));
    let mut text = format!(
        "Hyperparameters of {}: predicted {}{} over one (diagonal: partial dependence) and two of them (tiles), averaged over legal configurations.",
        findings.experiment,
        findings.measure,
        budget.unwrap_or_default()
    );
    let Some(quality) = &matrix.quality else {
        let why = matrix.distrust.as_deref().unwrap_or("there is no model");
        return format!("{text} No prediction is drawn: {why}. Dots are trials.");
    };
    let r2 = quality.r2.map_or("undefined".to_owned(), coefficient);
    text += &format!(
        " Model: {} of {}, R² {r2} of at most {:.2} out of fold ({} folds); bands: 80 % of {} bootstrap refits. Dots are trials, the star is the recommended configuration.",
        quality.model.in_words(),
        count(matrix.sample.trials, "successful trial"),
        quality.noise.ceiling,
        quality.folds,
        quality.refits
    );
    if let Some(distrust) = &matrix.distrust {
        text += &format!(" The model is not to be trusted: {distrust}.");
    }
    let strongest = matrix.pairs.iter().max_by(|a, b| a.strength.total_cmp(&b.strength));
    if let Some(pair) = strongest.filter(|pair| pair.strength >= 0.02 && matrix.distrust.is_none()) {
        let [row, column] = [pair.row, pair.column].map(|index| &matrix.dimensions[index].name);
        text += &format!(" {row} and {column} together explain {} beyond their sum.", percent(pair.strength));
    }
    text
}

pub(super) fn front(findings: &Findings) -> String {
    let Some(front) = &findings.front else { return String::new() };
    format!(
        "Objectives of {} ({}) at {}: {}, of which {} (blue) are dominated by no other.",
        findings.experiment,
        front.objectives.join(", "),
        amount(front.budget, &findings.unit),
        count(front.points.len(), "configuration"),
        front.members.len()
    )
}

pub(super) fn metrics(findings: &Findings) -> String {
    format!(
        "Numbers that the trials of {} reported beside their {}, each against the {} at the highest budget; blue is the recommended configuration.",
        findings.experiment,
        findings.noun(),
        findings.measure
    )
}

pub(super) fn predictions(findings: &Findings) -> String {
    format!(
        "Truth and free-running prediction of the best model of {} on series that no trial has seen ({} in all); in the shaded context the model is told the truth.",
        findings.experiment,
        findings.predictions.len()
    )
}
