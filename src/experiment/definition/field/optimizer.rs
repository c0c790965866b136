//! Fields of the optimizer that all strategies have.
use super::entry::Field;

pub(super) const FIELDS: &[Field] = &[
    Field::of(
        "optimizer.first_configurations",
        "a list of maps from names to values",
        "The configurations that are tried before any other. Active parameters that are left out have their defaults.",
    ),
    Field::of(
        "optimizer.design",
        "a sampler",
        "The sampling of the first configurations. Sobol: even in every projection, also when cut short.",
    ),
    Field::choice("optimizer.design.Default", "The default configuration alone."),
    Field::choice("optimizer.design.Sobol", "A scrambled Sobol sequence."),
    Field::choice("optimizer.design.LatinHypercube", "One point in each slice of every axis."),
    Field::choice("optimizer.design.Factorial", "The middle, then the corners of the space in random order."),
    Field::choice("optimizer.design.Random", "Independent draws."),
    Field::of(
        "optimizer.design_size",
        "a whole number",
        "The number of configurations of the initial design, the default configuration among them. Absent: it follows from `design_per_hyperparameter`.",
    ),
    Field::of(
        "optimizer.design_per_hyperparameter",
        "a whole number",
        "The number of configurations of the initial design for each parameter, where `design_size` is absent. Absent: twice the number of parameters plus five, \
         at most the lowest rung of the first bracket; with Screening that whole rung.",
    ),
    Field::of(
        "optimizer.design_share",
        "a share from 0 to 1",
        "The share of a limited number of trials that the initial design takes at most, but for the lowest rung of Screening. 0.25, as in SMAC.",
    ),
    Field::of(
        "optimizer.random_probability",
        "a probability",
        "The probability that a new configuration is drawn at random. 0.05: whatever the model predicts, the search converges; SMAC's 0.2 took longer. At 1 it is random search.",
    ),
    Field::of(
        "optimizer.minimum_results",
        "a whole number",
        "The number of configurations with a cost that the model needs; up to then configurations are drawn at random. 4: fewer have no trend.",
    ),
    Field::of(
        "optimizer.scale",
        "Raw, Log, Rank or Power",
        "The scale on which the surrogate learns costs. Absent: Rank for a forest, which tells the best apart however costs are distributed; Power for a Gaussian process, which keeps costs smooth.",
    ),
    Field::choice("optimizer.scale.Raw", "The cost itself."),
    Field::choice(
        "optimizer.scale.Log",
        "The logarithm of the cost; where any cost is not positive, that of the distance from just below the best.",
    ),
    Field::choice("optimizer.scale.Rank", "The normal score of the cost's rank, which ignores the spread of costs."),
    Field::choice("optimizer.scale.Power", "The power transformation that makes the costs most normal."),
    Field::of(
        "optimizer.feasibility",
        "true or false",
        "A second forest learns which configurations fail, and keeps the search away from them. True: a failed trial costs what a good one does. False where failures have nothing to do with the configuration.",
    ),
    Field::of(
        "optimizer.pessimism",
        "a number, at least 0",
        "The distance beyond the worst target, in ranges of the targets, that a Gaussian process assumes for a failure until the next result. 0: with more, fewer trials fail and less is found.",
    ),
    Field::of(
        "optimizer.intensifier",
        "an intensifier",
        "The rule by which configurations go on to higher budgets. Absent: Asynchronous(), with one worker as with many.",
    ),
    Field::choice(
        "optimizer.intensifier.Screening",
        "One bracket with all rungs, then trials at the full budget, each of the most promising of `eta` configurations that were first evaluated at the lowest budget.",
    ),
    Field::choice(
        "optimizer.intensifier.Hyperband",
        "Whole rungs go on, and brackets of all kinds follow in turn: for low budgets that order configurations well.",
    ),
    Field::choice("optimizer.intensifier.SuccessiveHalving", "Whole rungs go on, and every bracket is of one kind."),
    Field::stated(
        "optimizer.intensifier.SuccessiveHalving.bracket",
        "a whole number",
        "0",
        "The kind of bracket: 0 has the most rungs.",
    ),
    Field::choice(
        "optimizer.intensifier.Asynchronous",
        "Each configuration goes on as soon as it is among the best of its rung, so that no worker waits.",
    ),
    Field::of(
        "optimizer.intensifier.Asynchronous.brackets",
        "a whole number",
        "The number of kinds of bracket. Absent: all, which is asynchronous Hyperband; 1: asynchronous successive halving.",
    ),
    Field::choice(
        "optimizer.intensifier.Pasha",
        "Asynchronous successive halving that opens a higher rung only while the rungs disagree.",
    ),
    Field::choice("optimizer.intensifier.FullFidelity", "Every trial gets the full budget."),
    Field::choice(
        "optimizer.intensifier.Racing",
        "Configurations are compared on more and more seeds and instances, at the full budget: for noisy results.",
    ),
    Field::of(
        "optimizer.intensifier.Racing.instances",
        "a list of texts",
        "The names of the instances that trials run on: datasets, folds, problems. Empty: only seeds differ.",
    ),
    Field::of(
        "optimizer.intensifier.Racing.seeds",
        "a whole number",
        "The number of seeds that each instance is run with. 3, as in SMAC; 1 where a trial does not depend on its seed.",
    ),
    Field::of(
        "optimizer.intensifier.Racing.most_pairs",
        "a whole number",
        "The most pairs of seed and instance that a configuration is run on. 2000, as in SMAC.",
    ),
    Field::of(
        "optimizer.pruning",
        "settings",
        "The rule by which trials that report costs on their way are ended when they fall behind. Absent: every trial spends its budget.",
    ),
    Field::of(
        "optimizer.pruning.quantile",
        "a share from 0 to 1",
        "The quantile of the others' costs that a trial must reach, from the best. 0.5: the worse half is ended.",
    ),
    Field::of(
        "optimizer.pruning.chance",
        "a probability",
        "The probability below which a trial is ended, by extrapolating its curve: it may be behind now and end ahead. Absent: curves are compared as they are; 0.05 is careful.",
    ),
    Field::of(
        "optimizer.pruning.least_trials",
        "a whole number",
        "The number of others that must have come as far. 5: fewer have no meaningful median.",
    ),
    Field::of(
        "optimizer.pruning.least_share",
        "a share from 0 to 1",
        "The share of its budget before which no trial is ended. 0.1: first reports are mostly the start-up.",
    ),
    Field::of(
        "optimizer.warm_start",
        "a list of paths",
        "Run folders of earlier experiments whose results the model learns from, beside this file unless they are absolute. Results that do not fit are left out with a warning.",
    ),
    Field::of(
        "optimizer.prior_strength",
        "a number, at least 0",
        "The weight of the priors in the choice of configurations, which falls with the number of results. Absent: priors affect random draws only. A tenth of the number of trials is a good value.",
    ),
    Field::of(
        "optimizer.pending",
        "an assumption",
        "The assumed result of a running trial, so that the next one is tried elsewhere. Believed: the predicted mean, so that nothing is invented.",
    ),
    Field::choice("optimizer.pending.Believed", "The predicted mean."),
    Field::choice("optimizer.pending.Lowest", "The best target: the next proposal stays away least."),
    Field::choice("optimizer.pending.Mean", "The mean of the targets."),
    Field::choice("optimizer.pending.Highest", "The worst target: the next proposal stays away most."),
];
