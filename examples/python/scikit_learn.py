#!/usr/bin/env python3
"""A classifier of handwritten digits with scikit-learn, four trials at a time, each of which resumes.

    pip install . scikit-learn
    python examples/python/scikit_learn.py

The budget is epochs. A configuration that is promoted goes on from its checkpoint, and so does the whole study: press Ctrl-C,
start it again, and only what was interrupted is run again. `galvani status digits`, `galvani report digits` and
`galvani serve` read the study, also while it runs.
"""
import os
import pickle

import galvani
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

EXPERIMENT = galvani.Experiment(
    name="digits",
    parameters={
        "learning_rate": galvani.Float(1e-4, 1e-1, log=True, default=1e-3),
        "penalty": galvani.Float(1e-6, 1e-1, log=True, default=1e-4),
        "width": galvani.Ordinal([16, 32, 64, 128, 256], default=64),
        "layers": galvani.Integer(1, 3),
        "batch": galvani.Ordinal([16, 32, 64, 128], default=32),
        "activation": galvani.Categorical(["relu", "tanh"]),
    },
    budget=galvani.Budget(1, 27, unit="epochs"),
    stop={"full_evaluations": 8},
    workers=4,
    seed=1,
)


def train(trial):
    """Trains a network for the epochs of the trial that its configuration has not had yet; the cost is the share of errors."""
    features, labels = load_digits(return_X_y=True)
    parts = train_test_split(features / 16, labels, test_size=0.25, random_state=0, stratify=labels)
    train_features, test_features, train_labels, test_labels = parts

    state = trial.checkpoint / "state.pickle"
    if state.exists():
        epochs, model = pickle.loads(state.read_bytes())
    else:
        epochs, model = 0, MLPClassifier(
            hidden_layer_sizes=[trial["width"]] * trial["layers"],
            learning_rate_init=trial["learning_rate"],
            alpha=trial["penalty"],
            batch_size=trial["batch"],
            activation=trial["activation"],
            random_state=trial.seed % 2**31,
        )
    begun = epochs
    while epochs < trial.budget:
        model.partial_fit(train_features, train_labels, classes=range(10))
        epochs += 1
        # A half-written checkpoint is never seen.
        draft = state.with_suffix(".draft")
        draft.write_bytes(pickle.dumps((epochs, model)))
        os.replace(draft, state)
        if trial.report(1 - model.score(test_features, test_labels), epochs):
            raise galvani.Pruned
    cost = 1 - model.score(test_features, test_labels)
    return {"cost": cost, "resumed_after": begun, "training_errors": 1 - model.score(train_features, train_labels)}


if __name__ == "__main__":
    # A process computes with one thread, so that four of them do not get into each other's way.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with galvani.Study(EXPERIMENT) as study:
        study.optimize(train, workers=4, time_limit=600)
        print(f"{study.done}; best: {study.best()}")
