"""A BPX file under a thermal model: python3 bpx_thermal.py (PyBaMM 25.12 with bpx 0.5, the solver IDAKLU).

The file is tests/corpora/cells/bpx_1_1.json, moved into the shape of version 0.5, which this PyBaMM reads. bpx__steps.csv: a row each 10 s, lumped thermal model. 60 cells in each domain, 240 in each particle.
"""
import json
import pathlib

import numpy as np
import pybamm

here = pathlib.Path(__file__).parent
file = json.loads((here / "../../corpora/cells/bpx_1_1.json").read_text())
state = file.pop("State")
file.pop("Validation")
file["Parameterisation"].pop("User-defined")
file["Header"]["BPX"] = 0.5
file["Parameterisation"]["Electrolyte"]["Initial concentration [mol.m-3]"] = 1000
file["Parameterisation"]["Cell"] |= {"Ambient temperature [K]": 298.15, "Initial temperature [K]": 298.15, "Thermal conductivity [W.m-1.K-1]": 2}
parameters = pybamm.ParameterValues.create_from_bpx_obj(file)
parameters.update({"Total heat transfer coefficient [W.m-2.K-1]": state["Thermal state"]["Heat transfer coefficient [W.m-2.K-1]"]}, check_already_exists=False)


def steps():
    times, currents = [0.0], [5.0]
    for ampere, end in ((5.0, 900), (0.0, 1200), (-2.5, 1800), (10.0, 2100)):
        if ampere != currents[-1]:
            times.append(times[-1] + 1.0)
            currents.append(ampere)
        times.append(float(end))
        currents.append(ampere)
    return np.array(times), np.array(currents)


for name, (times, currents) in {"steps": steps()}.items():
    chosen = parameters.copy()
    chosen["Current function [A]"] = pybamm.Interpolant(times, currents, pybamm.t)
    model = pybamm.lithium_ion.SPMe({"thermal": "lumped"})
    mesh = model.default_submesh_types
    for particle in ("negative particle", "positive particle"):
        mesh[particle] = pybamm.MeshGenerator(pybamm.Exponential1DSubMesh, {"side": "right", "stretch": 2.0})
    points = {"x_n": 60, "x_s": 60, "x_p": 60, "r_n": 240, "r_p": 240}
    simulation = pybamm.Simulation(model, parameter_values=chosen, var_pts=points, submesh_types=mesh, solver=pybamm.IDAKLUSolver(rtol=1e-8, atol=1e-8))
    grid = np.arange(0, times[-1] + 0.5, 10.0)
    solution = simulation.solve(grid)
    keep = grid
    columns = {
        "time_s": keep,
        "voltage_v": solution["Battery voltage [V]"](t=keep),
        "ocv_v": solution["Battery open-circuit voltage [V]"](t=keep),
        "core_temperature_c": solution["X-averaged cell temperature [C]"](t=keep),
    }
    if name == "steps":
        with open("bpx__steps.current.csv", "w") as out:
            out.write("time_s,current_a\n" + "".join(f"{t:g},{i:g}\n" for t, i in zip(times, currents)))
    with open(f"bpx__{name}.csv", "w") as out:
        out.write(",".join(columns) + "\n")
        for row in zip(*columns.values()):
            out.write(",".join(f"{value:.9g}" for value in row) + "\n")
    print(name, len(keep), solution.termination)
