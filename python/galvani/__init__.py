"""Hyperparameter optimization with the `galvani` binary, from Python.

A program that evaluates configurations itself uses a :class:`Study`::

    import galvani

    with galvani.Study("mine.ron") as study:
        study.optimize(train, workers=4)
        print(study.best())

A script that `galvani run` started asks for its trial::

    trial = galvani.trial()
    trial.finish(train(trial.config, trial.budget, trial.seed))

The package needs nothing but the standard library and the binary.
"""

from ._binary import binary
from ._errors import (
    BinaryNotFoundError,
    ExperimentError,
    GalvaniError,
    Pruned,
    RefusedError,
    ServerError,
    SpaceError,
    TrialsFailedError,
)
from ._experiment import (
    Boolean,
    Budget,
    Categorical,
    Constant,
    Experiment,
    Float,
    Integer,
    Ordinal,
    Raw,
)
from ._script import ScriptTrial, trial, trials
from ._study import Best, Study
from ._trial import Result, Trial

__all__ = [
    "Best",
    "BinaryNotFoundError",
    "Boolean",
    "Budget",
    "Categorical",
    "Constant",
    "Experiment",
    "ExperimentError",
    "Float",
    "GalvaniError",
    "Integer",
    "Ordinal",
    "Pruned",
    "Raw",
    "RefusedError",
    "Result",
    "ScriptTrial",
    "ServerError",
    "SpaceError",
    "Study",
    "Trial",
    "TrialsFailedError",
    "binary",
    "trial",
    "trials",
]
