"""Processes that run the trials of a study."""

from __future__ import annotations

import dataclasses
import multiprocessing
import multiprocessing.connection
import signal
import time
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, Callable, Optional

from . import _forks
from ._errors import GalvaniError, RefusedError
from ._optimize import Watch, evaluate
from ._trial import Result, Trial

if TYPE_CHECKING:
    from ._study import Study

#: The seconds from SIGTERM to SIGKILL.
GRACE = 5.0


class _Reporter:
    """What a trial reports to in a worker: its parent, which asks the binary."""

    def __init__(self, connection: Connection, parameters: dict[str, dict[str, Any]]) -> None:
        self._connection = connection
        self._parameters = parameters

    def report(self, trial: Trial, cost: float, budget: float) -> bool:
        self._connection.send(("report", cost, budget))
        answer = self._connection.recv()
        if isinstance(answer, GalvaniError):
            raise answer
        return bool(answer)

    def parameters(self) -> dict[str, dict[str, Any]]:
        return self._parameters


def _work(connection: Connection, function: Callable[[Trial], Any], parameters: dict[str, dict[str, Any]]) -> None:
    """A worker: runs what its parent sends, until the parent closes the pipe or is gone."""
    # Ctrl-C reaches the parent too, which ends its workers.
    signal.signal(signal.SIGINT, lambda *_: None)
    reporter = _Reporter(connection, parameters)
    while True:
        try:
            trial = connection.recv()
        except (EOFError, OSError):
            return
        result, _ = evaluate(function, dataclasses.replace(trial, _host=reporter))
        try:
            connection.send(("result", result))
        except OSError:
            return


class _Worker:
    """A process, and the trial that it runs."""

    def __init__(self, context: Any, function: Callable[[Trial], Any], parameters: dict[str, dict[str, Any]]) -> None:
        self.connection, remote = context.Pipe()
        # Otherwise a worker would hold the pipes of those before it, which then never learnt of the end of their parent.
        _forks.register(self)
        # Not a daemon: the function may start processes of its own.
        self.process = context.Process(target=_work, args=(remote, function, parameters), name="galvani trial", daemon=False)
        try:
            self.process.start()
        finally:
            remote.close()
        self.trial: Optional[Trial] = None
        self.begun = 0.0

    def close_in_child(self) -> None:
        self.connection.close()

    def begin(self, trial: Trial) -> None:
        self.trial, self.begun = trial, time.monotonic()
        self.connection.send(trial)

    def end(self) -> Optional[int]:
        """Ends the process, and returns its exit code."""
        self.connection.close()
        if self.trial is not None and self.process.is_alive():
            self.process.terminate()
        self.process.join(GRACE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        code: Optional[int] = self.process.exitcode
        return code


def run_in_processes(
    study: "Study",
    function: Callable[[Trial], Any],
    count: int,
    trials: Optional[int],
    time_limit: Optional[float],
    start_method: Optional[str],
) -> None:
    """Runs trials in `count` processes until the study is done."""
    context = multiprocessing.get_context(start_method)
    workers: list[_Worker] = []
    watch = Watch()
    asked = 0
    try:
        while True:
            dead = [worker for worker in workers if worker.trial is None and not worker.process.is_alive()]
            for worker in dead:
                worker.end()
                workers.remove(worker)
            while len(workers) < count:
                workers.append(_Worker(context, function, study.parameters()))
            idle = [worker for worker in workers if worker.trial is None]
            left = len(idle) if trials is None else min(len(idle), trials - asked)
            if left > 0:
                new = study.ask(left)
                asked += len(new)
                for worker, trial in zip(idle, new):
                    try:
                        worker.begin(trial)
                    except OSError:
                        # It died just now. The trial is given away again.
                        worker.trial = None
                        study.tell(trial, outcome="lost")
            busy = [worker for worker in workers if worker.trial is not None]
            if not busy:
                if study.done is None and not (trials is not None and asked >= trials):
                    raise GalvaniError("more trials depend on results that were not told", "tell the trials that are open")
                return
            for worker in _ready(busy, time_limit):
                _attend(study, worker, workers, watch, time_limit)
    finally:
        for worker in workers:
            worker.end()


def _ready(busy: list[_Worker], time_limit: Optional[float]) -> list[_Worker]:
    """Waits until workers have something to say, have died, or are late."""
    wait = None
    if time_limit is not None:
        wait = max(0.0, min(worker.begun for worker in busy) + time_limit - time.monotonic())
    heard = multiprocessing.connection.wait([each for worker in busy for each in (worker.connection, worker.process.sentinel)], wait)
    is_late = [time_limit is not None and time.monotonic() - worker.begun >= time_limit for worker in busy]
    return [
        worker
        for worker, late in zip(busy, is_late)
        if late or worker.connection in heard or worker.process.sentinel in heard
    ]


def _attend(
    study: "Study", worker: _Worker, workers: list[_Worker], watch: Watch, time_limit: Optional[float]
) -> None:
    """Takes a message of a worker, or its death, or ends it where it is late."""
    trial = worker.trial
    assert trial is not None
    message: Any = None
    try:
        if worker.connection.poll():
            message = worker.connection.recv()
    except (EOFError, OSError):
        pass
    if message is not None and message[0] == "report":
        try:
            answer: Any = study.report(trial, message[1], message[2])
        except RefusedError as refused:
            answer = refused
        try:
            worker.connection.send(answer)
        except OSError:
            pass  # It died meanwhile.
        return
    seconds = time.monotonic() - worker.begun
    if message is not None:
        result: Result = message[1]
        worker.trial = None
    elif worker.process.is_alive() and time_limit is not None and seconds >= time_limit:
        worker.end()
        workers.remove(worker)
        result = Result(outcome="timed_out", seconds=seconds)
    else:
        worker.process.join(GRACE)
        code = worker.end()
        workers.remove(worker)
        result = _death(code, seconds)
    study.tell(trial, result)
    watch.take(result, None)


def _death(code: Optional[int], seconds: float) -> Result:
    """The outcome of a trial whose process has died."""
    # The kernel kills with SIGKILL where there is no memory left.
    if code == -signal.SIGKILL:
        return Result(outcome="out_of_memory", seconds=seconds)
    ending = f"by the signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"with the status {code}"
    return Result(outcome="crashed", message=f"its process ended {ending}", seconds=seconds)
