"""Experiments that are declared in Python, as the binary reads them."""

import json
import subprocess

import pytest

import galvani


def test_every_kind_of_hyperparameter_is_read_as_it_was_declared(folder):
    experiment = galvani.Experiment(
        name="kinds",
        parameters={
            "rate": galvani.Float(1e-5, 0.1, log=True, default=1e-3, description='the "rate"\nof learning', unit="1/s"),
            "dropout": galvani.Float(0.0, 0.5, step=0.1),
            "layers": galvani.Integer(1, 8),
            "batch": galvani.Ordinal([32, 64, 128], default=64),
            "optimizer": galvani.Categorical(["sgd", "adam", None, "größe\u0007\\"], weights=[1, 2, 1, 1]),
            "bias": galvani.Boolean(default=True),
            "version": galvani.Constant("v1"),
            "a name": galvani.Float(-1, 1),
        },
        conditions={"layers": "optimizer == 'sgd'"},
        forbidden=["batch > 64 and optimizer == 'adam'"],
        budget=galvani.Budget(1, 27, unit="epochs"),
        maximize=True,
        stop={"trials": 60, "wall_clock": "2h"},
        optimizer={"intensifier": galvani.Raw("Hyperband"), "pruning": {"chance": 0.05}},
        workers=4,
        seed=7,
    )
    path = experiment.write(folder / "kinds.ron")
    checked = subprocess.run([galvani.binary(), "check", path, "--format", "json"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    read = {each["name"]: each for each in json.loads(checked.stdout)["parameters"]}
    assert read["rate"]["min"] == 1e-5 and read["rate"]["log"] and read["rate"]["default"] == 1e-3
    assert read["rate"]["description"] == 'the "rate"\nof learning' and read["rate"]["unit"] == "1/s"
    assert read["batch"]["choices"] == [32, 64, 128] and read["batch"]["default"] == 64
    assert read["optimizer"]["choices"] == ["sgd", "adam", None, "größe\u0007\\"]
    assert read["optimizer"]["default"] == "adam" and read["bias"]["default"] is True
    assert read["layers"]["condition"] == "optimizer == 'sgd'"
    assert json.loads(checked.stdout)["intensifier"] == "Hyperband"


@pytest.mark.parametrize("value", [float("inf"), object()])
def test_what_a_file_cannot_hold_is_refused(value):
    experiment = galvani.Experiment(name="wrong", parameters={"x": galvani.Constant(value)})
    with pytest.raises(galvani.GalvaniError, match="cannot hold"):
        experiment.text()
