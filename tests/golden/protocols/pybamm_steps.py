"""Ends and charges of protocols' steps by PyBaMM: python3 pybamm_steps.py [NAME ...] (pybamm 25.12, numpy).

Each case is NAME.txt, the protocol as galvani reads it, and NAME.csv: a row for each step with its end, s from the start,
the charge that it took out, A h (charging negative), and the voltage, V, current, A, and temperature, degC, at its end.

SPMe on a fine mesh: 60 cells in each domain, 960 in each particle (ORegan2022: 480, Marquis2019: 240), finer towards the surface; IDAKLU with
tolerances of 1e-9. With 240 a constant voltage ends up to 0.07 s later, with 480 up to 0.02 s.
PyBaMM up to 25 adds 1e-6 (1/s + 1/(s-1)) V to each open-circuit potential, 11 uV in a full cell, which is taken out here.
"""
import os
import pathlib
import sys

import numpy as np

os.environ["PYBAMM_DISABLE_TELEMETRY"] = "true"
import pybamm  # noqa: E402

FOLDER = pathlib.Path(__file__).parent
README = [
    "Discharge at C/10 for 10 hours or until 3.3 V",
    "Rest for 1 hour",
    "Charge at 1 A until 4.1 V",
    "Hold at 4.1 V until 50 mA",
    "Rest for 1 hour",
]
CCCV = [
    "Discharge at 1C until 2.5 V",
    "Rest for 30 minutes",
    "Charge at 1C until 4.2 V",
    "Hold at 4.2 V until C/50",
    "Rest for 30 minutes",
]
GITT = ["Discharge at C/10 for 1 hour or until 2.5 V", "Rest for 1 hour"]
POWER = [
    "Discharge at 10 W for 30 minutes or until 3 V",
    "Rest for 10 minutes",
    "Charge at 5 W for 20 minutes or until 4.1 V",
    "Rest for 1 hour",
]
RESISTANCE = ["Discharge at 1 Ohm until 3.4 V", "Rest for 10 minutes"]
HOLD = [
    "Discharge at 2 A for 30 minutes",
    "Hold at 3.9 V for 10 minutes",
    "Charge at 500 mA for 45 minutes",
    "Hold at 4.0 V for 1 hour or until 100 mA",
]
SLOW = [
    "Discharge at C/2 for 1 hour or until 3.2 V",
    "Rest for 10 minutes",
    "Charge at C/2 until 4.0 V",
    "Hold at 4.0 V until C/20",
]
# Name: parameters, thermal model, steps, repeats.
CASES = {
    "readme": ("Chen2020", "isothermal", README, 3),
    "cccv": ("Chen2020", "isothermal", CCCV, 2),
    "cccv_lumped": ("Chen2020", "lumped", CCCV, 2),
    "gitt": ("Chen2020", "isothermal", GITT, 11),
    "power": ("Chen2020", "isothermal", POWER, 2),
    "resistance": ("Chen2020", "isothermal", RESISTANCE, 1),
    "hold": ("Chen2020", "isothermal", HOLD, 1),
    "marquis_lumped": ("Marquis2019", "lumped", SLOW, 2),
    "oregan_lumped": ("ORegan2022", "lumped", SLOW, 1),
}


def without_steepness(function):
    def potential(sto):
        return function(sto) - 1e-6 * (1 / sto + 1 / (sto - 1))

    return potential


def run(name):
    parameters, thermal, steps, repeats = CASES[name]
    values = pybamm.ParameterValues(parameters)
    for electrode in ("Negative", "Positive"):
        values[f"{electrode} electrode OCP [V]"] = without_steepness(values[f"{electrode} electrode OCP [V]"])
    model = pybamm.lithium_ion.SPMe({"thermal": thermal})
    meshes = dict(model.default_submesh_types)
    for particle in ("negative particle", "positive particle"):
        stretch = {"side": "right", "stretch": 3.0}
        meshes[particle] = pybamm.MeshGenerator(pybamm.Exponential1DSubMesh, submesh_params=stretch)
    shells = {"Chen2020": 960, "ORegan2022": 480, "Marquis2019": 240}[parameters]
    cells = {"x_n": 60, "x_s": 60, "x_p": 60, "r_n": shells, "r_p": shells}
    simulation = pybamm.Simulation(
        model,
        experiment=pybamm.Experiment([tuple(steps)] * repeats, period="10 minutes"),
        parameter_values=values,
        submesh_types=meshes,
        var_pts=cells,
        solver=pybamm.IDAKLUSolver(rtol=1e-9, atol=1e-9, root_tol=1e-9),
    )
    solution = simulation.solve(calc_esoh=False)
    ambient = values["Ambient temperature [K]"] - 273.15
    head = f"# {parameters} {thermal} {ambient:.2f}\n"
    (FOLDER / f"{name}.txt").write_text(f"{head}(\n" + "\n".join(f"    {step}" for step in steps) + f"\n) * {repeats}\n")
    with open(FOLDER / f"{name}.csv", "w") as out:
        out.write("end_s,charge_ah,voltage_v,current_a,temperature_c\n")
        before = 0.0
        for cycle in solution.cycles:
            for step in cycle.steps:
                charge = step["Discharge capacity [A.h]"].entries[-1]
                names = ["Voltage [V]", "Current [A]", "X-averaged cell temperature [C]"]
                last = [step[each].entries[-1] for each in names]
                out.write(f"{step.t[-1]:.4f},{charge - before:.7f},{last[0]:.7f},{last[1]:.7f},{last[2]:.5f}\n")
                before = charge
    print(name, len(solution.cycles), "cycles", flush=True)


for case in sys.argv[1:] or CASES:
    run(case)
