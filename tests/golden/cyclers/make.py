"""Files of cyclers in the layouts of their vendors, made of one simulated test (PyBaMM 25.12, Doyle-Fuller-Newman, Chen 2020).

python make.py writes them beside itself, and truth.csv with the times (s), currents (A, discharge positive), voltages (V),
temperatures (degC) and states of charge.
"""
import pathlib

import numpy as np
import pybamm

here = pathlib.Path(__file__).parent
# Name, seconds, amperes (discharge positive), seconds from row to row.
STEPS = [("Rest", 1800, 0.0, 60), ("CC DChg", 1500, 2.5, 10), ("Rest", 600, 0.0, 30), ("CC DChg", 60, 5.0, 1),
         ("Rest", 600, 0.0, 30), ("CC Chg", 1200, -1.5, 10), ("Rest", 600, 0.0, 30)]
SWITCH = 0.1

times, amps, row_time, row_step, row_in_step = [], [], [], [], []
begin = 0.0
for index, (name, seconds, current, every) in enumerate(STEPS):
    times += [begin + (SWITCH if begin else 0.0), begin + seconds]
    amps += [current, current]
    within = np.concatenate([[SWITCH if begin else 0.0], np.arange(every, seconds + 1, every)])
    row_time += list(begin + within)
    row_step += [index] * len(within)
    row_in_step += list(within)
    begin += seconds
times, amps, row_time = np.array(times, float), np.array(amps), np.array(row_time)

parameters = pybamm.ParameterValues("Chen2020")
parameters["Current function [A]"] = pybamm.Interpolant(times, amps, pybamm.t, interpolator="linear")
simulation = pybamm.Simulation(pybamm.lithium_ion.DFN(), parameter_values=parameters)
solution = simulation.solve(t_eval=times, t_interp=row_time, initial_soc=0.9)
voltage = solution["Terminal voltage [V]"](row_time)
current = np.interp(row_time, times, amps)
charge = solution["Discharge capacity [A.h]"](row_time)
soc = 0.9 - charge / 5.0
celsius = 25 + 0.5 * np.sin(row_time / 900)
rows = list(zip(row_time, row_step, row_in_step, current, voltage, celsius, soc))


def clock(seconds, days=False):
    whole = int(seconds)
    day, rest = divmod(whole, 86400) if days else (0, whole)
    text = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}{seconds - whole:.3f}".replace(f"{rest % 60:02}0.", f"{rest % 60:02}.")
    return f"  {day}d {text}" if days else text


def write(name, lines, encoding="utf-8", end="\n"):
    (here / name).write_bytes(end.join(lines + [""]).encode(encoding))


write("truth.csv", ["time,current,voltage,temperature,soc"] + [f"{t:.3f},{i:.4f},{v:.6f},{c:.3f},{s:.6f}" for t, _, _, i, v, c, s in rows])

# Arbin: dates in quotes behind a tab, a repeated row, a row without a voltage.
lines = ["Data_Point,Date_Time,Test_Time(s),Step_Time(s),Cycle_Index,Step_Index,Current(A),Voltage(V),Charge_Capacity(Ah),Aux_Temperature_1(C)"]
for k, (t, step, within, i, v, c, _) in enumerate(rows):
    row = f'{k + 1},"\t09/20/2024 {clock(t)[:8]}",{t:.4f},{within:.4f},1,{step + 1},{-i:.6f},{v:.6f},0,{c:.3f}'
    lines.append(row)
    if k == 50:
        lines.append(row)
    if k == 80:
        lines.append(f'{k + 1},"\t09/20/2024 {clock(t)[:8]}",{t + 1:.4f},{within + 1:.4f},1,{step + 1},{-i:.6f},,0,{c:.3f}')
write("arbin.csv", lines, end="\r\n")

# Maccor: tabs, lines before the header, currents without a sign beside a state, thermocouples that are not connected.
lines = ["Today's Date:\t14 December 2020\tDate of Test:\t11 December 2020, 12:22:12 PM", "Filename:\tM50_01\tTester Channel:\t1",
         "Procedure:\tM50.000\tDescription:\t", "Rec#\tCyc#\tStep\tTestTime\tStepTime\tAmp-hr\tWatt-hr\tAmps\tVolts\tState\tES\tDPt Time\tTemp 1\t Units\t"]
for k, (t, step, within, i, v, c, _) in enumerate(rows):
    state = "D" if i > 0 else "C" if i < 0 else "R"
    probe = -2501.714 if k == 10 else c
    lines.append(f"{k + 1}\t0\t{step + 1}\t{clock(t, True)}\t{clock(within, True)}\t0.00000\t0.00000\t{abs(i):.5f}\t{v:.5f}\t{state}\t1\t12/11/2020 12:22:12\t{probe:.5f}\t C  \t")
write("maccor.txt", lines, end="\r\n")

# Neware: times of each step, milliamperes.
lines = ["Record Index,Status,JumpTo,Cycle,Step,Cur(mA),Voltage(V),CapaCity(mAh),Energy(mWh),Relative Time(h:min:s.ms),Absolute Time"]
for k, (t, step, within, i, v, c, _) in enumerate(rows):
    stamp = f"2024-05-18 {clock(8 * 3600 + t)[:8]}"
    lines.append(f"{k + 1},{STEPS[step][0].replace(' ', '_')},0,1,{step + 1},{-1e3 * i:.1f},{v:.4f},0,0,{clock(within)},{stamp}")
write("neware.csv", lines)

# Neware, nested: rows of cycles and steps between the records, Chinese names in GBK.
lines = ["循环序号,充电容量(Ah),放电容量(Ah)", ",工步序号,工步类型,工步时间", ",,记录序号,时间,总时间,电流(A),电压(V),容量(Ah),T1(℃)", "1,0.5,1.1"]
last = None
for k, (t, step, within, i, v, c, _) in enumerate(rows):
    if step != last:
        lines.append(f",{step + 1},{STEPS[step][0]},{clock(STEPS[step][1])}")
        last = step
    lines.append(f",,{k + 1},{clock(within)},{clock(t)},{-i:.5f},{v:.4f},0,{c:.2f}")
write("neware_nested.csv", lines, "gbk")

# BioLogic: Latin-1, decimal commas, a header of many lines.
settings = ["EC-Lab ASCII FILE", "Nb header lines : 12", "", "Galvanostatic Cycling with Potential Limitation", "", "Run on channel : 1 (SN 12345)",
            "Ewe ctrl range : min = -5,00 V, max = 5,00 V", "Electrode surface area : 0,001 cm²", "Acquisition started on : 05/18/2022 16:27:52",
            "Set I/C             I                   I", "vs.                 <None>              <None>"]
lines = settings + ["mode\tox/red\terror\tcontrol changes\tNs changes\tcounter inc.\tNs\ttime/s\tdq/mA.h\tEcell/V\t<I>/mA\tTemperature/°C\tcycle number"]
for t, step, _, i, v, c, _ in rows:
    lines.append(f"1\t0\t0\t0\t0\t0\t{step}\t{t:.15E}\t0,0\t{v:.7E}\t{-1e3 * i:.7E}\t{c:.3f}\t1".replace(".", ","))
write("biologic.mpt", lines, "latin-1", "\r\n")

# Battery Data Format.
lines = ["Test Time / s,Voltage / V,Current / A,Surface Temperature / degC"]
lines += [f"{t:.3f},{v:.6f},{-i:.6f},{c:.3f}" for t, _, _, i, v, c, _ in rows]
write("battery_data_format.bdf.csv", lines)
