"""Excerpts of converged PyBaMM traces: python3 extract.py FOLDER_OF_NPZ (numpy).

The traces: PyBaMM 26.10.1.1, SPMe, Chen2020, IDAKLU 1e-8, 120 cells in each domain, 240 in each particle (exponential
mesh), current linear between samples of 1 s. PyBaMM from 26.7 on averages the porosity wrongly
(`x_average(eps * c_e / eps)` became a constant); that was repaired before the runs.

NAME.current.txt: samples of 1 s in A, `value*count` where they repeat. NAME.csv: time in s, V, degC, V.
"""
import sys

import numpy as np

CASES = ["const_1C__clg", "drive_4h__clg", "step_4h__clg", "step_4h__isothermal", "step_4h__lumped"]


def runs(samples):
    tokens = [f"{x:.4f}".rstrip("0").rstrip(".") for x in samples]
    start = 0
    for k in range(1, len(tokens) + 1):
        if k == len(tokens) or tokens[k] != tokens[start]:
            yield tokens[start] if k == start + 1 else f"{tokens[start]}*{k - start}"
            start = k


for case in CASES:
    profile, thermal = case.split("__")
    trace = np.load(f"{sys.argv[1]}/Chen2020__{case}__fine.npz")
    current = trace["Current [A]"]
    with open(f"{profile}.current.txt", "w") as out:
        out.write("\n".join(runs(current)) + "\n")
    core = trace["X-averaged cell temperature [C]"]
    clg = thermal == "clg"
    columns = {
        "voltage": trace["Terminal voltage [V]"],
        "surface_temperature": trace["Volume-averaged surface temperature [C]"] if clg else core,
        "core_temperature": core,
        "soc": 1 - trace["Discharge capacity [A.h]"] / 5,
        "ocv": trace["Battery open-circuit voltage [V]"],
        "reaction": trace["X-averaged positive electrode reaction overpotential [V]"]
        - trace["X-averaged negative electrode reaction overpotential [V]"],
        "concentration": trace["X-averaged concentration overpotential [V]"],
        "ohmic": trace["X-averaged electrolyte ohmic losses [V]"] + trace["X-averaged solid phase ohmic losses [V]"],
    }
    times = set(range(0, 14401, 60)) | set(range(7000, 7120))
    if profile != "drive_4h":
        for step in np.flatnonzero(np.abs(np.diff(current)) > 2):
            times |= {step + k for k in (1, 2, 3, 5, 9, 15)}
    with open(f"{case.replace('clg', 'two_temperature')}.csv", "w") as out:
        out.write("time," + ",".join(columns) + "\n")
        for t in sorted(t for t in times if t <= 14400):
            out.write(f"{t}," + ",".join(f"{column[t]:.6f}" for column in columns.values()) + "\n")
