#!/usr/bin/env python3
"""Mean normalised regret at 25, 50 and 100 % of the budget, and paired tests (needs scipy for the Wilcoxon p).

  paired.py OURS [PEER ...] [--tasks dev]     over the pairs of task and seed that both have
"""
import json
import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean

import tasks
from summarize import at

HERE = Path(__file__).resolve().parent
SHARES = (0.25, 0.5, 1.0)


def main():
    words = sys.argv[1:]
    group = words[words.index("--tasks") + 1] if "--tasks" in words else "dev"
    names = dict(dev=tasks.DEV, synth=tasks.SYNTHETIC).get(group, group.split(","))
    words = [w for i, w in enumerate(words) if w != "--tasks" and (i == 0 or words[i - 1] != "--tasks")]
    ours, wanted = words[0], words[1:]
    references = json.loads((HERE / "references.json").read_text())
    rows = [json.loads(line) for line in (HERE / "results.jsonl").read_text().splitlines()]
    rows = [r for r in rows if not r["error"] and r["total"] == 100 and r["task"] in names]
    best = {t: min([references[t]["best"]] + [p[3] for r in rows if r["task"] == t for p in r["trajectory"]]) for t in names}
    regret = defaultdict(dict)
    for r in rows:
        scale = references[r["task"]]["random_quantiles"]["0.5"] - best[r["task"]]
        found = [at(r, share * 100, 3) for share in SHARES]
        regret[r["peer"]][r["task"], r["seed"]] = [1.0 if v is None else (v - best[r["task"]]) / scale for v in found]
    print(f"| peer | pairs | ours | theirs | wins | Wilcoxon p at 25 / 50 / 100 % |\n|{'---|' * 6}")
    for peer in wanted or sorted(regret):
        pairs = sorted(set(regret[ours]) & set(regret[peer]))
        if peer == ours or not pairs:
            continue
        mine, theirs = [regret[ours][p] for p in pairs], [regret[peer][p] for p in pairs]
        text = lambda each: " / ".join(f"{mean(v[k] for v in each):.3f}" for k in range(3))
        wins = " / ".join(f"{mean(a[k] < b[k] for a, b in zip(mine, theirs)):.0%}" for k in range(3))
        try:
            from scipy.stats import wilcoxon
            p = " / ".join(f"{wilcoxon([a[k] - b[k] for a, b in zip(mine, theirs)]).pvalue:.1e}" for k in range(3))
        except (ImportError, ValueError):
            p = "-"
        print(f"| {peer} | {len(pairs)} | {text(mine)} | {text(theirs)} | {wins} | {p} |")


main()
