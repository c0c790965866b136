"""Excerpts of converged PyBaMM traces: python3 extract.py FOLDER_OF_NPZ (numpy).

The traces: PyBaMM 26.10.1.1, SPMe, IDAKLU 1e-8, current linear between samples of 1 s. Chen2020: 120 cells in each
domain, 240 in each particle (exponential mesh); the other cells 60 and 120, ORegan2022 60 and 480 (`oregan2022.py`).
PyBaMM from 26.7 on averages the porosity wrongly (`x_average(eps * c_e / eps)` became a constant); that was repaired
before the runs.

NAME.current.txt: samples of 1 s in A, `value*count` where they repeat. NAME.csv: time in s, V, degC, V.
"""
import sys

import numpy as np

CASES = ["Chen2020__const_1C__clg", "Chen2020__drive_4h__clg", "Chen2020__step_4h__clg", "Chen2020__step_4h__isothermal"]
CASES += ["Chen2020__step_4h__lumped", "Marquis2019__step_4h__lumped", "ORegan2022__step_4h__lumped"]
CASES += [f"{cell}__step_4h__isothermal" for cell in ("Prada2013", "Ecker2015", "Ai2020")]
CAPACITY = {"Chen2020": 5, "ORegan2022": 5, "Marquis2019": 0.680616, "Prada2013": 2.3, "Ecker2015": 0.15625, "Ai2020": 2.28}


def runs(samples, digits):
    tokens = [f"{x:.{digits}f}".rstrip("0").rstrip(".") for x in samples]
    start = 0
    for k in range(1, len(tokens) + 1):
        if k == len(tokens) or tokens[k] != tokens[start]:
            yield tokens[start] if k == start + 1 else f"{tokens[start]}*{k - start}"
            start = k


for case in CASES:
    cell, profile, thermal = case.split("__")
    trace = np.load(f"{sys.argv[1]}/{case}__fine.npz")
    prefix = "" if cell == "Chen2020" else cell.lower() + "__"
    current = trace["Current [A]"]
    with open(f"{prefix}{profile}.current.txt", "w") as out:
        out.write("\n".join(runs(current, 9 if prefix else 4)) + "\n")
    core = trace["X-averaged cell temperature [C]"]
    clg = thermal == "clg"
    columns = {
        "voltage": trace["Terminal voltage [V]"],
        "surface_temperature": trace["Volume-averaged surface temperature [C]"] if clg else core,
        "core_temperature": core,
        "soc": 1 - trace["Discharge capacity [A.h]"] / CAPACITY[cell],
        "ocv": trace["Battery open-circuit voltage [V]"],
        "reaction": trace["X-averaged positive electrode reaction overpotential [V]"]
        - trace["X-averaged negative electrode reaction overpotential [V]"],
        "concentration": trace["X-averaged concentration overpotential [V]"],
        "ohmic": trace["X-averaged electrolyte ohmic losses [V]"] + trace["X-averaged solid phase ohmic losses [V]"],
    }
    times = set(range(0, 14401, 60)) | set(range(7000, 7120)) if prefix == "" else set(range(0, 14401, 120))
    if profile != "drive_4h":
        for step in np.flatnonzero(np.abs(np.diff(current)) > 0.4 * CAPACITY[cell]):
            times |= {step + k for k in (1, 2, 3, 5, 9, 15)}
    with open(f"{prefix}{profile}__{thermal.replace('clg', 'two_temperature')}.csv", "w") as out:
        out.write("time," + ",".join(columns) + "\n")
        for t in sorted(t for t in times if t <= 14400):
            out.write(f"{t}," + ",".join(f"{column[t]:.6f}" for column in columns.values()) + "\n")
