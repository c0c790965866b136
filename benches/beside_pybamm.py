"""The simulator beside PyBaMM in one run: processor time of a simulated second of one profile.

    python3 benches/beside_pybamm.py --original PYTHON_WITH_PYBAMM_24.5 --best PYTHON_WITH_PYBAMM_26 [--hours 4]

`original` is how Cell-Li-Gent runs it (24.5, CasadiSolver in mode "fast" with steps of at most 1 s), `best` is IDAKLU with
steps of at most 1 s and default tolerances, whose error is below 1 mV on the same mesh. SPMe of Chen2020 with lumped
temperature on the default mesh, solved and evaluated for current, voltage, temperature and discharge capacity; building
the model is not counted. One thread each.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import time

FOLDER = pathlib.Path(__file__).resolve().parent
OUTPUTS = ["Current [A]", "Terminal voltage [V]", "X-averaged cell temperature [C]", "Discharge capacity [A.h]"]


def samples(hours):
    values = []
    for line in open(FOLDER.parent / "tests/golden/spme/drive_4h.current.txt"):
        value, _, count = line.strip().partition("*")
        values += [float(value)] * int(count or 1)
    return values[: int(3600 * hours) + 1]


def worker(which, hours):
    import numpy
    import pybamm

    current = numpy.array(samples(hours))
    times = numpy.arange(len(current), dtype=float)
    model = pybamm.lithium_ion.SPMe({"thermal": "lumped"})
    model.events = []
    values = pybamm.ParameterValues("Chen2020")
    values["Current function [A]"] = pybamm.Interpolant(times, current, pybamm.t)
    if which == "original":
        solver = pybamm.CasadiSolver(mode="fast", extra_options_setup={"max_step_size": 1})
        arguments = {"t_eval": times}
    else:
        solver = pybamm.IDAKLUSolver(options={"dt_max": 1.0})
        arguments = {"t_eval": [0, times[-1]], "t_interp": times}
    simulation = pybamm.Simulation(model, parameter_values=values, solver=solver)
    simulation.build()
    begun = time.process_time()
    solution = simulation.solve(**arguments)
    solved = time.process_time()
    for name in OUTPUTS:
        solution[name].entries
    done = time.process_time()
    seconds = len(current) - 1
    print(json.dumps({"version": pybamm.__version__, "solve": (solved - begun) / seconds, "all": (done - begun) / seconds}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--original")
    parser.add_argument("--best")
    parser.add_argument("--hours", type=float, default=4)
    parser.add_argument("--worker")
    arguments = parser.parse_args()
    if arguments.worker:
        return worker(arguments.worker, arguments.hours)
    command = "cargo bench -q --bench simulator -- chen2020"
    said = subprocess.run(command.split(), cwd=FOLDER.parent, capture_output=True, text=True, check=True).stdout
    ours = float(re.search(r"chen2020 Lumped: ([0-9.]+) ns", said)[1])
    print(f"galvani, Chen2020, lumped: {ours:.1f} ns of processor time a profile-second")
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYBAMM_DISABLE_TELEMETRY": "true"}
    for which in ("original", "best"):
        python = getattr(arguments, which)
        if python:
            command = [python, __file__, "--worker", which, "--hours", str(arguments.hours)]
            said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
            found = json.loads(said.strip().splitlines()[-1])
            line = f"PyBaMM {found['version']}, {which}: {1e6 * found['solve']:.0f} us to solve, {1e6 * found['all']:.0f} us with outputs"
            print(f"{line}: {1e9 * found['solve'] / ours:.0f} and {1e9 * found['all'] / ours:.0f} times as much")


main()
