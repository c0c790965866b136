"""The converged trace of ORegan2022: python3 oregan2022.py FOLDER (pybamm 26.10, numpy), then extract.py FOLDER.

Graphite's diffusivity changes by two decades within a few hundredths of stoichiometry: with 120 cells in a particle the
voltage at 2,400 s is 3.77565 V, with 480 it is 3.77608 V. Currents are those of the excerpt.
"""
import pathlib
import sys

import numpy as np
import pybamm
from pybamm.expression_tree import averages

# PyBaMM from 26.7 on averages the porosity wrongly (`x_average(eps * c_e / eps)` became a constant).
for owner in vars(averages).values():
    if isinstance(owner, type) and "_try_separable" in vars(owner):
        owner._try_separable = classmethod(lambda cls, symbol, average: None)

current = []
for line in open(pathlib.Path(__file__).parent / "oregan2022__step_4h.current.txt"):
    value, _, count = line.strip().partition("*")
    current += [float(value)] * int(count or 1)
times = np.arange(len(current), dtype=float)

model = pybamm.lithium_ion.SPMe({"thermal": "lumped"})
model.events = []
values = pybamm.ParameterValues("ORegan2022")
values["Current function [A]"] = pybamm.Interpolant(times, np.array(current), pybamm.t)
meshes = dict(model.default_submesh_types)
for particle in ("negative particle", "positive particle"):
    stretch = {"side": "right", "stretch": 3.0}
    meshes[particle] = pybamm.MeshGenerator(pybamm.Exponential1DSubMesh, submesh_params=stretch)
cells = {"x_n": 60, "x_s": 60, "x_p": 60, "r_n": 480, "r_p": 480}
solver = pybamm.IDAKLUSolver(rtol=1e-8, atol=1e-8, options={"dt_max": 1.0})
simulation = pybamm.Simulation(model, parameter_values=values, submesh_types=meshes, var_pts=cells, solver=solver)
solution = simulation.solve([0, times[-1]], t_interp=times)
names = ["Current [A]", "Terminal voltage [V]", "X-averaged cell temperature [C]", "Discharge capacity [A.h]"]
names += ["Battery open-circuit voltage [V]", "X-averaged concentration overpotential [V]"]
names += [f"X-averaged {electrode} electrode reaction overpotential [V]" for electrode in ("positive", "negative")]
names += [f"X-averaged {phase} ohmic losses [V]" for phase in ("electrolyte", "solid phase")]
columns = {name: solution[name](times) for name in names}
np.savez_compressed(f"{sys.argv[1]}/ORegan2022__step_4h__lumped__fine.npz", **columns)
