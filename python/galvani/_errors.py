"""Errors of the package: each has a message and, where there is one, a hint."""

from __future__ import annotations

from typing import Optional


class GalvaniError(Exception):
    """An error that galvani explains.

    Attributes:
        message: the mistake.
        hint: a remedy, or None.
    """

    def __init__(self, message: str, hint: Optional[str] = None) -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\nhint: {self.hint}"


class BinaryNotFoundError(GalvaniError):
    """The binary `galvani` was not found."""


class ExperimentError(GalvaniError):
    """The experiment cannot be served: its file is wrong, or another process serves its run."""


class RefusedError(GalvaniError):
    """A request is wrong, and nothing has changed."""


class ServerError(GalvaniError):
    """The binary died or did not answer in time, again and again."""


class SpaceError(GalvaniError):
    """A trial was asked for a hyperparameter that its search space declares otherwise, or not at all."""


class TrialsFailedError(GalvaniError):
    """The first trials all failed, so that the function itself is at fault."""


class Pruned(Exception):
    """Raised by a function to end a trial whose reported costs fell behind."""


def parsed(text: str) -> tuple[str, Optional[str]]:
    """The message and the hint of an error as the binary prints it."""
    message, separator, hint = text.strip().partition("\nhint: ")
    return message.strip(), hint.strip() if separator else None
