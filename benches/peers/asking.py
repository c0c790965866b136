#!/usr/bin/env python3
"""What an ask costs SMAC3 and Optuna: processor time of all threads at 1,000 told trials, and the peak memory.

    asking.py smac|optuna [--trials 1000] [--asks 16]

Random trials of the space of `benches/asking.rs` are told first; then proposals are asked for, each told back. Prints
[mean ms of an ask, peak MB] as JSON. Tested with smac 2.4.1 and optuna 5.0.0.
"""
import argparse
import json
import logging
import os
import random
import resource
import tempfile
import time
import warnings

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
warnings.filterwarnings("ignore")

FLOATS = {"a": (0, 1, False), "b": (0, 1, False), "c": (1e-4, 1, True), "d": (1e-4, 1, True), "e": (0, 1, False)}
INTEGERS = {"f": (1, 64, True), "g": (1, 9, False)}
ORDINALS = {"h": [16, 32, 64, 128]}
CATEGORICALS = {"k": ["x", "y", "z", "w"], "l": ["x", "y"]}


def cost(config):
    import math

    place = lambda value, low, high, log: (math.log(value / low) / math.log(high / low)) if log else (value - low) / (high - low)
    row = [place(config[name], *range_) for name, range_ in (FLOATS | INTEGERS).items()]
    row += [values.index(config[name]) / (len(values) - 1) for name, values in ORDINALS.items()]
    row += [values.index(config[name]) for name, values in CATEGORICALS.items()]
    return sum((x - 0.07 * index) ** 2 for index, x in enumerate(row))


def smac(trials, asks):
    import smac as package
    from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer
    from smac.initial_design import RandomInitialDesign
    from smac.runhistory import TrialInfo, TrialValue

    space = ConfigurationSpace(seed=0)
    space.add(*[Float(name, (low, high), log=log) for name, (low, high, log) in FLOATS.items()])
    space.add(*[Integer(name, (low, high), log=log) for name, (low, high, log) in INTEGERS.items()])
    space.add(*[Categorical(name, values, ordered=True) for name, values in ORDINALS.items()])
    space.add(*[Categorical(name, values) for name, values in CATEGORICALS.items()])
    folder = tempfile.mkdtemp(prefix="smac_")
    scenario = package.Scenario(space, deterministic=True, n_trials=100 * trials, seed=0, output_directory=folder)
    optimizer = package.HyperparameterOptimizationFacade(
        scenario, lambda config, seed=0: 0.0, overwrite=True, logging_level=logging.ERROR,
        initial_design=RandomInitialDesign(scenario, n_configs=0))
    for config in space.sample_configuration(trials):
        optimizer.tell(TrialInfo(config, seed=0), TrialValue(cost=cost(dict(config)), time=1.0), save=False)
    times = []
    for _ in range(asks):
        begun = time.process_time()
        info = optimizer.ask()
        times.append(time.process_time() - begun)
        optimizer.tell(info, TrialValue(cost=cost(dict(info.config)), time=1.0), save=False)
    return times


def optuna(trials, asks):
    import optuna as package
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    package.logging.set_verbosity(package.logging.ERROR)
    space = {name: FloatDistribution(low, high, log=log) for name, (low, high, log) in FLOATS.items()}
    space |= {name: IntDistribution(low, high, log=log) for name, (low, high, log) in INTEGERS.items()}
    space |= {name: CategoricalDistribution(values) for name, values in (ORDINALS | CATEGORICALS).items()}
    study = package.create_study(sampler=package.samplers.TPESampler(seed=0))
    draw = random.Random(1)

    def sample(distribution):
        if isinstance(distribution, CategoricalDistribution):
            return draw.choice(distribution.choices)
        low, high = distribution.low, distribution.high
        value = low * (high / low) ** draw.random() if distribution.log else low + (high - low) * draw.random()
        return round(value) if isinstance(distribution, IntDistribution) else value

    for _ in range(trials):
        config = {name: sample(distribution) for name, distribution in space.items()}
        study.add_trial(package.trial.create_trial(params=config, distributions=space, value=cost(config)))
    times = []
    for _ in range(asks):
        begun = time.process_time()
        trial = study.ask(space)
        times.append(time.process_time() - begun)
        study.tell(trial, cost(trial.params))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("peer", choices=["smac", "optuna"])
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--asks", type=int, default=16)
    arguments = parser.parse_args()
    times = {"smac": smac, "optuna": optuna}[arguments.peer](arguments.trials, arguments.asks)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps([1e3 * sum(times) / len(times), memory]))


if __name__ == "__main__":
    main()
