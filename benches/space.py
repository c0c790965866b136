"""Times ConfigSpace on a space in its own JSON: python space.py SPACE.json CONFIGURATIONS REPETITIONS.

`vectors` is what `sample_configuration` returns, configurations that decode their values when they are read; `values` reads
them all once.
"""
import json
import sys
import time
import warnings

from ConfigSpace import ConfigurationSpace

warnings.filterwarnings("ignore")
path, configurations, repetitions = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
space = ConfigurationSpace.from_json(path)
best = {"vectors": float("inf"), "values": float("inf")}
for repetition in range(repetitions):
    space.seed(repetition)
    before = time.perf_counter()
    drawn = space.sample_configuration(configurations)
    vectors = time.perf_counter()
    values = [dict(configuration) for configuration in drawn]
    after = time.perf_counter()
    best["vectors"] = min(best["vectors"], 1e3 * (vectors - before))
    best["values"] = min(best["values"], 1e3 * (after - before))
print(json.dumps(best))
