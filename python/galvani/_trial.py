"""Trials of a study, and what a function returns about them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional, Protocol, Sequence, Union

from ._errors import GalvaniError, SpaceError

#: A value of a hyperparameter.
Value = Union[float, int, str, bool, None]


class Host(Protocol):
    """The place that a trial reports to."""

    def report(self, trial: "Trial", cost: float, budget: float) -> bool:
        """Records a cost on the way; true where the trial should be ended."""

    def parameters(self) -> dict[str, dict[str, Any]]:
        """The declarations of the search space, as `galvani check --format json` prints them."""


@dataclasses.dataclass(frozen=True)
class Trial:
    """A configuration to evaluate with a budget.

    Attributes:
        number: the number of the trial, from 1.
        config: the values of the active hyperparameters.
        budget: the effort of this trial, in the unit of the experiment; a trial that goes on from its checkpoint has spent
            a part of it.
        seed: the seed of whatever the trial draws at random.
        configuration: the number of the configuration, which all of its trials share.
        instance: the name of the instance, in racing; else None.
        micro_batch_divisor: the number of pieces that a batch should be divided into, after a device had no memory left.
    """

    number: int
    config: Mapping[str, Value]
    budget: float
    seed: int
    configuration: int
    instance: Optional[str] = None
    micro_batch_divisor: int = 1
    _checkpoints: Path = dataclasses.field(default=Path("checkpoints"), repr=False, compare=False)
    _host: Optional[Host] = dataclasses.field(default=None, repr=False, compare=False)

    def __getitem__(self, name: str) -> Value:
        return self.config[name]

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy in another process knows its values, but not the study.
        values = [getattr(self, field.name) for field in dataclasses.fields(self) if field.name != "_host"]
        return Trial, tuple(values)

    @property
    def checkpoint(self) -> Path:
        """The folder that the trials of this configuration save to and go on from; made when it is asked for."""
        folder = self._checkpoints / f"{self.configuration:06}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def report(self, cost: float, budget: float) -> bool:
        """Records the cost after a part of the budget. True where the trial should be ended: raise :class:`Pruned`.

        It is never true unless the experiment has `optimizer: (pruning: ...)`.
        """
        if self._host is None:
            raise GalvaniError("this copy of a trial has nowhere to report to", "report in the function that got the trial")
        return self._host.report(self, number(cost, "cost"), number(budget, "budget"))

    def suggest_float(
        self, name: str, low: float, high: float, *, step: Optional[float] = None, log: bool = False
    ) -> float:
        """The value of a real hyperparameter, in the manner of Optuna. The search space declares it; a range other than the
        declared one is a :class:`SpaceError`."""
        value = self._suggested(name, {"float"}, min=low, max=high, log=log, step=step)
        assert isinstance(value, (int, float))
        return float(value)

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """The value of a whole hyperparameter, as :meth:`suggest_float`."""
        value = self._suggested(name, {"integer"}, min=low, max=high, log=log, step=None if step == 1 else step)
        assert isinstance(value, (int, float))
        return int(value)

    def suggest_categorical(self, name: str, choices: Sequence[Value]) -> Value:
        """The value of a categorical, ordinal or boolean hyperparameter, as :meth:`suggest_float`."""
        return self._suggested(name, {"categorical", "ordinal", "boolean"}, choices=list(choices))

    def _suggested(self, name: str, kinds: set[str], **wanted: Any) -> Value:
        parameters = self._host.parameters() if self._host else {}
        declared = parameters.get(name)
        if declared is None:
            known = ", ".join(f"`{each}`" for each in parameters)
            raise SpaceError(f"the search space has no hyperparameter `{name}`", f"it has {known}")
        if declared["type"] not in kinds:
            raise SpaceError(f"`{name}` is declared as {declared['type']}, not as {' or '.join(sorted(kinds))}")
        if declared["type"] == "boolean":
            declared = {**declared, "choices": [False, True]}
            wanted["choices"] = sorted(wanted["choices"], key=bool)
        for key, value in wanted.items():
            if declared.get(key) != value and not (value is None and key not in declared):
                raise SpaceError(
                    f"`{name}` is declared with {key} {declared.get(key)!r}, not {value!r}",
                    "the range stands in the search space; change it there",
                )
        if name not in self.config:
            condition = declared.get("condition")
            raise SpaceError(
                f"`{name}` is not active in trial {self.number}",
                f"it is active where {condition}; ask for it there only" if condition else None,
            )
        return self.config[name]


@dataclasses.dataclass(frozen=True)
class Result:
    """The end of a trial.

    A function may return one, or a number, which is the cost, or a mapping as a program prints it: `cost` or `costs`, and
    numbers under names of their own.

    Attributes:
        cost: the cost; None where the trial failed, or has `costs`. One that is not finite means that the trial diverged.
        costs: a cost for each of several objectives.
        info: values beside the cost, such as an accuracy, which are kept and listed.
        outcome: the way in which the trial failed, such as `crashed`; None for a success.
        message: the reason of a crash.
        seconds: the seconds that it took; None: the time since it was asked for.
    """

    cost: Optional[float] = None
    costs: Optional[Mapping[str, float]] = None
    info: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    outcome: Optional[str] = None
    message: Optional[str] = None
    seconds: Optional[float] = None

    @staticmethod
    def of(returned: Any) -> "Result":
        """The result that a function returned.

        Raises:
            GalvaniError: it returned something else.
        """
        if isinstance(returned, Result):
            return returned
        if isinstance(returned, Mapping):
            if "cost" not in returned and "costs" not in returned:
                names = ", ".join(f"`{name}`" for name in returned) or "nothing"
                raise GalvaniError(f"the function returned a mapping without `cost` or `costs`: it has {names}")
            rest = {name: value for name, value in returned.items() if name not in ("cost", "costs", "info")}
            info = {**dict(returned.get("info", {})), **rest}
            cost = returned.get("cost")
            costs = returned.get("costs")
            return Result(
                cost=None if cost is None and costs is not None else number(cost, "cost"),
                costs=None if costs is None else {name: number(each, name) for name, each in costs.items()},
                info=info,
            )
        return Result(cost=number(returned, "cost"))

    def fields(self) -> dict[str, Any]:
        """The fields of the request `tell`."""
        told: dict[str, Any] = {}
        if self.outcome is not None:
            told["outcome"] = self.outcome
            if self.message is not None:
                told["message"] = self.message
        elif self.costs is not None:
            told["costs"] = {name: finite(cost) for name, cost in self.costs.items()}
        else:
            told["cost"] = None if self.cost is None else finite(self.cost)
        if self.seconds is not None:
            told["seconds"] = self.seconds
        if self.info:
            told["info"] = dict(self.info)
        return told


def number(value: Any, name: str) -> float:
    """A number of this or another library, such as one of NumPy's or a tensor with one element.

    Raises:
        GalvaniError: it is no number.
    """
    if isinstance(value, (str, bytes, bool)) or value is None:
        raise GalvaniError(f"`{name}` must be a number, not {value!r}")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise GalvaniError(f"`{name}` must be a number, not {value!r}", "return the cost of the trial") from None


def finite(value: float) -> Optional[float]:
    """The number, or None for one that is not finite, which JSON has no word for."""
    return value if math.isfinite(value) else None
