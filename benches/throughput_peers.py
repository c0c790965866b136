"""Trivial trials in Optuna (random sampler, journal file) and SMAC3 (random search), for the benchmark `throughput`."""
import sys
import tempfile
import time

trials = int(sys.argv[1])


def row(what, value, unit):
    print(f"{what:<58} {value:>10.2f} {unit}", flush=True)


def optuna():
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        storage = JournalStorage(JournalFileBackend(f"{folder}/journal.log"))
        study = optuna.create_study(storage=storage, sampler=optuna.samplers.RandomSampler(seed=1))

        def objective(trial):
            trial.suggest_float("x", 0, 1)
            trial.suggest_int("n", 1, 99)
            return 1.5

        begun, cpu = time.perf_counter(), time.process_time()
        study.optimize(objective, n_trials=trials, n_jobs=2)
        row(f"Optuna {optuna.__version__}, journal file, 2 threads, {trials} trials", trials / (time.perf_counter() - begun), "1/s")
        row("  processor time a trial", (time.process_time() - cpu) / trials * 1e3, "ms")


def smac():
    import smac
    from ConfigSpace import ConfigurationSpace
    from smac import RandomFacade, Scenario

    with tempfile.TemporaryDirectory() as folder:
        space = ConfigurationSpace({"x": (0.0, 1.0), "n": (1, 99)}, seed=1)
        scenario = Scenario(space, deterministic=True, n_trials=trials, output_directory=folder, seed=1)
        facade = RandomFacade(scenario, lambda config, seed=0: 1.5, logging_level=40, overwrite=True)
        begun, cpu = time.perf_counter(), time.process_time()
        facade.optimize()
        row(f"SMAC {smac.__version__}, random search, 1 process, {trials} trials", trials / (time.perf_counter() - begun), "1/s")
        row("  processor time a trial", (time.process_time() - cpu) / trials * 1e3, "ms")


optuna()
smac()
