"""Studies: galvani proposes trials, and this program runs them."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable, Iterator, List, Optional, Union

from ._binary import binary as find_binary
from ._errors import ExperimentError, GalvaniError, RefusedError, parsed
from ._experiment import Experiment
from ._optimize import run_here
from ._pool import run_in_processes
from ._server import Server
from ._trial import Result, Trial, Value

#: What a function may return: a cost, a mapping with `cost` or `costs`, or a :class:`Result`.
Returned = Union[float, Mapping[str, Any], Result]


@dataclasses.dataclass(frozen=True)
class Best:
    """The configuration that a study recommends, or a member of its front.

    Attributes:
        config: the values of its active hyperparameters.
        cost: its cost; None where there are several objectives.
        costs: a cost for each of several objectives; else empty.
        budget: the budget at which the cost was measured.
        trial: the number of that trial.
        default_cost: the cost of the default configuration at the same budget, if it is known.
        details: all that the binary answered, such as the cost that is expected at the full budget.
    """

    config: Mapping[str, Value]
    cost: Optional[float]
    costs: Mapping[str, float]
    budget: float
    trial: int
    default_cost: Optional[float]
    details: Mapping[str, Any] = dataclasses.field(repr=False)

    @staticmethod
    def _of(answer: Mapping[str, Any]) -> "Best":
        return Best(
            config=answer["config"],
            cost=answer.get("cost"),
            costs=answer.get("costs", {}),
            budget=answer["budget"],
            trial=answer["trial"],
            default_cost=answer.get("default_cost"),
            details=answer,
        )


class Study:
    """An experiment whose trials this program runs.

    All that was told is kept in `directory`/NAME: opened again, a study goes on where it was, and `galvani status`, `trials`,
    `best`, `report` and `serve` read it, also while it goes on.

    Args:
        experiment: the path of an experiment's file, whose task is not used, or an :class:`Experiment`.
        directory: the folder of all runs.
        binary: the path of the binary; None finds it as :func:`galvani.binary` does.
        timeout: the seconds after which an answer is late, and the binary is started again; None: never. An answer takes
            milliseconds, or seconds where the study has thousands of trials.
        restarts: the number of times that the binary is started again for one request.

    Raises:
        BinaryNotFoundError: there is no binary.
        ExperimentError: the experiment is wrong, or another process serves it.
    """

    def __init__(
        self,
        experiment: Union[str, "os.PathLike[str]", Experiment],
        *,
        directory: Union[str, "os.PathLike[str]"] = "runs",
        binary: Optional[Union[str, "os.PathLike[str]"]] = None,
        timeout: Optional[float] = 300.0,
        restarts: int = 3,
    ) -> None:
        self._binary = find_binary(binary)
        runs = Path(directory)
        if isinstance(experiment, Experiment):
            runs.mkdir(parents=True, exist_ok=True)
            experiment = experiment.write(runs / f"{experiment.name}.ron")
        self.file = Path(experiment)
        self._checked = self._check()
        #: The name of the experiment.
        self.name = str(self._checked["name"])
        #: The folder of the run.
        self.folder = runs / self.name
        #: The reason why no trial will follow; None as long as some may.
        self.done: Optional[str] = None
        self._open: dict[int, Trial] = {}
        command = [self._binary, "ask-tell", os.fspath(self.file), "--dir", os.fspath(runs)]
        self._server = Server(command, timeout, restarts)
        try:
            # Whatever is wrong with the run shows at the first request.
            self._answer_to_best()
        except BaseException:
            self._server.close()
            raise

    def _check(self) -> dict[str, Any]:
        """What `galvani check` prints about the file: its name and its search space."""
        command = [self._binary, "check", os.fspath(self.file), "--format", "json"]
        checked = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if checked.returncode != 0:
            message, hint = parsed(checked.stderr.decode(errors="replace"))
            raise ExperimentError(message.removeprefix("error: "), hint)
        read: dict[str, Any] = json.loads(checked.stdout)
        if "intensifier" not in read:
            raise ExperimentError(
                f"{self.file} is a search space, not an experiment",
                'write an experiment beside it: (name: "mine", search_space: "' + self.file.name + '")',
            )
        return read

    def __enter__(self) -> "Study":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the binary. Trials without a result are given away again when the study is opened the next time."""
        self._server.close()

    def ask(self, count: int = 1) -> List[Trial]:
        """Returns at most `count` trials to run. Several may be open at a time.

        There are fewer, or none, where more depend on results that were not told yet, and none once :attr:`done` is set.
        """
        found: list[Trial] = []
        while len(found) < count and self.done is None:
            answer = self._server.request("ask", count=count - len(found))
            if "done" in answer:
                if not found and not self._open:
                    self.done = str(answer["done"])
                break
            given = [self._trial(each) for each in answer["trials"]]
            # A binary that was started again gives away once more what is open here.
            new = [trial for trial in given if trial.number not in self._open]
            self._open.update((trial.number, trial) for trial in new)
            found += new
            if len(new) == len(given):
                break
        return found

    def _trial(self, asked: Mapping[str, Any]) -> Trial:
        budget = float(asked["budget"])
        return Trial(
            number=asked["trial"],
            config=asked["config"],
            # A whole budget may be a number of epochs.
            budget=int(budget) if budget.is_integer() else budget,
            seed=asked["seed"],
            configuration=asked["configuration_id"],
            instance=asked.get("instance"),
            micro_batch_divisor=asked.get("micro_batch_divisor", 1),
            _checkpoints=self.folder / "checkpoints",
            _host=self,
        )

    def tell(self, trial: Union[Trial, int], result: Optional[Returned] = None, **fields: Any) -> None:
        """Records the result of a trial. When it returns, the result would survive a power cut.

        Args:
            trial: the trial, or its number.
            result: what a function would return: a cost, a mapping or a :class:`Result`.
            **fields: instead of `result`, the fields of a :class:`Result`, such as `outcome="crashed", message="..."`.
        """
        told = Result(**fields) if result is None else dataclasses.replace(Result.of(result), **fields)
        if told.cost is None and told.costs is None and told.outcome is None:
            raise GalvaniError("a result has a `cost`, `costs` or an `outcome`", "for example study.tell(trial, 0.31)")
        number = trial.number if isinstance(trial, Trial) else trial
        before = self._server.restarted
        try:
            self._server.request("tell", trial=number, **told.fields())
        except RefusedError as refused:
            # The binary recorded it, and died before it said so.
            if self._server.restarted == before or "was told already" not in refused.message:
                raise
        self._open.pop(number, None)

    def report(self, trial: Union[Trial, int], cost: float, budget: float) -> bool:
        """Records a cost after a part of the budget of a trial; true where the trial should be ended and told as
        `outcome="pruned"`."""
        number = trial.number if isinstance(trial, Trial) else trial
        answer = self._server.request("report", trial=number, cost=cost, budget=budget)
        return bool(answer["prune"])

    def parameters(self) -> dict[str, dict[str, Any]]:
        """The declarations of the search space by name, as `galvani check --format json` prints them."""
        return {each["name"]: each for each in self._checked["parameters"]}

    def _answer_to_best(self) -> Optional[dict[str, Any]]:
        try:
            return self._server.request("best")
        except RefusedError as refused:
            if "no trial has succeeded" in refused.message:
                return None
            raise

    def best(self) -> Optional[Best]:
        """The configuration that the study recommends: that with the lowest cost that is expected at the full budget. Of
        several objectives, the first member of the front. None before the first success."""
        front = self.front()
        return front[0] if front else None

    def front(self) -> List[Best]:
        """The trials that no other dominates, where there are several objectives; else the best alone."""
        answer = self._answer_to_best()
        if answer is None:
            return []
        return [Best._of(member) for member in answer.get("front", [answer])]

    def __iter__(self) -> Iterator[Trial]:
        """Yields one trial after another, each of which must be told before the next, until none will follow."""
        while self.done is None:
            trials = self.ask()
            if not trials and self.done is None:
                waiting = ", ".join(str(number) for number in self._open)
                raise GalvaniError(
                    f"the next trial depends on results that were not told: of trial {waiting}",
                    "tell each trial before the next",
                )
            yield from trials

    def optimize(
        self,
        function: Callable[[Trial], Returned],
        *,
        workers: int = 1,
        trials: Optional[int] = None,
        time_limit: Optional[float] = None,
        start_method: Optional[str] = None,
    ) -> None:
        """Runs trials until the experiment says that it is done.

        A trial whose function raises has crashed, or was pruned (:class:`Pruned`), or found no memory (`MemoryError`, or
        PyTorch's `OutOfMemoryError`); the search learns from this and goes on.

        Args:
            function: the function that is optimized. It gets a trial and returns its cost.
            workers: the number of trials at a time. One without a time limit is run in this process. Several have a process
                each, which lives on from trial to trial and is replaced when it dies.
            trials: the most trials of this call; None: no such limit.
            time_limit: the seconds after which a trial is ended as timed out.
            start_method: the way in which `multiprocessing` starts processes: `fork`, `spawn` or `forkserver`; None: the
                default of this Python. With all but `fork` the function must be one that can be imported. With CUDA use
                `spawn`.

        Raises:
            TrialsFailedError: the first five trials of this call all crashed; the first crash is its cause.
        """
        if workers < 1:
            raise GalvaniError(f"`workers` must be at least 1, not {workers}")
        if workers == 1 and time_limit is None:
            run_here(self, function, trials)
        else:
            run_in_processes(self, function, workers, trials, time_limit, start_method)
