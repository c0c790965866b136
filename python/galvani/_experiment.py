"""Experiments that are declared in Python, and written as the file that the binary reads."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional, Union

from ._errors import GalvaniError
from ._trial import Value


@dataclasses.dataclass(frozen=True)
class Raw:
    """A text that goes into the experiment's file as it is, such as `Raw("Hyperband")`."""

    text: str


@dataclasses.dataclass(frozen=True)
class Float:
    """A real number in a range, both ends included. `log` searches orders of magnitude evenly; with `step` only `min`,
    `min + step`, ... are tried."""

    min: float
    max: float
    log: bool = False
    step: Optional[float] = None
    default: Optional[float] = None
    description: Optional[str] = None
    unit: Optional[str] = None


@dataclasses.dataclass(frozen=True)
class Integer:
    """A whole number in a range, both ends included."""

    min: int
    max: int
    log: bool = False
    step: Optional[int] = None
    default: Optional[int] = None
    description: Optional[str] = None
    unit: Optional[str] = None


@dataclasses.dataclass(frozen=True)
class Ordinal:
    """One of several values in an order, the smallest first."""

    values: Sequence[Value]
    default: Value = None
    description: Optional[str] = None
    unit: Optional[str] = None


@dataclasses.dataclass(frozen=True)
class Categorical:
    """One of several values without an order. `weights` are their relative probabilities in random draws."""

    choices: Sequence[Value]
    weights: Optional[Sequence[float]] = None
    default: Value = None
    description: Optional[str] = None
    unit: Optional[str] = None


@dataclasses.dataclass(frozen=True)
class Boolean:
    """True or false."""

    default: Optional[bool] = None
    description: Optional[str] = None


@dataclasses.dataclass(frozen=True)
class Constant:
    """A value that trials get and that is not searched."""

    value: Value
    description: Optional[str] = None
    unit: Optional[str] = None


Parameter = Union[Float, Integer, Ordinal, Categorical, Boolean, Constant]


@dataclasses.dataclass(frozen=True)
class Budget:
    """The budgets of trials: from `min` to `max`, in steps of a factor `eta`."""

    min: float
    max: float
    eta: int = 3
    unit: Optional[str] = None


@dataclasses.dataclass(frozen=True)
class Experiment:
    """An experiment, as `galvani explain` describes its file.

    Attributes:
        name: the name of the run, which is that of its folder.
        parameters: the hyperparameters by name.
        conditions: the expression under which a hyperparameter is active, such as `{"momentum": "optimizer == 'sgd'"}`.
        forbidden: combinations that are never tried, such as `["width % heads != 0"]`.
        budget: the budgets of trials; None: every trial is a full evaluation.
        maximize: True where the value that trials report is to be maximized.
        objectives: the names of several values, or a mapping from names to `"minimize"` or `"maximize"`.
        stop: limits of the run, such as `{"trials": 60, "wall_clock": "2h"}`.
        workers: the number of trials at a time that the default optimizer expects.
        optimizer: settings of the optimizer, such as `{"intensifier": Raw("Hyperband")}`.
        seed: the seed of everything that is drawn at random.
    """

    name: str
    parameters: Mapping[str, Parameter]
    conditions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    forbidden: Sequence[str] = ()
    budget: Optional[Budget] = None
    maximize: bool = False
    objectives: Union[Sequence[str], Mapping[str, str], None] = None
    stop: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    workers: int = 1
    optimizer: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    seed: int = 0

    def text(self) -> str:
        """The text of the experiment's file, in RON."""
        lines = ["(", f"    name: {ron(self.name)},", "    search_space: ("]
        lines.append(f"        name: {ron(self.name)},")
        lines.append("        parameters: {")
        for name, parameter in self.parameters.items():
            lines.append(f"            {ron(name)}: {type(parameter).__name__}{_struct(_given(parameter))},")
        lines.append("        },")
        if self.conditions:
            lines.append(f"        conditions: {_map(self.conditions)},")
        if self.forbidden:
            lines.append(f"        forbidden: {ron(list(self.forbidden))},")
        lines.append("    ),")
        if self.objectives is not None:
            lines.append(f"    objectives: {self._directions()},")
        elif self.maximize:
            lines.append("    objective: Maximize,")
        if self.budget is not None:
            lines.append(f"    budget: {_struct(_given(self.budget))},")
        if self.optimizer:
            lines.append(f"    optimizer: {_struct(self.optimizer)},")
        lines.append(f"    executor: Process(workers: {ron(self.workers)}),")
        if self.stop:
            lines.append(f"    stop: {_struct(self.stop)},")
        lines += [f"    seed: {ron(self.seed)},", ")"]
        return "\n".join(lines) + "\n"

    def _directions(self) -> str:
        if not isinstance(self.objectives, Mapping):
            return ron(list(self.objectives or ()))
        return _map({name: Raw(direction.capitalize()) for name, direction in self.objectives.items()})

    def write(self, path: Union[str, "os.PathLike[str]"]) -> Path:
        """Writes the file, as a whole or not at all, and returns its path."""
        path = Path(path)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.write_text(self.text(), encoding="utf-8")
        os.replace(draft, path)
        return path


def _given(declared: Any) -> dict[str, Any]:
    """The fields that differ from what the binary takes by default."""
    fields = {field.name: getattr(declared, field.name) for field in dataclasses.fields(declared)}
    # None is a value of a constant, and elsewhere a field that is absent.
    kept = isinstance(declared, Constant)
    return {
        name: value
        for name, value in fields.items()
        if not (value is None and not (kept and name == "value")) and not (name == "log" and value is False)
    }


_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def _struct(fields: Mapping[str, Any]) -> str:
    for name in fields:
        if not _WORD.match(name):
            raise GalvaniError(f"`{name}` is not the name of a field")
    return "(" + ", ".join(f"{name}: {ron(value)}" for name, value in fields.items()) + ")"


def _map(entries: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{ron(name)}: {ron(value)}" for name, value in entries.items()) + "}"


def ron(value: Any) -> str:
    """A value in RON; a mapping is a structure with its keys as fields."""
    if isinstance(value, Raw):
        return value.text
    if value is None:
        return "None"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # RON writes strings as JSON does, but for the escapes of characters by number.
        return re.sub(r"\\u([0-9a-f]{4})", r"\\u{\1}", json.dumps(value, ensure_ascii=False))
    if isinstance(value, Mapping):
        return _struct(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(ron(each) for each in value) + "]"
    if hasattr(value, "item"):
        return ron(value.item())
    if isinstance(value, (int, float)):
        if not math.isfinite(value):
            raise GalvaniError(f"an experiment's file cannot hold the number {value}")
        return repr(value)
    raise GalvaniError(f"an experiment's file cannot hold {value!r}", "write its text as galvani.Raw(\"...\")")
