# Writes the folder of a run of SMAC3 2.4.1 with ConfigSpace 1.2.2: three budgets, a condition, a forbidden pair, failures.
from ConfigSpace import ConfigurationSpace, Float, Integer, Categorical, EqualsCondition, ForbiddenEqualsClause, ForbiddenAndConjunction
from smac import MultiFidelityFacade, Scenario
import math
cs = ConfigurationSpace(seed=1, name="net")
x = Float("learning_rate", (1e-5, 1e-1), log=True, default=1e-3)
n = Integer("layers", (1, 5), default=2)
k = Categorical("optimizer", ["adam", "sgd"], default="adam")
m = Float("momentum", (0.0, 1.0), default=0.5)
cs.add(x, n, k, m); cs.add(EqualsCondition(m, k, "sgd"))
cs.add(ForbiddenAndConjunction(ForbiddenEqualsClause(n, 5), ForbiddenEqualsClause(k, "sgd")))
def f(config, seed, budget):
    if config["learning_rate"] > 5e-2: raise ValueError("diverged")
    c = (math.log10(config["learning_rate"]) + 2.5) ** 2 + 0.2 * config["layers"] + (0.5 * abs(config["momentum"] - 0.9) if config["optimizer"] == "sgd" else 0.3)
    return c + 1.0 / budget
s = Scenario(cs, name="smac_run", output_directory="smacout", deterministic=True, n_trials=60, min_budget=1, max_budget=9, seed=3)
MultiFidelityFacade(s, f, overwrite=True).optimize()
