#!/usr/bin/env python3
"""Branin's function, asked for over standard input: what takes long to load is loaded once."""
import json
import math
import sys


def branin(x, y):
    parabola = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return parabola**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"cost": branin(request["config"]["x"], request["config"]["y"])}
    except Exception as error:  # The next trial may do better.
        answer = {"error": repr(error)}
    print(json.dumps({"trial": request["trial"], **answer}), flush=True)
