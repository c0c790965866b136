"""Makes the fixtures of tests/exchange.rs with ConfigSpace 1.2: `python make.py` in this folder.

Each *.cases.json holds a space as ConfigSpace writes it, configurations that ConfigSpace drew, the same with one value
exchanged for another, and whether ConfigSpace's check accepts them. Its sampler does not always agree with its check: it
draws configurations that a forbidden OR forbids, and so the check decides. `svm`, `mlp` and `priors` are the spaces of
SMAC3's examples of the same subject; `rules` has every kind of condition and clause.
"""
import json
import warnings

import numpy as np

warnings.filterwarnings("ignore")
from ConfigSpace import *
from ConfigSpace.read_and_write import pcs_new


def svm():
    space = ConfigurationSpace(name="svm", seed=0)
    kernel = Categorical("kernel", ["linear", "poly", "rbf", "sigmoid"], default="poly")
    gamma = Categorical("gamma", ["auto", "value"], default="auto")
    space.add(
        kernel,
        gamma,
        Float("C", (0.001, 1000.0), default=1.0, log=True),
        Categorical("shrinking", [True, False], default=True),
        Integer("degree", (1, 5), default=3),
        Float("coef0", (0.0, 10.0), default=0.0),
        Float("gamma_value", (0.0001, 8.0), default=1.0, log=True),
    )
    space.add(
        InCondition(space["degree"], kernel, ["poly"]),
        InCondition(space["coef0"], kernel, ["poly", "sigmoid"]),
        InCondition(gamma, kernel, ["rbf", "poly", "sigmoid"]),
        InCondition(space["gamma_value"], gamma, ["value"]),
    )
    return space


def mlp():
    space = ConfigurationSpace(name="mlp", seed=0)
    solver = Categorical("solver", ["lbfgs", "sgd", "adam"], default="adam")
    space.add(
        solver,
        Integer("n_layer", (1, 5), default=1),
        Integer("n_neurons", (8, 256), log=True, default=10),
        Categorical("activation", ["logistic", "tanh", "relu"], default="tanh"),
        Integer("batch_size", (30, 300), default=200),
        Categorical("learning_rate", ["constant", "invscaling", "adaptive"], default="constant"),
        Float("learning_rate_init", (1e-4, 1.0), default=1e-3, log=True),
    )
    space.add(
        EqualsCondition(space["learning_rate"], solver, "sgd"),
        InCondition(space["batch_size"], solver, ["sgd", "adam"]),
        InCondition(space["learning_rate_init"], solver, ["sgd", "adam"]),
    )
    return space


def priors():
    space = ConfigurationSpace(name="priors", seed=0)
    space.add(
        UniformIntegerHyperparameter("n_layer", 1, 5),
        BetaIntegerHyperparameter("n_neurons", lower=8, upper=256, alpha=4, beta=2, log=True),
        CategoricalHyperparameter("activation", ["logistic", "tanh", "relu"], weights=[1, 1, 3], default_value="relu"),
        NormalFloatHyperparameter("learning_rate_init", lower=1e-5, upper=1.0, mu=1e-3, sigma=10, log=True),
        NormalIntegerHyperparameter("epochs", mu=20, sigma=5, lower=1, upper=50),
        BetaFloatHyperparameter("dropout", alpha=3, beta=2, lower=0, upper=0.5),
        Constant("loss", "mse"),
    )
    return space


def rules():
    space = ConfigurationSpace(name="rules", seed=0)
    a, b, e = Integer("a", (1, 10), default=2), Float("b", (0.0, 1.0), default=0.5), Float("e", (0.0, 1.0), default=0.7)
    c, f = Categorical("c", ["x", "y", "z"]), Categorical("f", [True, False])
    o, i = OrdinalHyperparameter("o", ["small", "medium", "large"]), OrdinalHyperparameter("i", [8, 16, 32])
    d, g, h = Integer("d", (1, 10)), Integer("g", (1, 1000), log=True), Float("h", (0.0, 1.0))
    space.add(a, b, c, o, d, e, f, g, h, i)
    nested = AndConjunction(EqualsCondition(d, c, "x"), GreaterThanCondition(d, a, 3))
    space.add(OrConjunction(nested, InCondition(d, o, ["medium", "large"])))
    space.add(NotEqualsCondition(g, c, "z"), LessThanCondition(h, o, "large"))
    both = ForbiddenAndConjunction
    space.add(
        both(ForbiddenEqualsClause(c, "y"), ForbiddenInClause(o, ["small", "large"])),
        ForbiddenGreaterThanRelation(b, e),
        ForbiddenGreaterThanClause(a, 9),
        ForbiddenOrConjunction(
            both(ForbiddenEqualsClause(f, False), ForbiddenLessThanEqualsClause(h, 0.2)),
            both(ForbiddenEqualsClause(i, 32), ForbiddenGreaterThanEqualsClause(g, 500)),
        ),
    )
    return space


def plain(value):
    return value.item() if hasattr(value, "item") else value


def is_legal(space, values):
    try:
        Configuration(space, values=values).check_valid_configuration()
        return True
    except Exception:
        return False


generator = np.random.RandomState(1)
for make in (svm, mlp, priors, rules):
    space = make()
    cases = []
    for configuration in space.sample_configuration(40):
        values = {name: plain(value) for name, value in dict(configuration).items()}
        other = dict(values)
        exchanged = str(generator.choice(list(space)))
        other[exchanged] = plain(space[exchanged].sample_value(seed=generator))
        cases += [[values, is_legal(space, values)], [other, is_legal(space, other)]]
    space.to_json("space.json")
    with open("space.json") as file:
        json_space = json.load(file)
    with open(f"{make.__name__}.cases.json", "w") as file:
        json.dump({"space": json_space, "cases": cases}, file)
    print(make.__name__, sum(legal for _, legal in cases), "of", len(cases), "legal")
    if make is svm:
        with open("svm.pcs", "w") as file:
            file.write(pcs_new.write(space))
