#!/usr/bin/env python3
"""Optimizers with W workers on a simulated clock; appends to parallel.jsonl and is resumable.

  parallel.py PEER --workers 4 --tasks dev,kinds --seeds 0-4 [--binary BIN] [--optimizer RON] [--name NAME]

An evaluation up to a fraction of the budget takes as many hours as the part of a full evaluation that it trains, times
a speed of the configuration's own (lognormal, 0.5, from its hash). A run has 100 full evaluations' worth of worker
hours, that is 100 / W hours of wall clock. A configuration that goes on trains only the rest; with --restarts, and for
SMAC, it begins anew. `--noise` is that of each observation, in inter-quartile ranges of random configurations.
`--distort` changes what optimizers are told, never the true cost by which they are judged: `cube` and `log` are
monotone, `penalty` adds 1e6 to the worst quarter, `mislead` turns the order of low budgets round.

Recorded: (worker hours, highest fraction, observed, true full cost) of the lowest observed cost at the highest fraction
so far, and for galvani the true full cost of its recommendation after 10, 25, 50 and 100 hours (`recommended`).
"""
import argparse
import hashlib
import heapq
import json
import logging
import math
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import warnings
from pathlib import Path

for v in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(v, "1")

import tasks  # noqa: E402
from galvani_peer import FULL, Server, named, space  # noqa: E402
from run_peers import HERE, append, done  # noqa: E402

STEPS = [1, 3, 9, 27]
MARKS = (10, 25, 50, 100)


def plain_values(config):
    return {k: (v.item() if hasattr(v, "item") else v) for k, v in config.items()}


def key(config):
    return repr(sorted(config.items()))


def speed(config):
    number = int.from_bytes(hashlib.sha256(key(config).encode()).digest()[:8], "big")
    return math.exp(0.5 * random.Random(number).gauss(0, 1))


class Told:
    """The costs that an optimizer is told: the task's with noise and distortion."""

    def __init__(self, task, noise, distort, seed):
        quantiles = json.loads((HERE / "references.json").read_text())[task.name]["random_quantiles"]
        self.task, self.distort, self.dice = task, distort, random.Random(seed)
        self.middle, self.worst = quantiles["0.5"], quantiles["0.75"]
        self.range = max(quantiles["0.75"] - quantiles["0.25"], 1e-12)
        self.noise = noise * self.range

    def cost(self, config, fraction):
        cost = self.task.cost(config, fraction)
        if self.distort == "mislead" and fraction < 0.999:
            cost = fraction * cost + (1 - fraction) * (2 * self.middle - cost)
        cost += self.noise * self.dice.gauss(0, 1)
        place = (cost - self.middle) / self.range
        if self.distort == "cube":
            return place ** 3
        if self.distort == "log":
            return math.copysign(math.log1p(abs(place)), place)
        if self.distort == "penalty" and cost > self.worst:
            return cost + 1e6
        return cost


class Clock:
    """W workers: `free` says how many are idle, `start` begins a job, `next` returns the one that ends first."""

    def __init__(self, task, a, seed):
        self.task, self.workers, self.limit = task, a.workers, a.total / a.workers
        self.told, self.restarts = Told(task, a.noise, a.distort, seed), a.restarts
        self.now, self.jobs, self.count = 0.0, [], 0
        self.top = (0.0, math.inf, math.inf)
        self.trajectory, self.recommended, self.log = [], [], []
        self.true, self.trained, self.n_full, self.n = {}, {}, 0, 0

    def free(self):
        return self.workers - len(self.jobs)

    def spent(self):
        return self.now * self.workers

    def full_cost(self, config):
        name = key(config)
        if name not in self.true:
            self.true[name] = self.task.cost(config, 1.0)
        return self.true[name]

    def start(self, config, fraction, tag, resumes=True):
        config = plain_values(config)
        before = self.trained.get(key(config), 0.0) if resumes and not self.restarts else 0.0
        hours = max(1e-4, self.task.spent(fraction) - before) * speed(config)
        self.count += 1
        heapq.heappush(self.jobs, (self.now + hours, self.count, config, fraction, tag))

    def next(self):
        """(config, fraction, tag, cost), or None where the time is over."""
        if not self.jobs or self.jobs[0][0] > self.limit:
            return None
        self.now, _, config, fraction, tag = heapq.heappop(self.jobs)
        reached = self.trained.get(key(config), 0.0)
        self.trained[key(config)] = max(reached, self.task.spent(fraction))
        cost = self.told.cost(config, fraction)
        self.n, self.n_full = self.n + 1, self.n_full + (fraction > 0.999)
        self.log.append([round(self.spent(), 4), round(fraction, 4), cost, config])
        if fraction > self.top[0] + 1e-6 or (fraction > self.top[0] - 1e-6 and cost < self.top[1]):
            self.top = (max(fraction, self.top[0]), cost, self.full_cost(config))
            self.trajectory.append([round(self.spent(), 4), round(self.top[0], 4), self.top[1], self.top[2]])
        return config, fraction, tag, cost


