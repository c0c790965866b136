"""Studies in one process: asking and telling, errors, and the death of the binary."""

import os
import signal
import subprocess
import threading

import pytest
from functions import bowl, misbehaving, reporting, told, wrong

import galvani



def test_a_study_runs_to_its_end_and_knows_the_best(experiment):
    with galvani.Study(experiment) as study:
        assert study.best() is None
        study.optimize(bowl)
        assert study.done
        best = study.best()
        assert best.budget <= 9 and set(best.config) >= {"rate", "kind"}
        trials = told(study.name)
    assert len(trials) == 24
    assert best.cost == pytest.approx(next(each["cost"] for each in trials if each["trial"] == best.trial))


def test_several_trials_are_open_and_told_in_any_order(experiment):
    with galvani.Study(experiment) as study:
        trials = study.ask(4)
        assert [trial.number for trial in trials] == [1, 2, 3, 4]
        for trial in reversed(trials):
            study.tell(trial, bowl(trial))
        assert study.ask()[0].number == 5
        study.tell(5, outcome="crashed", message="by hand")
        assert [each["outcome"] for each in told(study.name)] == ["finished"] * 4 + ["crashed"]


def test_a_study_opened_again_goes_on(experiment):
    with galvani.Study(experiment) as study:
        first, second = study.ask(2)
        study.tell(first, bowl(first))
        state = second.checkpoint / "state"
        state.write_text("half")
    with galvani.Study(experiment) as study:
        again = study.ask()[0]
        assert again == second and (again.checkpoint / "state").read_text() == "half"
        study.optimize(bowl, trials=3)
        assert len(told(study.name)) == 4 + 1


def test_a_binary_that_dies_is_started_again(experiment):
    with galvani.Study(experiment) as study:
        first, second = study.ask(2)
        os.kill(study._server._process.pid, signal.SIGKILL)
        # The open trials stay with this program, and are not given away twice.
        third = study.ask()[0]
        assert third.number == 3
        os.kill(study._server._process.pid, signal.SIGKILL)
        for trial in (first, second, third):
            study.tell(trial, bowl(trial))
        assert study._server.restarted == 2
        assert [each["outcome"] for each in told(study.name)] == ["finished"] * 3


def test_a_tell_whose_answer_was_lost_counts_once(experiment):
    with galvani.Study(experiment) as study:
        trial = study.ask()[0]
        exchange = study._server._exchange

        def lost(line):
            answer = exchange(line)
            study._server._exchange = exchange
            os.kill(study._server._process.pid, signal.SIGKILL)
            assert answer == {"ok": True}
            return exchange(line)

        study._server._exchange = lost
        study.tell(trial, 0.5)
        assert [each["cost"] for each in told(study.name)] == [0.5]
        with pytest.raises(galvani.RefusedError, match="was told already"):
            study.tell(trial, 0.5)


def test_a_binary_that_is_late_is_started_again_and_given_up(experiment, folder):
    program = folder / "silent"
    program.write_text(f'#!/bin/sh\n[ "$1" = check ] && exec {galvani.binary()} "$@"\nexec sleep 600\n')
    program.chmod(0o755)
    with pytest.raises(galvani.ServerError, match="did not answer within 0.2 s"):
        galvani.Study(experiment, binary=program, timeout=0.2, restarts=2)


def test_errors_have_a_message_and_a_hint(experiment, folder):
    (folder / "wrong.ron").write_text('(name: "w", search_space: (parameters: {"x": Flaot(min: 0, max: 1)}))')
    with pytest.raises(galvani.ExperimentError) as caught:
        galvani.Study("wrong.ron")
    assert "wrong.ron:1:" in caught.value.message and "Float" in caught.value.hint
    with pytest.raises(galvani.ExperimentError, match="there is no such file"):
        galvani.Study("absent.ron")
    (folder / "space.ron").write_text('(name: "s", parameters: {"x": Float(min: 0, max: 1)})')
    with pytest.raises(galvani.ExperimentError, match="is a search space, not an experiment"):
        galvani.Study("space.ron")
    with pytest.raises(galvani.BinaryNotFoundError, match="no-such-program"):
        galvani.Study(experiment, binary="./no-such-program")
    with galvani.Study(experiment) as study:
        with pytest.raises(galvani.RefusedError, match="there is no trial 99"):
            study.tell(99, 0.5)
        with pytest.raises(galvani.GalvaniError, match="must be a number, not 'low'"):
            study.tell(study.ask()[0], "low")
        with pytest.raises(galvani.ExperimentError, match="lock|another|use"):
            galvani.Study(experiment)
    with pytest.raises(galvani.GalvaniError, match="the study is closed"):
        study.ask()


