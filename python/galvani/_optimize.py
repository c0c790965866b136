"""The loop that runs trials of a study, and what an exception says about a trial."""

from __future__ import annotations

import time
import traceback
from typing import TYPE_CHECKING, Any, Callable, Optional

from ._errors import GalvaniError, Pruned, TrialsFailedError
from ._trial import Result, Trial

if TYPE_CHECKING:
    from ._study import Study

#: The number of first trials that may not all crash.
PATIENCE = 5


def evaluate(function: Callable[[Trial], Any], trial: Trial) -> tuple[Result, Optional[Exception]]:
    """The result of a trial, and the exception that its function raised."""
    begun = time.monotonic()
    try:
        result, error = Result.of(function(trial)), None
    except Exception as raised:
        result, error = failed(raised), raised
    if result.seconds is None:
        result = Result(**{**vars(result), "seconds": time.monotonic() - begun})
    return result, error


def failed(raised: Exception) -> Result:
    """The outcome that an exception stands for."""
    if isinstance(raised, Pruned):
        return Result(outcome="pruned")
    if isinstance(raised, MemoryError):
        return Result(outcome="out_of_memory")
    # PyTorch's, which is not imported for its sake.
    if type(raised).__name__ == "OutOfMemoryError":
        return Result(outcome="out_of_device_memory")
    last = traceback.extract_tb(raised.__traceback__)[-1:]
    place = f" ({last[0].filename}:{last[0].lineno})" if last else ""
    told = str(raised) if isinstance(raised, GalvaniError) else f"{type(raised).__name__}: {raised}"
    return Result(outcome="crashed", message=f"{told}{place}")


class Watch:
    """Counts the results of a call, and ends it where the first trials all crash."""

    def __init__(self) -> None:
        self._crashed: list[tuple[str, Optional[Exception]]] = []
        self._has_worked = False

    def take(self, result: Result, error: Optional[Exception]) -> None:
        """Takes the next result.

        Raises:
            TrialsFailedError: the first trials all crashed.
        """
        if self._has_worked or result.outcome != "crashed":
            self._has_worked = True
            return
        self._crashed.append((result.message or "", error))
        if len(self._crashed) == PATIENCE:
            message, cause = self._crashed[0]
            raise TrialsFailedError(
                f"the first {PATIENCE} trials all crashed, the first with: {message}",
                "correct the function and run it again; `galvani retry NAME --outcome crashed` runs these trials again",
            ) from cause


def run_here(study: "Study", function: Callable[[Trial], Any], trials: Optional[int]) -> None:
    """Runs one trial after another in this process."""
    watch = Watch()
    for count, trial in enumerate(study, start=1):
        result, error = evaluate(function, trial)
        study.tell(trial, result)
        watch.take(result, error)
        if count == trials:
            return