def galvani(clock, task, seed, a):
    is_multi = task.multi_fidelity
    with tempfile.TemporaryDirectory() as folder:
        restarts = ", restarts: true" if a.restarts else ""
        budget = f"budget: (min: 1, max: {FULL}, eta: {tasks.ETA}{restarts})," if is_multi else ""
        optimizer = f"optimizer: {a.optimizer}," if a.optimizer else ""
        executor = f"executor: Process(workers: {clock.workers}),"
        fields = f'name: "e", search_space: {space(task)}, {budget} {optimizer} {executor} stop: (trials: 100000), seed: {seed}'
        Path(folder, "e.ron").write_text(f"({fields})")
        server = Server(a.binary, folder)
        marks = list(MARKS)

        def recommend(mark):
            best = server.say("best")
            config = best.get("config") or (best.get("best") or {}).get("config")
            if config:
                clock.recommended.append([mark, clock.full_cost(named(task, config))])

        while True:
            while clock.free():
                trials = server.say("ask").get("trials")
                if not trials:
                    break
                fraction = trials[0]["budget"] / FULL if is_multi else 1.0
                clock.start(named(task, trials[0]["config"]), fraction, trials[0]["trial"])
            ended = clock.next()
            while marks and (ended is None or clock.spent() > marks[0]):
                recommend(marks.pop(0))
            if ended is None:
                break
            server.say("tell", trial=ended[2], cost=ended[3])
        server.close()


