#!/usr/bin/env python3
"""Optimize a function of your own from Python: `galvani ask-tell` says what to try, this program tries it.

    cargo build --release --no-default-features
    python3 examples/ask_tell.py target/release/galvani

Needs nothing but the standard library. Run it again: everything told is kept in `runs/from-python`, and an interrupted
run goes on where it was.
"""
import json
import math
import subprocess
import sys
from pathlib import Path

EXPERIMENT = """(
    name: "from-python",
    search_space: (
        name: "from-python",
        parameters: {
            "x": Float(min: -5, max: 10),
            "y": Float(min: 0, max: 15),
            "shape": Categorical(choices: ["bowl", "branin"]),
        },
    ),
    budget: (min: 1, max: 9, eta: 3, unit: "passes"),
    stop: (full_evaluations: 80),
    seed: 1,
)"""


class Galvani:
    """One conversation with `galvani ask-tell`: a request is a line, and so is its answer."""

    def __init__(self, program, file):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([program, "ask-tell", file], stdin=pipe, stdout=pipe, text=True)

    def request(self, verb, **fields):
        self.process.stdin.write(json.dumps({verb: fields}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def cost(config, passes):
    """Branin's function, too high after few passes; a bowl that is never as good."""
    x, y = config["x"], config["y"]
    if config["shape"] == "bowl":
        return 5 + x * x + (y - 7) ** 2
    if x > 9.9:
        raise ValueError("a trial may fail")
    valley = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10 + (9 - passes) / 9


def main():
    Path("from-python.ron").write_text(EXPERIMENT)
    galvani = Galvani(sys.argv[1] if len(sys.argv) > 1 else "galvani", "from-python.ron")
    while True:
        answer = galvani.request("ask", count=4)  # as many as can run at once
        if "done" in answer:
            print(answer["done"])
            break
        for trial in answer["trials"]:
            try:
                result = {"cost": cost(trial["config"], trial["budget"])}
            except ValueError as error:
                result = {"outcome": "crashed", "message": str(error)}
            galvani.request("tell", trial=trial["trial"], **result)
    best = galvani.request("best")
    galvani.close()
    print(f"best: {best['config']} with cost {best['cost']}")


main()
