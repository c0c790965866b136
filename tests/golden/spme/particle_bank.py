"""Rates and weights of the exponential bank in src/battery/simulation/particle.rs: python3 particle_bank.py (numpy, scipy).

The surface of a sphere after a unit step of the surface gradient, less its mean, in units of gradient x radius, is
    S(tau) = 1/5 - 2 sum exp(-l_m^2 tau) / l_m^2,  tan l_m = l_m,  tau = D t / R^2   (Crank 1975, section 6.3.6).
It is fitted by sum w_i (1 - exp(-r_i tau)) with the slowest rate exact and sum w_i = 1/5 exact.
"""
import sys

import numpy as np
from scipy.optimize import least_squares
from scipy.special import erfc

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 12


def roots(count):
    out = []
    for m in range(1, count + 1):
        x = (m + 0.5) * np.pi
        x -= 1 / x
        for _ in range(50):
            x -= (np.sin(x) - x * np.cos(x)) / (x * np.sin(x))
        out.append(x)
    return np.array(out)


ROOTS = roots(400)


def exact(tau):
    if tau < 0.02:  # tanh(1/sqrt(tau)) is 1 here
        return np.exp(tau) * erfc(-np.sqrt(tau)) - 1 - 3 * tau
    return 0.2 - 2 * np.sum(np.exp(-ROOTS**2 * tau) / ROOTS**2)


TAU = np.logspace(np.log10(2e-7), np.log10(2.0), 600)
STEP = np.array([exact(tau) for tau in TAU])


def weights(rates):
    basis = 1 - np.exp(-np.outer(TAU, rates))
    rows = np.vstack([basis, 1e3 * np.ones(len(rates))])
    return np.linalg.lstsq(rows, np.append(STEP, 200.0), rcond=None)[0], basis


def residual(logs, power=1):
    rates = np.append(ROOTS[0] ** 2, np.exp(logs))
    w, basis = weights(rates)
    return (basis @ w - STEP) * 1e4


start = np.linspace(np.log(60.0), np.log(3e6), COUNT - 1)
fit = least_squares(residual, start, max_nfev=5000, xtol=1e-14, ftol=1e-14, gtol=1e-14)
rates = np.append(ROOTS[0] ** 2, np.sort(np.exp(fit.x)))
w, basis = weights(rates)
w[-1] += 0.2 - w.sum()
print("largest error", np.abs(basis @ w - STEP).max(), file=sys.stderr)
for rate, weight in zip(rates, w):
    print(f"    ({float(rate)!r}, {float(weight)!r}),")