def optuna_tpe(clock, task, seed, a, is_pruned=False):
    import optuna
    from peers import _suggest
    warnings.filterwarnings("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    hyperband = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=FULL, reduction_factor=3)
    sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    pruner = hyperband if is_pruned else optuna.pruners.NopPruner()
    study = optuna.create_study(study_name=f"{task.name}-{seed}", sampler=sampler, pruner=pruner)
    steps = STEPS if is_pruned and task.multi_fidelity else [FULL]
    while True:
        while clock.free():
            trial = study.ask()
            clock.start(_suggest(task, trial), steps[0] / FULL, (trial, 0))
        ended = clock.next()
        if ended is None:
            return
        config, _, (trial, step), cost = ended
        if len(steps) > 1:
            trial.report(cost, steps[step])
            if step + 1 < len(steps):
                if trial.should_prune():
                    study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                else:
                    clock.start(config, steps[step + 1] / FULL, (trial, step + 1))
                continue
        study.tell(trial, cost)


def optuna_tpe_hb(clock, task, seed, a):
    optuna_tpe(clock, task, seed, a, True)


def at_random(clock, task, seed, a):
    dice = random.Random(seed)
    while True:
        while clock.free():
            clock.start(tasks.sample(task, dice), 1.0, None)
        if clock.next() is None:
            return


def smac_mf(clock, task, seed, a):
    import smac
    from peers import LOWEST, configspace
    from smac.model.random_forest.random_forest import RandomForest
    from smac.runhistory import TrialValue
    folder = tempfile.mkdtemp(prefix="smac_")
    try:
        scenario = smac.Scenario(
            configspace(task, seed, True), deterministic=True, n_trials=100000, seed=seed, output_directory=folder,
            min_budget=LOWEST, max_budget=1.0, n_workers=1)
        facade = smac.MultiFidelityFacade
        model = RandomForest(
            log_y=True, n_trees=10, bootstrapping=True, ratio_features=1.0, min_samples_split=2, min_samples_leaf=1,
            max_depth=2 ** 20, configspace=scenario.configspace, seed=scenario.seed, max_leaf_nodes=4096, n_jobs=1)
        optimizer = facade(
            scenario, lambda config, seed=0, budget=None: 0.0, overwrite=True, logging_level=logging.ERROR, model=model,
            initial_design=facade.get_initial_design(scenario, n_configs=10))
        while True:
            while clock.free():
                info = optimizer.ask()
                clock.start(dict(info.config), info.budget, info, resumes=False)
            ended = clock.next()
            if ended is None:
                return
            optimizer.tell(ended[2], TrialValue(cost=ended[3], time=1.0), save=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def syne(kind):
    def run(clock, task, seed, a):
        import datetime

        import numpy
        from syne_tune.backend.trial_status import Trial
        from syne_tune.config_space import choice, lograndint, loguniform, randint, uniform
        from syne_tune.optimizer import baselines
        numpy.random.seed(seed)
        domains = {}
        for p in task.params:
            if p["type"] == "cat":
                domains[p["name"]] = choice(list(p["choices"]))
            else:
                kinds = (lograndint, randint) if p["type"] == "int" else (loguniform, uniform)
                domains[p["name"]] = kinds[not p["log"]](p["lower"], p["upper"])
        scheduler = getattr(baselines, kind)(
            domains, metric="cost", time_attr="epoch", max_t=FULL, grace_period=1, reduction_factor=3, random_seed=seed)
        number = 0
        while True:
            while clock.free():
                config = scheduler.suggest().config
                trial = Trial(trial_id=number, config=config, creation_time=datetime.datetime.now())
                number += 1
                scheduler.on_trial_add(trial)
                active = {k: v for k, v in config.items() if tasks.active(task, k, config)}
                clock.start(active, STEPS[0] / FULL, (trial, 0, active))
            ended = clock.next()
            if ended is None:
                return
            _, _, (trial, step, active), cost = ended
            result = {"cost": cost, "epoch": STEPS[step]}
            if step + 1 == len(STEPS):
                scheduler.on_trial_complete(trial, result)
            elif scheduler.on_trial_result(trial, result) == "CONTINUE":
                clock.start(active, STEPS[step + 1] / FULL, (trial, step + 1, active))
    return run


PEERS = dict(
    galvani=galvani, optuna_tpe=optuna_tpe, optuna_tpe_hb=optuna_tpe_hb, random=at_random, smac_mf=smac_mf,
    syne_asha=syne("ASHA"), syne_asha_bore=syne("ASHABORE"), syne_asha_cqr=syne("ASHACQR"))


def run(a, name, task, seed):
    clock, error = Clock(task, a, seed), None
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        PEERS[a.peer](clock, task, seed, a)
    except Exception as failure:  # recorded, and the next run goes on
        error = f"{type(failure).__name__}: {failure}"
        print(name, task.name, seed, error, file=sys.stderr)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = time.process_time() - began + used.ru_utime - before.ru_utime
    row = dict(
        peer=name, task=task.name, seed=seed, total=a.total, n_evals=clock.n, n_full=int(clock.n_full),
        final_top=clock.top[2], cpu_s=round(cpu, 2), error=error, recommended=clock.recommended,
        trajectory_columns=["spent", "top_fraction", "top_observed", "top_true_full"], trajectory=clock.trajectory)
    append(Path(a.out), row)
    if a.log:
        log = [[*each, clock.full_cost(each[3])] for each in clock.log]
        append(Path(a.log), dict(peer=name, task=task.name, seed=seed, log=log))
    found = " ".join(f"{cost:.5f}" for _, cost in clock.recommended)
    print(f"{name:22s} {task.name:20s} {seed} top {clock.top[2]:.5f} recommended {found} evals {clock.n} full {clock.n_full} "
          f"cpu {cpu:.1f} {error or ''}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--tasks", default="dev,kinds")
    parser.add_argument("--seeds", default="0-4")
    parser.add_argument("--binary", help="the program `galvani`")
    parser.add_argument("--optimizer", help="the field `optimizer` of the experiment, in RON")
    parser.add_argument("--name")
    parser.add_argument("--total", type=float, default=100.0)
    parser.add_argument("--noise", type=float, default=0.0)
    parser.add_argument("--distort", choices=["cube", "log", "penalty", "mislead"])
    parser.add_argument("--restarts", action="store_true", help="a configuration that goes on begins anew")
    parser.add_argument("--out", default=str(HERE / "parallel.jsonl"))
    parser.add_argument("--log", help="a file that gets every evaluation")
    a = parser.parse_args()
    marks = [f"w{a.workers}", f"n{a.noise:g}" if a.noise else "", a.distort or "", "anew" if a.restarts else ""]
    name = "_".join([a.name or a.peer, *filter(None, marks)])
    groups = dict(dev=tasks.DEV, kinds=tasks.KINDS, synth=tasks.SYNTHETIC)
    low, _, high = a.seeds.partition("-")
    for seed in range(int(low), int(high or low) + 1):
        for each in [each for part in a.tasks.split(",") for each in groups.get(part, [part])]:
            if (name, each, seed, a.total) not in done(Path(a.out)):
                run(a, name, tasks.get_task(each), seed)


main()
