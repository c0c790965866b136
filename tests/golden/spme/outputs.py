"""Parts of the voltage, concentrations and heat of SPMe: python3 outputs.py (PyBaMM 25.12, the solver IDAKLU).

outputs__NAME.csv: a row each 10 s. Columns as in `battery simulate --output overpotentials,concentrations,heat`, without
that of the contacts. 60 cells in each domain, 120 in each particle, 480 where diffusivity depends on stoichiometry
(ORegan2022). PyBaMM's isothermal model has no heat: its columns are zero.
"""
import sys

import numpy as np
import pybamm

pybamm.set_logging_level("ERROR")
# Amperes for seconds; each change within 1 s.
CASES = {
    "chen2020": ("Chen2020", "isothermal", [(5, 600), (0, 300), (-2, 600), (0, 300)]),
    "marquis2019": ("Marquis2019", "lumped", [(0.68, 900), (0, 300), (-0.4, 600), (0, 300)]),
    "oregan2022": ("ORegan2022", "lumped", [(5, 900), (-2.5, 600)]),
}


def wall(concentration, x):
    """The extremes over nodes and both walls, to which a parabola leads."""
    ends = [np.polyval(np.polyfit(x[k], concentration[k], 2), at) for k, at in ((slice(0, 3), 0.0), (slice(-3, None), 1.0))]
    return min(concentration.min(), *ends), max(concentration.max(), *ends)


for name, (parameters, thermal, steps) in CASES.items():
    if sys.argv[1:] and name not in sys.argv[1:]:
        continue
    parameters = pybamm.ParameterValues(parameters)
    times, currents = [0.0], [float(steps[0][0])]
    for k, (ampere, seconds) in enumerate(steps):
        if k > 0:
            times.append(times[-1] + 1.0)
            currents.append(float(ampere))
        times.append(times[-1] + seconds - (1.0 if k > 0 else 0.0))
        currents.append(float(ampere))
    parameters["Current function [A]"] = pybamm.Interpolant(np.array(times), np.array(currents), pybamm.t)
    parameters["Ambient temperature [K]"] = 298.15
    parameters["Initial temperature [K]"] = 298.15
    model = pybamm.lithium_ion.SPMe({"thermal": thermal})
    points = {"x_n": 60, "x_s": 60, "x_p": 60, "r_n": 120, "r_p": 120} | ({"r_n": 480, "r_p": 480} if name == "oregan2022" else {})
    mesh = model.default_submesh_types
    for particle in ("negative particle", "positive particle"):
        mesh[particle] = pybamm.MeshGenerator(pybamm.Exponential1DSubMesh, {"side": "right", "stretch": 2.0})
    grid = np.arange(0, times[-1] + 0.5, 10.0)
    simulation = pybamm.Simulation(
        model, parameter_values=parameters, var_pts=points, submesh_types=mesh, solver=pybamm.IDAKLUSolver(rtol=1e-8, atol=1e-8)
    )
    solution = simulation.solve(grid)

    def at(variable):
        return solution[variable](t=grid)

    concentration = solution["Electrolyte concentration [mol.m-3]"](t=grid)
    x = solution["x [m]"].entries[:, 0]
    x = x / (x[-1] + x[0])
    extremes = np.array([wall(concentration[:, k], x) for k in range(len(grid))])
    current = at("Current [A]")
    columns = {
        "time_s": grid,
        "current_a": current,
        "voltage_v": at("Battery voltage [V]"),
        "ocv_v": at("Battery open-circuit voltage [V]"),
        "particle_overpotential_v": at("Battery particle concentration overpotential [V]"),
        "reaction_overpotential_v": at("X-averaged battery reaction overpotential [V]"),
        "concentration_overpotential_v": at("X-averaged battery concentration overpotential [V]"),
        "electrolyte_ohmic_loss_v": at("X-averaged battery electrolyte ohmic losses [V]"),
        "solid_ohmic_loss_v": at("X-averaged battery solid phase ohmic losses [V]"),
        "negative_surface_stoichiometry": at("X-averaged negative particle surface stoichiometry"),
        "positive_surface_stoichiometry": at("X-averaged positive particle surface stoichiometry"),
        "least_electrolyte_mol_m3": extremes[:, 0],
        "largest_electrolyte_mol_m3": extremes[:, 1],
        "ohmic_heat_w": at("Ohmic heating [W]"),
        "irreversible_heat_w": at("Irreversible electrochemical heating [W]"),
        "reversible_heat_w": at("Reversible heating [W]"),
        "core_temperature_c": at("X-averaged cell temperature [C]"),
    }
    with open(f"outputs__{name}.current.csv", "w") as out:
        out.write("time_s,current_a\n" + "".join(f"{t:g},{i:g}\n" for t, i in zip(times, currents)))
    with open(f"outputs__{name}.csv", "w") as out:
        out.write(",".join(columns) + "\n")
        for row in zip(*columns.values()):
            out.write(",".join(f"{value:.7g}" if key in ("time_s", "current_a") else f"{value:.9g}" for key, value in zip(columns, row)) + "\n")
    print(name, len(grid), solution.termination)
