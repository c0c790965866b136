#!/usr/bin/env python3
"""Runs `galvani ask-tell` on the tasks under the bookkeeping of the peers; appends to results.jsonl and is resumable.

  galvani_peer.py target/release/galvani --tasks dev,synth --seeds 0-9 [--mode mf|full] [--optimizer RON] [--name NAME]

`--optimizer` is the field `optimizer` of the experiment, such as `(search: TreeParzen())`.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
import tasks
from run_peers import HERE, append, done

FULL = 27  # the highest budget of the experiment, eta^3 times the lowest


def ron(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, str) else repr(value)


def plain(name):
    """A name that expressions of conditions may hold."""
    return name.replace(".", "_")


def named(task, config):
    """A configuration under the task's own names."""
    names = {plain(p["name"]): p["name"] for p in task.params}
    return {names[name]: value for name, value in config.items()}


def space(task):
    """The search space of a task in RON."""
    rows = []
    for p in task.params:
        if p["type"] == "cat":
            domain = f"Categorical(choices: [{', '.join(map(ron, p['choices']))}])"
        else:
            kind = "Float" if p["type"] == "float" else "Integer"
            domain = f"{kind}(min: {ron(p['lower'])}, max: {ron(p['upper'])}, log: {ron(bool(p.get('log')))})"
        rows.append(f'"{plain(p["name"])}": {domain}')
    conditions = []
    for c in task.conditions:
        test = " or ".join(f"{plain(c['parent'])} == {ron(v)}" for v in c["values"]).replace('"', "'")
        conditions.append(f'"{plain(c["child"])}": "{test}"')
    return f'(name: "task", parameters: {{{", ".join(rows)}}}, conditions: {{{", ".join(conditions)}}})'


class Server:
    """One `galvani ask-tell`: a request a line, an answer a line."""

    def __init__(self, binary, folder):
        command = [binary, "ask-tell", f"{folder}/e.ron", "--dir", f"{folder}/runs"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, verb, **fields):
        self.process.stdin.write(json.dumps({verb: fields}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("galvani has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


def optimize(server, task, recorder, is_multi):
    while True:
        answer = server.say("ask")
        if "done" in answer:
            return
        trial = answer["trials"][0]
        try:
            cost = recorder.evaluate(named(task, trial["config"]), trial["budget"] / FULL if is_multi else 1.0)
        except tasks.BudgetSpent:
            return
        server.say("tell", trial=trial["trial"], cost=cost)


def run(a, task, seed, name):
    recorder, error = tasks.Recorder(task, a.total), None
    is_multi = a.mode == "mf" and task.multi_fidelity
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        budget = f"budget: (min: 1, max: {FULL}, eta: {tasks.ETA})," if is_multi else ""
        optimizer = f"optimizer: {a.optimizer}," if a.optimizer else ""
        text = f'(name: "e", search_space: {space(task)}, {budget} {optimizer} stop: (trials: 100000), seed: {seed})'
        Path(folder, "e.ron").write_text(text)
        server = Server(a.binary, folder)
        try:
            optimize(server, task, recorder, is_multi)
        except Exception as failure:  # recorded, and the next run goes on
            error = f"{type(failure).__name__}: {failure}"
            print(name, task.name, seed, error, file=sys.stderr)
        server.close()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    append(Path(a.out), dict(
        peer=name, task=task.name, seed=seed, total=a.total, spent=round(recorder.spent, 4),
        spent_resume=round(recorder.spent_resume, 4), n_evals=recorder.n_evals, n_full=int(recorder.n_full),
        top_fraction=recorder.top[0], final_top=recorder.top[2], final_any=recorder.any[1],
        wall_s=round(time.perf_counter() - began, 3), cpu_s=round(cpu, 3), error=error, version="galvani",
        trajectory_columns=["spent", "top_fraction", "top_observed", "top_true_full", "any_true_full"],
        trajectory=recorder.trajectory))
    print(f"{name:15s} {task.name:22s} {seed} top {recorder.top[2]:.5f} evals {recorder.n_evals} cpu {cpu:.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--tasks", default="dev")
    parser.add_argument("--seeds", default="0-9")
    parser.add_argument("--mode", default="mf", choices=["mf", "full"])
    parser.add_argument("--optimizer")
    parser.add_argument("--name")
    parser.add_argument("--total", type=float, default=100.0)
    parser.add_argument("--out", default=str(HERE / "results.jsonl"))
    a = parser.parse_args()
    name = a.name or f"galvani_{a.mode}"
    groups = dict(dev=tasks.DEV, kinds=tasks.KINDS, synth=tasks.SYNTHETIC)
    low, _, high = a.seeds.partition("-")
    for seed in range(int(low), int(high or low) + 1):
        for each in [each for part in a.tasks.split(",") for each in groups.get(part, [part])]:
            if (name, each, seed, a.total) not in done(Path(a.out)):
                run(a, tasks.get_task(each), seed, name)


if __name__ == "__main__":
    main()
