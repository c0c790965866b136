"""Cycles of CCCV beside PyBaMM in one run: processor time of a cycle.

    python3 benches/protocols_beside_pybamm.py --python PYTHON_WITH_PYBAMM [--cycles 10000] [--pybamm-cycles 20]

SPMe of Chen2020 without a change of temperature: a discharge and a charge of 1 C, a constant voltage down to C/50, rests of half
an hour, ended by voltage and current. PyBaMM solves fewer cycles, as each takes the same time; on the default mesh, with
IDAKLU and its default tolerances; building the model is not counted. One thread each.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import time

FOLDER = pathlib.Path(__file__).resolve().parent
STEPS = (
    "Discharge at 1C until 2.5 V",
    "Rest for 30 minutes",
    "Charge at 1C until 4.2 V",
    "Hold at 4.2 V until C/50",
    "Rest for 30 minutes",
)


def worker(cycles):
    import pybamm

    simulation = pybamm.Simulation(
        pybamm.lithium_ion.SPMe(),
        experiment=pybamm.Experiment([STEPS] * cycles, period="1 hour"),
        parameter_values=pybamm.ParameterValues("Chen2020"),
        solver=pybamm.IDAKLUSolver(),
    )
    simulation.build_for_experiment()
    begun = time.process_time()
    simulation.solve(calc_esoh=False, save_at_cycles=cycles)
    print(json.dumps({"version": pybamm.__version__, "cycle": (time.process_time() - begun) / cycles}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", required=False)
    parser.add_argument("--cycles", type=int, default=10000)
    parser.add_argument("--pybamm-cycles", type=int, default=20)
    parser.add_argument("--worker", type=int)
    arguments = parser.parse_args()
    if arguments.worker:
        return worker(arguments.worker)
    command = f"cargo bench -q --no-default-features --features simulator --bench protocols -- {arguments.cycles}"
    said = subprocess.run(command.split(), cwd=FOLDER.parent, capture_output=True, text=True, check=True).stdout
    ours = float(re.search(r"cccv Isothermal: ([0-9.]+) us", said)[1])
    print(f"galvani: {ours:.1f} us of processor time a cycle, {arguments.cycles} cycles")
    if arguments.python:
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYBAMM_DISABLE_TELEMETRY": "true"}
        command = [arguments.python, __file__, "--worker", str(arguments.pybamm_cycles)]
        said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        found = json.loads(said.strip().splitlines()[-1])
        theirs = 1e6 * found["cycle"]
        print(f"PyBaMM {found['version']}: {theirs:.0f} us a cycle, {arguments.pybamm_cycles} cycles: {theirs / ours:.0f} times as much")


main()
