"""Fixtures: the binary is the one that the variable `GALVANI` names, or the first on the `PATH`."""

import os

import pytest

import galvani


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of its own for each test, as the working directory."""
    if "GALVANI" in os.environ:
        monkeypatch.setenv("GALVANI", os.path.abspath(os.environ["GALVANI"]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def experiment():
    """Two hyperparameters, one of them conditional, under budgets from 1 to 9."""
    return galvani.Experiment(
        name="bowl",
        parameters={
            "rate": galvani.Float(1e-4, 1e-1, log=True, default=1e-2),
            "kind": galvani.Categorical(["plain", "rough"]),
            "depth": galvani.Integer(1, 9),
        },
        conditions={"depth": "kind == 'rough'"},
        budget=galvani.Budget(1, 9, unit="steps"),
        stop={"trials": 24},
        workers=2,
        seed=5,
    )
