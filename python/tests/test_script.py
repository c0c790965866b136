"""Scripts that `galvani run` starts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from functions import told

import galvani

SCRIPT = """#!{python}
import sys
sys.path[:0] = [{package!r}]
import galvani

trial = galvani.trial()
state = trial.checkpoint / "steps"
begun = int(state.read_text()) if state.exists() else 0
for step in range(begun + 1, trial.budget + 1):
    trial.report((trial["x"] - 0.3) ** 2 + 1 / step, step)
    state.write_text(str(step))
if trial["x"] > 0.9:
    trial.fail("too large")
else:
    trial.finish((trial["x"] - 0.3) ** 2 + 1 / trial.budget, begun=begun, seed=trial.seed)
"""

PERSISTENT = """#!{python}
import sys
sys.path[:0] = [{package!r}]
import galvani

for trial in galvani.trials():
    if trial["x"] > 0.9:
        trial.fail("too large")
    else:
        trial.report(1.0, trial.budget / 2)
        trial.finish((trial["x"] - 0.3) ** 2)
"""

EXPERIMENT = """(
    name: "script",
    search_space: (name: "script", parameters: {{ "x": Float(min: 0, max: 1) }}),
    task: Command(program: "./script.py"{mode}),
    budget: (min: 1, max: 9, eta: 3),
    executor: Process(workers: 2, time_limit: "1m"),
    stop: (trials: 14),
    seed: 3,
)
"""


def run(folder, script, mode):
    package = os.path.dirname(os.path.dirname(galvani.__file__))
    (folder / "script.py").write_text(script.format(python=sys.executable, package=package))
    (folder / "script.py").chmod(0o755)
    (folder / "script.ron").write_text(EXPERIMENT.format(mode=mode))
    ran = subprocess.run([galvani.binary(), "run", "script.ron"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert ran.returncode == 0, ran.stderr
    return told("script")


def test_a_script_gets_its_trial_and_goes_on_from_its_checkpoint(folder):
    trials = run(folder, SCRIPT, "")
    assert len(trials) == 14
    for trial in trials:
        x = trial["config"]["x"]
        assert trial["outcome"] == ("crashed" if x > 0.9 else "finished")
        assert x > 0.9 or trial["cost"] == pytest.approx((x - 0.3) ** 2 + 1 / trial["budget"])
    shown = [
        subprocess.run([galvani.binary(), "show", "script", str(trial["trial"])], capture_output=True, text=True).stdout
        for trial in trials
        if trial["budget"] > 1 and trial["outcome"] == "finished"
    ]
    assert any("begun" in text for text in shown)


def test_a_script_runs_several_trials(folder):
    trials = run(folder, PERSISTENT, ", mode: Persistent")
    assert len(trials) == 14
    for trial in trials:
        x = trial["config"]["x"]
        assert trial["outcome"] == ("crashed" if x > 0.9 else "finished")
        assert x > 0.9 or trial["cost"] == pytest.approx((x - 0.3) ** 2)


def test_a_script_that_is_started_by_hand_says_so(folder, monkeypatch, capsys):
    monkeypatch.delenv("GALVANI_CONFIG", raising=False)
    with pytest.raises(galvani.GalvaniError, match="not started by `galvani run`") as caught:
        galvani.trial()
    assert "galvani.trial({...}, budget=1)" in caught.value.hint
    trial = galvani.trial({"x": 0.5}, budget=3)
    assert trial["x"] == 0.5 and trial.budget == 3 and Path("checkpoint").is_dir()
    trial.report(0.5, 1, accuracy=0.9)
    trial.finish({"loss": 0.25, "latency": float("inf")})
    trial.fail("no", "transient")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        {"cost": 0.5, "budget": 1.0, "intermediate": True, "info": {"accuracy": 0.9}},
        {"costs": {"loss": 0.25, "latency": None}},
        {"outcome": "transient", "message": "no"},
    ]
