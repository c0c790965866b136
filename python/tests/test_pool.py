"""Studies whose trials run in processes, and what such processes leave behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from functions import bowl, misbehaving, over_reporting, reporting, told, wrong

import galvani

METHODS = multiprocessing.get_all_start_methods()


@pytest.mark.parametrize("method", METHODS)
def test_trials_run_in_several_processes(experiment, method):
    with galvani.Study(experiment) as study:
        study.optimize(reporting, workers=3, start_method=method)
        trials = told(study.name)
        assert len(trials) == 24 and {each["outcome"] for each in trials} == {"finished"}
    processes = {each["metrics"]["process"] for each in trials}
    assert len(processes) == 3 and os.getpid() not in processes
    assert all(each["metrics"]["accuracy"] > 0 for each in trials)


def test_processes_that_die_hang_or_raise_are_outcomes(experiment):
    with galvani.Study(experiment) as study:
        study.optimize(misbehaving, workers=3, trials=12, time_limit=2.0)
        outcomes = {each["trial"]: each["outcome"] for each in told(study.name)}
    expected = ["finished", "crashed", "out_of_memory", "crashed", "timed_out", "out_of_memory"]
    assert outcomes == {trial: expected[trial % 6] for trial in range(1, 13)}


def test_a_limit_of_time_holds_for_one_worker(experiment):
    with galvani.Study(experiment) as study:
        study.tell(study.ask(3)[0], 1.0)
        study.optimize(misbehaving, trials=1, time_limit=1.0)
        assert told(study.name)[-1]["outcome"] == "timed_out"


def test_a_refused_report_fails_the_trial_with_its_reason(experiment):
    with galvani.Study(experiment) as study:
        with pytest.raises(galvani.TrialsFailedError, match="is above that of trial"):
            study.optimize(over_reporting, workers=2)


def test_a_function_with_a_mistake_ends_the_call(experiment):
    with galvani.Study(experiment) as study:
        with pytest.raises(galvani.TrialsFailedError, match="no such name"):
            study.optimize(wrong, workers=2)
        assert not multiprocessing.active_children()


def test_a_study_is_used_by_its_own_process_alone(experiment):
    with galvani.Study(experiment) as study:
        context = multiprocessing.get_context("fork")
        receiver, sender = context.Pipe()

        def child():
            try:
                study.ask()
                sender.send("asked")
            except galvani.GalvaniError as error:
                sender.send(str(error))

        process = context.Process(target=child)
        process.start()
        assert "belongs to the process that opened it" in receiver.recv()
        process.join()
        study.tell(study.ask()[0], 0.5)


def test_an_orphan_does_not_keep_the_lock(experiment, folder):
    """A program that is killed leaves workers behind, which hold no pipe to the binary: the run is free at once."""
    (folder / "program.py").write_text(
        textwrap.dedent(
            f"""
            import sys
            sys.path[:0] = {[os.path.dirname(__file__), *sys.path]!r}
            from functions import slow
            import galvani
            if __name__ == "__main__":
                galvani.Study("bowl.ron").optimize(slow, workers=2, start_method="fork")
            """
        )
    )
    experiment.write("bowl.ron")
    program = subprocess.Popen([sys.executable, "program.py"], start_new_session=True)
    try:
        listing = [galvani.binary(), "trials", "bowl", "--format", "json"]
        until = time.monotonic() + 60
        while subprocess.run(listing, capture_output=True).stdout.count(b'"trial"') < 2:
            assert program.poll() is None and time.monotonic() < until
            time.sleep(0.05)
        program.kill()
        program.wait()
        # Its workers sleep on; `killpg` below finds them.
        with galvani.Study("bowl.ron") as study:
            assert [trial.number for trial in study.ask(2)] == [1, 2]
        os.killpg(program.pid, 0)
    finally:
        try:
            os.killpg(program.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def test_an_interrupt_ends_the_workers_and_the_study_goes_on_later(experiment, folder):
    (folder / "program.py").write_text(
        textwrap.dedent(
            f"""
            import sys
            sys.path[:0] = {[os.path.dirname(__file__), *sys.path]!r}
            from functions import slow
            import galvani
            if __name__ == "__main__":
                with galvani.Study("bowl.ron") as study:
                    study.optimize(slow, workers=2)
            """
        )
    )
    experiment.write("bowl.ron")
    program = subprocess.Popen([sys.executable, "program.py"], start_new_session=True, stderr=subprocess.PIPE)
    listing = [galvani.binary(), "trials", "bowl", "--format", "json"]
    until = time.monotonic() + 60
    while subprocess.run(listing, capture_output=True).stdout.count(b'"trial"') < 2:
        assert program.poll() is None and time.monotonic() < until
        time.sleep(0.05)
    os.killpg(program.pid, signal.SIGINT)
    assert b"KeyboardInterrupt" in program.communicate(timeout=60)[1]
    with pytest.raises(ProcessLookupError):
        os.killpg(program.pid, 0)
    with galvani.Study("bowl.ron") as study:
        study.optimize(bowl, workers=2)
        assert len(told(study.name)) == 24
