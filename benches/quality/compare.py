#!/usr/bin/env python3
"""Normalised regret of runs of parallel.py, on the pairs of task and seed that all of them have.

  compare.py FILE.jsonl NAME,NAME,... [--tasks a,b] [--without-each-kind] [--per-task] [--recommended]

Mean, median over tasks and worst task after 10, 25, 50 and 100 full evaluations' worth of worker hours, and the mean rank
among the names at the end. The regret is that of the lowest observed cost at the highest fidelity, judged by the true one.
"""
import argparse
import json
from pathlib import Path
from statistics import mean, median

HERE = Path(__file__).resolve().parent
MARKS = (10, 25, 50, 100)


def kind(task):
    return task.split("-")[0]


class Table:
    def __init__(self, rows, names):
        self.references = json.loads((HERE / "references.json").read_text())
        self.best = {task: each["best"] for task, each in self.references.items()}
        for row in rows:
            for point in row["trajectory"]:
                self.best[row["task"]] = min(self.best[row["task"]], point[3])
        self.by = {(row["peer"], row["task"], row["seed"]): row for row in rows}
        pairs = sorted({(task, seed) for _, task, seed in self.by})
        self.pairs = [pair for pair in pairs if all((name, *pair) in self.by for name in names)]
        self.names = names

    def scaled(self, task, cost):
        if cost is None:
            return 1.0
        middle = self.references[task]["random_quantiles"]["0.5"]
        return (cost - self.best[task]) / (middle - self.best[task])

    def regret(self, name, pair, mark):
        row = self.by[(name, *pair)]
        reached = [point[3] for point in row["trajectory"] if point[0] <= mark + 1e-9]
        return self.scaled(pair[0], reached[-1] if reached else None)

    def recommended(self, name, pair, mark):
        costs = dict(self.by[(name, *pair)].get("recommended") or [])
        return self.scaled(pair[0], costs.get(mark))

    def over_tasks(self, name, pairs, mark, regret):
        tasks = {task for task, _ in pairs}
        return [mean(regret(name, pair, mark) for pair in pairs if pair[0] == task) for task in tasks]

    def rank(self, name, pairs, mark, regret):
        ranks = []
        for pair in pairs:
            own = regret(name, pair, mark)
            all_of = [regret(other, pair, mark) for other in self.names]
            ranks.append(1 + sum(other < own for other in all_of) + (sum(other == own for other in all_of) - 1) / 2)
        return mean(ranks)

    def show(self, pairs, title, regret):
        print(f"\n{title}: {len(pairs)} pairs, {len({task for task, _ in pairs})} tasks")
        print("| | " + " | ".join(f"mean at {mark}" for mark in MARKS) + " | median task | worst task | rank | processor s |")
        print("|---" * (len(MARKS) + 5) + "|")
        for name in self.names:
            means = [mean(regret(name, pair, mark) for pair in pairs) for mark in MARKS]
            last = self.over_tasks(name, pairs, MARKS[-1], regret)
            cpu = mean(self.by[(name, *pair)].get("cpu_s", 0) for pair in pairs)
            numbers = " | ".join(f"{each:.3f}" for each in means)
            rank = self.rank(name, pairs, MARKS[-1], regret)
            print(f"| {name} | {numbers} | {median(last):.3f} | {max(last):.3f} | {rank:.2f} | {cpu:.1f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("names")
    parser.add_argument("--tasks")
    parser.add_argument("--without-each-kind", action="store_true")
    parser.add_argument("--per-task", action="store_true")
    parser.add_argument("--recommended", action="store_true")
    a = parser.parse_args()
    rows = [row for row in map(json.loads, Path(a.file).read_text().splitlines()) if not row["error"]]
    if a.tasks:
        rows = [row for row in rows if row["task"] in a.tasks.split(",")]
    table = Table(rows, a.names.split(","))
    if not table.pairs:
        raise SystemExit("no pair of task and seed has all of these names")
    table.show(table.pairs, "all", table.regret)
    if a.recommended:
        table.show(table.pairs, "recommended", table.recommended)
    if a.without_each_kind:
        for left_out in sorted({kind(task) for task, _ in table.pairs}):
            pairs = [pair for pair in table.pairs if kind(pair[0]) != left_out]
            if pairs:
                table.show(pairs, f"without {left_out}", table.regret)
    if a.per_task:
        for task in sorted({task for task, _ in table.pairs}):
            of_task = [pair for pair in table.pairs if pair[0] == task]
            each = [
                f"{name}: " + " / ".join(f"{mean(table.regret(name, pair, mark) for pair in of_task):.3f}" for mark in MARKS)
                for name in table.names]
            print(f"{task}: " + "; ".join(each))


main()