def test_exceptions_of_a_function_are_outcomes(experiment):
    with galvani.Study(experiment) as study:
        study.tell(study.ask()[0], 1.0)
        study.ask()

        def function(trial):
            return misbehaving(trial) if trial.number % 6 in (3, 5) else bowl(trial)

        study.optimize(function, trials=3)
        outcomes = {each["trial"]: each["outcome"] for each in told(study.name)}
        assert outcomes[3] == "crashed" and outcomes[5] == "out_of_memory" and outcomes[4] == "finished"


def test_a_function_with_a_mistake_does_not_use_up_the_study(experiment):
    with galvani.Study(experiment) as study:
        with pytest.raises(galvani.TrialsFailedError, match="first 5 trials all crashed.*no such name") as caught:
            study.optimize(wrong)
        assert isinstance(caught.value.__cause__, KeyError)
        assert len(told(study.name)) == 5


def test_costs_that_are_not_finite_diverge_and_values_beside_the_cost_are_kept(experiment):
    with galvani.Study(experiment) as study:
        first, second = study.ask(2)
        study.tell(first, float("nan"))
        study.tell(second, {"cost": 0.5, "accuracy": 0.9})
        assert [each["outcome"] for each in told(study.name)] == ["diverged", "finished"]
        shown = subprocess.run([galvani.binary(), "show", "bowl", "2"], check=True, capture_output=True, text=True).stdout
        assert "accuracy" in shown and "0.9" in shown


def test_suggestions_are_checked_against_the_declared_space(experiment):
    with galvani.Study(experiment) as study:
        trial = study.ask()[0]
        assert trial.suggest_float("rate", 1e-4, 1e-1, log=True) == trial["rate"]
        assert trial.suggest_categorical("kind", ["plain", "rough"]) == "plain"
        with pytest.raises(galvani.SpaceError, match="declared with min 0.0001, not 0.001"):
            trial.suggest_float("rate", 1e-3, 1e-1, log=True)
        with pytest.raises(galvani.SpaceError, match="declared with log True, not False"):
            trial.suggest_float("rate", 1e-4, 1e-1)
        with pytest.raises(galvani.SpaceError, match="declared as integer, not as float"):
            trial.suggest_float("depth", 1, 9)
        with pytest.raises(galvani.SpaceError, match="not active in trial 1.*\n*.*kind == 'rough'"):
            trial.suggest_int("depth", 1, 9)
        with pytest.raises(galvani.SpaceError, match="no hyperparameter `width`"):
            trial.suggest_int("width", 1, 9)


def test_several_objectives_have_a_front(folder):
    experiment = galvani.Experiment(
        name="two",
        parameters={"x": galvani.Float(0, 1)},
        objectives={"loss": "minimize", "accuracy": "maximize"},
        stop={"trials": 12},
    )
    with galvani.Study(experiment) as study:
        study.optimize(lambda trial: {"costs": {"loss": trial["x"], "accuracy": trial["x"] ** 2}})
        front = study.front()
        assert len(front) == 12 and all(set(member.costs) == {"loss", "accuracy"} for member in front)
        assert study.best() == front[0] and front[0].cost is None


def test_requests_of_several_threads_do_not_mix(experiment):
    numbers = []
    with galvani.Study(experiment) as study:

        def work():
            for _ in range(4):
                for trial in study.ask():
                    numbers.append(trial.number)
                    study.tell(trial, bowl(trial))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(numbers) == list(range(1, len(numbers) + 1)) and len(told(study.name)) == len(numbers) > 8


def test_pruning_is_asked_for(folder):
    experiment = galvani.Experiment(
        name="pruned",
        parameters={"rate": galvani.Float(1e-4, 1e-1, log=True), "depth": galvani.Integer(1, 9)},
        budget=galvani.Budget(9, 9),
        optimizer={"pruning": {}, "intensifier": galvani.Raw("FullFidelity")},
        stop={"trials": 30},
        seed=1,
    )
    with galvani.Study(experiment) as study:
        study.optimize(reporting)
        outcomes = [each["outcome"] for each in told(study.name)]
    assert 0 < outcomes.count("pruned") < 30, outcomes
