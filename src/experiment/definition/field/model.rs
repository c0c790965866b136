//! Fields of the proposal strategies, the surrogates and the acquisition functions.
use super::entry::Field;

const MARGIN: &str = "The least improvement that counts, in units of the targets.";

pub(super) const FIELDS: &[Field] = &[
    Field::of(
        "optimizer.search",
        "a proposal strategy",
        "The strategy by which new configurations are found. Model: the others need many more trials.",
    ),
    Field::choice("optimizer.search.Model", "The acquisition function of the surrogate is maximized."),
    Field::choice(
        "optimizer.search.TreeParzen",
        "The ratio of two densities, of good configurations and of the others, as in Optuna and BOHB.",
    ),
    Field::of(
        "optimizer.search.TreeParzen.share",
        "a share from 0 to 1",
        "The share of the configurations that counts as good. 0.1, and 25 at most, as in Optuna.",
    ),
    Field::of(
        "optimizer.search.TreeParzen.candidates",
        "a whole number",
        "The number of candidates that are drawn near good configurations, of which the best is proposed. 24, as in the paper.",
    ),
    Field::of(
        "optimizer.search.TreeParzen.prior",
        "a positive number",
        "The weight of a uniform component relative to one configuration: the search never forgets the rest of the space.",
    ),
    Field::choice(
        "optimizer.search.DifferentialEvolution",
        "Differences of good configurations; with brackets much like DEHB.",
    ),
    Field::of(
        "optimizer.search.DifferentialEvolution.population",
        "a whole number",
        "The number of configurations at each budget that have children: the best that were tried there.",
    ),
    Field::of(
        "optimizer.search.DifferentialEvolution.step",
        "a share from 0 to 1",
        "The share of a difference that a step takes. 0.5, as in DEHB.",
    ),
    Field::of(
        "optimizer.search.DifferentialEvolution.crossover",
        "a probability",
        "The probability that a parameter comes from the step and not from the parent. 0.5, as there.",
    ),
    Field::choice("optimizer.search.Random", "Independent draws."),
    Field::of(
        "optimizer.surrogate",
        "a surrogate",
        "The model that predicts the cost of configurations. Automatic: up to 400 results and running trials a Gaussian process learns more from each of them, after that a forest is as good and much faster.",
    ),
    Field::choice(
        "optimizer.surrogate.Automatic",
        "The Gaussian process while there are few results, then the forest.",
    ),
    Field::choice(
        "optimizer.surrogate.Forest",
        "A random forest: fast, and at home with conditions and many categories.",
    ),
    Field::of(
        "optimizer.surrogate.Forest.trees",
        "a whole number",
        "The number of trees; more are smoother and slower. 16: with 32 the search is no better on one rung, and trusts the lower of several too much.",
    ),
    Field::of(
        "optimizer.surrogate.Forest.splitter",
        "Best or Random",
        "The choice of thresholds. Random: smoother, and the trees disagree more where there is no data, which found better configurations on every function tried.",
    ),
    Field::choice(
        "optimizer.surrogate.Forest.splitter.Best",
        "The best gap between two values, at a random threshold in it.",
    ),
    Field::choice(
        "optimizer.surrogate.Forest.splitter.Random",
        "A random threshold between the smallest and the largest value.",
    ),
    Field::of(
        "optimizer.surrogate.Forest.columns",
        "a share from 0 to 1",
        "The share of columns that each split considers. 1: random thresholds make trees differ enough.",
    ),
    Field::of(
        "optimizer.surrogate.Forest.min_split",
        "a whole number",
        "The least number of results in a node that is split. 2, as in SMAC.",
    ),
    Field::of(
        "optimizer.surrogate.Forest.min_leaf",
        "a whole number",
        "The least number of results in a leaf. 1: few trials, none to waste.",
    ),
    Field::of(
        "optimizer.surrogate.Forest.max_depth",
        "a whole number",
        "The greatest depth of a leaf. 1048576: without limit.",
    ),
    Field::of(
        "optimizer.surrogate.Forest.bootstrap",
        "true or false",
        "Gives each tree its own sample with replacement. True: without it, all trees trust a lucky cost.",
    ),
    Field::of(
        "optimizer.surrogate.Forest.uncertainty",
        "Trees or Total",
        "The variance that a forest reports. Trees: the total variance was found to make SMAC worse.",
    ),
    Field::choice("optimizer.surrogate.Forest.uncertainty.Trees", "The variance between the trees' means."),
    Field::choice(
        "optimizer.surrogate.Forest.uncertainty.Total",
        "That and the mean of the variances inside their leaves.",
    ),
    Field::of(
        "optimizer.surrogate.Forest.leaves",
        "Mean or LogMean",
        "The prediction of a leaf. LogMean, as in SMAC, is for targets on the scale Log.",
    ),
    Field::choice("optimizer.surrogate.Forest.leaves.Mean", "The mean of its targets."),
    Field::choice(
        "optimizer.surrogate.Forest.leaves.LogMean",
        "The logarithm of the mean of the targets' exponentials.",
    ),
    Field::choice(
        "optimizer.surrogate.GaussianProcess",
        "A Gaussian process: better where costs are smooth in few numbers and trials are few, much slower after hundreds.",
    ),
    Field::of(
        "optimizer.surrogate.GaussianProcess.samples",
        "a whole number",
        "The number of draws of its hyperparameters over which the acquisition function is averaged. 0: only the most probable ones; 10 draws take a hundred times as long.",
    ),
    Field::of(
        "optimizer.surrogate.GaussianProcess.rows",
        "a whole number",
        "The greatest number of results that it is fitted to; the time of a fit grows with the cube. 400: half a second on one core.",
    ),
    Field::of(
        "optimizer.surrogate.GaussianProcess.optimism",
        "a number, at least 0",
        "The amount by which the cost far from all results is assumed to be below the mean, in standard deviations. 1: with 0 the search settles where it first finds something good.",
    ),
    Field::of(
        "optimizer.surrogate.GaussianProcess.evaluations",
        "a whole number",
        "Evaluations of the marginal likelihood in each search for its maximum. 60: hardly any search takes more.",
    ),
    Field::of(
        "optimizer.acquisition",
        "an acquisition function",
        "The score of a configuration before it is tried: what a trial of it promises. ExpectedImprovement: it needs no setting.",
    ),
    Field::choice(
        "optimizer.acquisition.ExpectedImprovement",
        "The expected improvement; of two objectives that of the hypervolume, of more that of a random scalarization.",
    ),
    Field::stated(
        "optimizer.acquisition.ExpectedImprovement.margin",
        "a number, at least 0",
        "absent",
        "The least improvement that counts, in units of the targets. Absent: 0, except where a Gaussian process learns from several budgets; there 0.3, which shrinks with the results, so that low budgets are not trusted too much.",
    ),
    Field::choice(
        "optimizer.acquisition.ExpectedImprovementPerSecond",
        "The expected improvement divided by the expected duration: of equally promising configurations, the quickest comes first.",
    ),
    Field::stated(
        "optimizer.acquisition.ExpectedImprovementPerSecond.margin",
        "a number, at least 0",
        "absent",
        "As of ExpectedImprovement.",
    ),
    Field::choice(
        "optimizer.acquisition.CostImprovement",
        "The expected improvement of a cost whose logarithm is learnt: for the scale Log, as in SMAC.",
    ),
    Field::stated("optimizer.acquisition.CostImprovement.margin", "a number, at least 0", "0", MARGIN),
    Field::choice(
        "optimizer.acquisition.ProbabilityOfImprovement",
        "The probability of any improvement, which refines what is known.",
    ),
    Field::stated("optimizer.acquisition.ProbabilityOfImprovement.margin", "a number, at least 0", "0", MARGIN),
    Field::choice(
        "optimizer.acquisition.LowerConfidenceBound",
        "The predicted mean minus a number of standard deviations.",
    ),
    Field::stated(
        "optimizer.acquisition.LowerConfidenceBound.deviations",
        "a number, at least 0",
        "absent",
        "That number. Absent: it grows with the results, as in SMAC.",
    ),
    Field::choice(
        "optimizer.acquisition.RandomScalarization",
        "The expected improvement of a weighted maximum of several objectives, with weights drawn for each proposal (ParEGO).",
    ),
    Field::choice(
        "optimizer.acquisition.ThompsonSampling",
        "The minimum of a function drawn from the surrogate's posterior.",
    ),
    Field::of("optimizer.maximizer", "settings", "The search for the configuration with the best score."),
    Field::of(
        "optimizer.maximizer.candidates",
        "a whole number",
        "The number of configurations that are drawn at random. 600: the local search does the rest.",
    ),
    Field::of(
        "optimizer.maximizer.starts",
        "a whole number",
        "The number of those, and of the best that were tried, that a local search starts from. 10, as in SMAC.",
    ),
    Field::of(
        "optimizer.maximizer.neighbors",
        "a whole number",
        "The number of neighbours that a local search scores before it moves to the best of them. 10: moving early finds more with as many scores than scoring all.",
    ),
    Field::of(
        "optimizer.maximizer.steps",
        "a whole number",
        "The most moves of a local search. 20: most stop after a few.",
    ),
    Field::of(
        "optimizer.maximizer.climbs",
        "a whole number",
        "The greatest number of gradients in the ascent from the end of each local search; a forest has none. 40: most ascents take fewer.",
    ),
];
