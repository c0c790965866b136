"""The conversation with `galvani ask-tell`: a request is a line, and so is its answer."""

from __future__ import annotations

import json
import logging
import os
import select
import subprocess
import threading
import time
from typing import Any, Optional

from . import _forks
from ._errors import ExperimentError, GalvaniError, RefusedError, ServerError, parsed

logger = logging.getLogger("galvani")

#: The most of the binary's narration that is kept to explain its end, in bytes.
_KEPT = 1 << 16


class _Died(Exception):
    """The binary ended before it answered."""


class _Late(Exception):
    """The binary did not answer in time."""


class Server:
    """A process of `galvani ask-tell`, started again when it dies.

    It is safe to use from several threads: requests follow one another. Its pipes are closed in forked children.
    """

    def __init__(self, command: list[str], timeout: Optional[float], restarts: int) -> None:
        self._command = command
        self._timeout = timeout
        self._restarts = restarts
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._heard = b""
        self._narrated = b""
        self.is_closed = False
        #: The number of times that the binary was started again.
        self.restarted = 0
        _forks.register(self)

    def request(self, verb: str, **fields: Any) -> dict[str, Any]:
        """Sends a request and returns the answer; starts the binary again where it dies, and repeats the request.

        Raises:
            RefusedError: the request is wrong.
            ExperimentError: the binary cannot serve the experiment.
            ServerError: it died or was late more often than is allowed.
        """
        line = (json.dumps({verb: fields}, default=_plain) + "\n").encode()
        with self._lock:
            self._check()
            answer = self._answered(line)
        if "error" in answer:
            raise RefusedError(*parsed(str(answer["error"])))
        return answer

    def _check(self) -> None:
        if os.getpid() != self._owner:
            raise GalvaniError(
                "a study belongs to the process that opened it",
                "give child processes the trial's `config`, and tell its result in the parent",
            )
        if self.is_closed:
            raise GalvaniError("the study is closed", "open it again: it goes on where it was")

    def _answered(self, line: bytes) -> dict[str, Any]:
        for left in range(self._restarts, -1, -1):
            try:
                if self._process is None:
                    self._start()
                return self._exchange(line)
            except (_Died, _Late) as failure:
                is_late = isinstance(failure, _Late)
                if is_late and self._process is not None:
                    self._process.kill()
                status, narration = self._end()
                message, hint = parsed(narration)
                if status == 2 and not is_late:
                    raise ExperimentError(message.removeprefix("error: "), hint) from None
                if left == 0:
                    ending = f"did not answer within {self._timeout} s" if is_late else f"ended with the status {status}"
                    told = f": {message}" if message else ""
                    raise ServerError(f"`{' '.join(self._command)}` {ending}{told}", hint) from None
                logger.warning("galvani %s; it is started again", "did not answer in time" if is_late else "ended")
                self.restarted += 1
        raise AssertionError("each turn of the loop returns, raises or has another after it")

    def _start(self) -> None:
        pipe = subprocess.PIPE
        # A session of its own: Ctrl-C is for this program, whose end ends the binary too. Without buffers the pipes are plain
        # descriptors, which are not inherited by programs that this one starts.
        self._process = subprocess.Popen(
            self._command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, close_fds=True, start_new_session=True
        )
        self._heard, self._narrated = b"", b""

    def _exchange(self, line: bytes) -> dict[str, Any]:
        process = self._process
        assert process is not None and process.stdin and process.stdout and process.stderr
        try:
            sent = 0
            while sent < len(line):
                sent += process.stdin.write(line[sent:]) or 0
        except (BrokenPipeError, ConnectionError):
            raise _Died from None
        limit = None if self._timeout is None else time.monotonic() + self._timeout
        output, narration = process.stdout.fileno(), process.stderr.fileno()
        poll = select.poll()
        for descriptor in (output, narration):
            poll.register(descriptor, select.POLLIN | select.POLLHUP)
        while b"\n" not in self._heard:
            wait = None if limit is None else max(0.0, limit - time.monotonic())
            ready = poll.poll(None if wait is None else wait * 1000.0)
            if not ready:
                raise _Late
            for descriptor, _ in ready:
                chunk = os.read(descriptor, 1 << 16)
                if descriptor == narration:
                    self._narrate(chunk)
                    if not chunk:
                        poll.unregister(narration)
                elif chunk:
                    self._heard += chunk
                else:
                    raise _Died
        answer, _, self._heard = self._heard.partition(b"\n")
        read: dict[str, Any] = json.loads(answer)
        return read

    def _narrate(self, chunk: bytes) -> None:
        """Keeps what the binary tells people, and logs each whole line of it."""
        before = self._narrated.rpartition(b"\n")[2]
        self._narrated = (self._narrated + chunk)[-_KEPT:]
        for line in (before + chunk).split(b"\n")[:-1]:
            text = line.decode(errors="replace")
            if text.startswith("warning: "):
                logger.warning("%s", text.removeprefix("warning: "))
            elif text:
                logger.info("%s", text)

    def _end(self) -> tuple[int, str]:
        """Waits for the end of the binary; returns its status and what it told last."""
        process, self._process = self._process, None
        if process is None:
            return 0, ""
        assert process.stdin and process.stdout and process.stderr
        process.stdin.close()
        process.stdout.close()
        try:
            status = process.wait(self._timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        while chunk := os.read(process.stderr.fileno(), 1 << 16):
            self._narrate(chunk)
        process.stderr.close()
        text = self._narrated.decode(errors="replace").strip()
        at = text.rfind("error: ")
        return status, text[at:] if at >= 0 else ""

    def close(self) -> None:
        """Ends the conversation and waits for the end of the binary. It may be called again."""
        if os.getpid() != self._owner:
            return
        with self._lock:
            self.is_closed = True
            self._end()

    def close_in_child(self) -> None:
        """Closes the copies of the pipes that a forked child has."""
        process, self._process = self._process, None
        if process is not None:
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
            # The child cannot wait for its parent's child, and must not warn that it did not.
            process.returncode = 0


def _plain(value: Any) -> Any:
    """A value of another library, such as one of NumPy's numbers, as JSON can hold it."""
    for name in ("item", "tolist"):
        convert = getattr(value, name, None)
        if callable(convert):
            try:
                return convert()
            except (TypeError, ValueError):
                continue
    return str(value)
