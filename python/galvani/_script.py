"""Trials of scripts that `galvani run` starts.

A script gets its trial in variables of its environment, and answers with lines of JSON on its standard output.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Iterator, Optional

from ._errors import GalvaniError
from ._trial import Result, Value, finite, number


@dataclasses.dataclass(frozen=True)
class ScriptTrial:
    """The trial that this script was started for.

    Attributes:
        config: the values of the active hyperparameters.
        budget: the effort of this trial, in the unit of the experiment, counted from the very beginning: a trial that goes on
            from its checkpoint has spent a part of it.
        seed: the seed of whatever the script draws at random.
        checkpoint: the folder that the trials of this configuration save to and go on from. It exists.
        folder: the folder of this trial, for whatever else the script writes.
        instance: the name of the instance, in racing; else None.
        micro_batch_divisor: the number of pieces that a batch should be divided into, after a device had no memory left.
        number: the number of the trial, in a script that runs several; else None.
    """

    config: Mapping[str, Value]
    budget: float
    seed: int
    checkpoint: Path
    folder: Optional[Path] = None
    instance: Optional[str] = None
    micro_batch_divisor: int = 1
    number: Optional[int] = None

    def __getitem__(self, name: str) -> Value:
        return self.config[name]

    def report(self, cost: Any, budget: float, **values: Any) -> None:
        """Reports a cost, or a mapping of costs, after a part of the budget, and values beside it such as an accuracy.

        With `optimizer: (pruning: ...)`, galvani ends a trial that falls behind.
        """
        self._say({**_costs(cost), "budget": number(budget, "budget"), "intermediate": True, **_beside(values)})

    def progress(self, share: float) -> None:
        """Reports the share of the trial that is done, from 0 to 1."""
        self._say({"progress": number(share, "share")})

    def finish(self, cost: Any, **values: Any) -> None:
        """Reports the result: a cost, or a mapping from the names of several objectives to costs, and values beside it."""
        self._say({**_costs(cost), **_beside(values)})

    def fail(self, message: str = "", outcome: str = "crashed") -> None:
        """Reports a failure that the script has recognized: `crashed`, `diverged`, `out_of_memory`, `out_of_device_memory`
        or `transient`, which is tried again."""
        self._say({"outcome": outcome, "message": message})

    def _say(self, fields: dict[str, Any]) -> None:
        if self.number is not None:
            fields = {"trial": self.number, **fields}
        # One write at once: a line of another thread must not come between.
        sys.stdout.write(json.dumps(fields, default=str) + "\n")
        sys.stdout.flush()


def _costs(cost: Any) -> dict[str, Any]:
    if isinstance(cost, Mapping):
        return {"costs": {name: finite(number(each, name)) for name, each in cost.items()}}
    return {"cost": finite(number(cost, "cost"))}


def _beside(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"info": Result(info={name: _plain(value) for name, value in values.items()}).info} if values else {}


def _plain(value: Any) -> Any:
    convert = getattr(value, "item", None)
    return convert() if callable(convert) else value


def trial(
    config: Optional[Mapping[str, Value]] = None, *, budget: float = 1.0, seed: int = 0, checkpoint: str = "checkpoint"
) -> ScriptTrial:
    """Returns the trial that `galvani run` has started this script for.

    A script that is started by hand gets the arguments instead, if `config` is given: so it can be tried.

    Raises:
        GalvaniError: the script was started by hand, and there is no `config`.
    """
    environment = os.environ
    if "GALVANI_CONFIG" not in environment:
        if config is None:
            raise GalvaniError(
                "this script was not started by `galvani run`: there is no variable `GALVANI_CONFIG`",
                "give a configuration to try it by hand: galvani.trial({...}, budget=1)",
            )
        folder = Path(checkpoint)
        folder.mkdir(parents=True, exist_ok=True)
        return ScriptTrial(config=dict(config), budget=budget, seed=seed, checkpoint=folder)
    with open(environment["GALVANI_CONFIG"], encoding="utf-8") as file:
        read = json.load(file)
    return ScriptTrial(
        config=read,
        budget=_amount(environment["GALVANI_BUDGET"]),
        seed=int(environment["GALVANI_SEED"]),
        checkpoint=Path(environment["GALVANI_CHECKPOINT"]),
        folder=Path(environment["GALVANI_TRIAL_DIR"]),
        instance=environment.get("GALVANI_INSTANCE") or None,
        micro_batch_divisor=int(environment.get("GALVANI_MICRO_BATCH_DIVISOR") or 1),
    )


def trials() -> Iterator[ScriptTrial]:
    """Yields the trials of a script with `mode: Persistent`, which runs one after another. Each must be finished, or fail,
    before the next."""
    for line in sys.stdin:
        request = json.loads(line)
        yield ScriptTrial(
            config=request["config"],
            budget=_amount(request["budget"]),
            seed=request["seed"],
            checkpoint=Path(request["checkpoint"]),
            folder=Path(request["trial_dir"]) if "trial_dir" in request else None,
            instance=request.get("instance"),
            micro_batch_divisor=request.get("micro_batch_divisor", 1),
            number=request["trial"],
        )


def _amount(budget: Any) -> float:
    """A budget: an int where it is whole, so that it can be a number of epochs."""
    amount = float(budget)
    return int(amount) if amount.is_integer() else amount
