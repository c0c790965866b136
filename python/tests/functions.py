"""Functions that are optimized, which spawned processes import from here, and the listing of their trials."""

import json
import math
import os
import signal
import subprocess
import time

import galvani


def bowl(trial):
    """A cost that depends on everything that a trial is told."""
    depth = trial.config.get("depth", 4)
    return (math.log10(trial["rate"]) + 2.5) ** 2 + depth / 9 + 1 / trial.budget


def misbehaving(trial):
    """Some trials die, hang, raise or have no memory."""
    way = trial.number % 6
    if way == 1:
        os._exit(3)
    if way == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    if way == 3:
        raise ValueError("a trial may fail")
    if way == 4:
        time.sleep(600)
    if way == 5:
        raise MemoryError
    return bowl(trial)


def reporting(trial):
    """Reports after each step, and ends where it is behind."""
    cost = bowl(trial)
    for step in range(1, int(trial.budget)):
        if trial.report(cost, step):
            raise galvani.Pruned
    return {"cost": cost, "accuracy": 1 / (1 + cost), "process": os.getpid()}


def over_reporting(trial):
    """Reports more than its budget, which is refused."""
    trial.report(1.0, 10 * trial.budget)
    return 1.0


def wrong(trial):
    """A function with a mistake in it."""
    return trial.config["no such name"]


def slow(trial):
    """Lasts until it is ended."""
    time.sleep(600)
    return 0.0


def told(name):
    """The trials in the journal of a run, as the binary lists them."""
    command = [galvani.binary(), "trials", name, "--format", "json"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in listed.splitlines()]
