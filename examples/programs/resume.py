#!/usr/bin/env python3
"""Linear regression by stochastic gradient descent, with nothing but the standard library.

The budget counts epochs from the very beginning. What the checkpoint holds is not done again, and a run that was
interrupted or promoted ends with the very numbers of one that was not.
"""
import argparse
import json
import os
import random
import sys


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--checkpoint", required=True)
    arguments = parser.parse_args()
    with open(arguments.config) as file:
        config = json.load(file)
    # When a device ran out of memory, a batch comes in so many pieces, and its gradient is the sum of theirs.
    pieces = int(os.environ.get("GALVANI_MICRO_BATCH_DIVISOR", "1"))

    data = random.Random(0)
    points = [(x := data.uniform(-1, 1), 3 * x - 1 + data.gauss(0, 0.1)) for _ in range(256)]
    training, validation = points[:192], points[192:]

    path = os.path.join(arguments.checkpoint, "state.json")
    state = {"epoch": 0, "weights": [0.0, 0.0], "velocity": [0.0, 0.0]}
    if os.path.exists(path):
        with open(path) as file:
            state = json.load(file)
        print(f"continuing after epoch {state['epoch']}", file=sys.stderr)

    def cost():
        a, b = state["weights"]
        return sum((a * x + b - y) ** 2 for x, y in validation) / len(validation)

    result = cost()
    while state["epoch"] < arguments.epochs:
        # The order depends on the seed and the epoch, not on what this process did before.
        order = random.Random(f"{arguments.seed} {state['epoch']}").sample(training, len(training))
        size = config["batch"]
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            gradient = [0.0, 0.0]
            for piece in range(pieces):
                for x, y in batch[piece::pieces]:
                    error = state["weights"][0] * x + state["weights"][1] - y
                    gradient[0] += 2 * error * x / len(batch)
                    gradient[1] += 2 * error / len(batch)
            for i in range(2):
                state["velocity"][i] = config["momentum"] * state["velocity"][i] - config["learning_rate"] * gradient[i]
                state["weights"][i] += state["velocity"][i]
        state["epoch"] += 1
        result = cost()
        # A report on the way: the last one is the result.
        print(json.dumps({"cost": result, "budget": state["epoch"]}), flush=True)
        # A half-written checkpoint is never seen.
        with open(path + ".draft", "w") as file:
            json.dump(state, file)
        os.replace(path + ".draft", path)
    print(json.dumps({"cost": result, "budget": arguments.epochs, "info": {"weights": state["weights"]}}), flush=True)


main()
