"""Pipes that a forked child must not hold.

A child made by `fork` alone, as `multiprocessing` does, has copies of all open files. One that outlives its parent would hold
the pipe to the binary open, so that the binary waited for more requests and kept the lock of its run.
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class HoldsPipes(Protocol):
    """An object whose pipes belong to the process that made it."""

    def close_in_child(self) -> None:
        """Closes the copies of its pipes in a child process."""


_holders: "weakref.WeakSet[HoldsPipes]" = weakref.WeakSet()


def register(holder: HoldsPipes) -> None:
    """Has the pipes of an object closed in each child that is forked from now on."""
    _holders.add(holder)


def _close_all() -> None:
    for holder in list(_holders):
        holder.close_in_child()
    _holders.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_all)
