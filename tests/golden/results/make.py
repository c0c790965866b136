"""Writes run histories as one version of SMAC writes them: `python make.py`, with that version installed.

The files here are of 1.4.0, 2.2.0 and 2.4.1. SMAC reads 36 trials of each back, of which 27 are successes.
"""
import importlib.metadata
import inspect
import pathlib
import random

from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, Integer
from smac.runhistory.runhistory import RunHistory

try:
    from smac.runhistory.enumerations import StatusType
except ImportError:
    from smac.tae import StatusType

version = importlib.metadata.version("smac")
space = ConfigurationSpace(seed=1)
kind = Categorical("kind", ["plain", "rough"])
momentum = Float("momentum", (0.0, 0.99))
space.add([Float("opt:rate", (1e-4, 1e-1), log=True), Integer("width", (16, 256)), kind, momentum])
space.add(EqualsCondition(momentum, kind, "rough"))
draw = random.Random(1)
for name, objectives, budgets in [("budgets", 1, [1.0, 3.0, 9.0]), ("objectives", 2, [None])]:
    history = RunHistory()
    for index, configuration in enumerate(space.sample_configuration(12 if budgets[0] else 36)):
        for budget in budgets:
            costs = [round(10 * draw.random(), 3) for _ in range(objectives)]
            status = StatusType.SUCCESS
            if index % 4 == 3:
                costs = [float("inf")] * objectives
                status = StatusType.CRASHED if index % 8 == 3 else StatusType.TIMEOUT
            fields = dict(config=configuration, cost=costs if objectives > 1 else costs[0], time=1.5, status=status, seed=index % 2,
                          starttime=1e9 + index, endtime=1e9 + index + 1.5, additional_info={})
            if budget is not None or version < "2":
                fields["budget"] = budget or 0.0
            if "cpu_time" in inspect.signature(history.add).parameters:
                fields["cpu_time"] = 1.0
            history.add(**fields)
    path = pathlib.Path(__file__).parent / f"smac-{version}-{name}.json"
    history.save(path) if hasattr(history, "save") else history.save_json(str(path))
    again = RunHistory()
    again.load(path, space) if hasattr(again, "load") else again.load_json(str(path), space)
    trials = list((again._data if hasattr(again, "_data") else again.data).values())
    print(path.name, len(trials), sum(trial.status == StatusType.SUCCESS for trial in trials))
