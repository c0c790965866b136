"""The trivial trials of `benches/trials.rs` with Optuna or SMAC3, two workers; prints trials a second.

Random search, because what is compared is the machinery: what it costs to ask, start, tell and keep a trial.
"""
import sys
import time


def optuna_worker(count):
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = JournalStorage(JournalFileBackend("optuna.journal"))
    study = optuna.load_study(study_name="trivial", storage=storage, sampler=optuna.samplers.RandomSampler(seed=count))

    def objective(trial):
        x = trial.suggest_float("x", -5, 5)
        trial.suggest_float("y", 0, 1)
        return x * x

    study.optimize(objective, n_trials=count)


def run_optuna(count):
    import multiprocessing

    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    storage = JournalStorage(JournalFileBackend("optuna.journal"))
    optuna.create_study(study_name="trivial", storage=storage)
    workers = [multiprocessing.Process(target=optuna_worker, args=(count // 2,)) for _ in range(2)]
    begun = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return count / (time.perf_counter() - begun)


def square(config, seed=0):
    return config["x"] ** 2


def run_smac(count):
    import logging

    from ConfigSpace import ConfigurationSpace
    from smac import RandomFacade, Scenario

    space = ConfigurationSpace({"x": (-5.0, 5.0), "y": (0.0, 1.0)})
    scenario = Scenario(space, n_trials=count, n_workers=2, output_directory="smac", deterministic=True)
    smac = RandomFacade(scenario, square, logging_level=logging.ERROR, overwrite=True)
    begun = time.perf_counter()
    smac.optimize()
    return count / (time.perf_counter() - begun)


if __name__ == "__main__":
    # Fewer trials than galvani's: their cost a trial grows with the number, so this favours them.
    print(run_optuna(500) if sys.argv[1] == "optuna" else run_smac(100))
