#!/usr/bin/env python3
"""Writes `gaussian_process.json`: evidence, its gradient and predictions at fixed hyperparameters.

`numbers` is scikit-learn's GaussianProcessRegressor (1.7.2) with ConstantKernel * Matern(5/2, a length a column) +
WhiteKernel. `mixed`, with categories and inactive values, is computed here with numpy alone, and so is `hopeful`, whose mean is the
one that the targets imply, 0 within 3 before, less 0.7.
"""
import json
from pathlib import Path

import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

rng = np.random.default_rng(4)


def standardised(y):
    return (y - y.mean()) / y.std()


def numbers():
    x, test = rng.random((25, 3)), rng.random((6, 3))
    y = np.sin(5 * x[:, 0]) + x[:, 1] ** 2 + 0.1 * rng.standard_normal(25)
    theta = np.log([1.3, 0.4, 0.9, 2.5, 0.02])
    kernel = ConstantKernel(1.0) * Matern(np.ones(3), nu=2.5) + WhiteKernel(1.0)
    model = GaussianProcessRegressor(kernel.clone_with_theta(theta), optimizer=None, alpha=0.0)
    model.fit(x, standardised(y))
    evidence, gradient = model.log_marginal_likelihood(theta, eval_gradient=True)
    mean, covariance = model.predict(test, return_cov=True)
    # scikit-learn predicts the noisy target; the function itself has no noise.
    variance = np.diag(covariance) - 0.02
    return dict(train=x.tolist(), test=test.tolist(), targets=y.tolist(), choices=[0, 0, 0], parameters=theta.tolist(),
                evidence=evidence, gradient=gradient.tolist(), means=(y.mean() + y.std() * mean).tolist(),
                variances=(y.var() * variance).tolist())


def covariance(a, b, theta, choices):
    variance, lengths = np.exp(theta[0]), np.exp(theta[1:-1])
    out = np.empty((len(a), len(b)))
    for i, p in enumerate(a):
        for j, q in enumerate(b):
            square = hamming = 0.0
            for u, v, count, length in zip(p, q, choices, lengths):
                if np.isnan(u) != np.isnan(v):
                    hamming += 1 / (2 * length**2)
                elif not np.isnan(u) and count:
                    hamming += (u != v) / (2 * length**2)
                elif not np.isnan(u):
                    square += ((u - v) / length) ** 2
            r = np.sqrt(5 * square)
            out[i, j] = variance * (1 + r + r * r / 3) * np.exp(-r) * np.exp(-hamming)
    return out


def mixed(deviation=0.0, optimism=0.0):
    choices = [0, 3, 0]

    def draw(count):
        x = np.column_stack([rng.random(count), rng.integers(0, 3, count), rng.random(count)])
        x[x[:, 1] == 2, 2] = np.nan
        return x

    x, test = draw(20), draw(6)
    y = x[:, 0] + 0.5 * x[:, 1] + np.nan_to_num(x[:, 2], nan=0.0) ** 2
    z = standardised(y)
    theta = np.log([0.8, 0.5, 1.1, 0.7, 0.05])

    def constant(k):
        if deviation == 0.0:
            return -optimism
        ones = np.linalg.solve(k, np.ones(len(z)))
        return ones @ z / (ones.sum() + deviation**-2) - optimism

    def log_evidence(theta):
        k = covariance(x, x, theta, choices) + np.exp(theta[-1]) * np.eye(len(x))
        sign, log_determinant = np.linalg.slogdet(k)
        rest = z - constant(k)
        return -0.5 * rest @ np.linalg.solve(k, rest) - 0.5 * log_determinant - 0.5 * len(x) * np.log(2 * np.pi)

    step = 1e-5
    gradient = [(log_evidence(theta + step * e) - log_evidence(theta - step * e)) / (2 * step) for e in np.eye(5)]
    k = covariance(x, x, theta, choices) + np.exp(theta[-1]) * np.eye(len(x))
    across = covariance(x, test, theta, choices)
    mean = constant(k) + across.T @ np.linalg.solve(k, z - constant(k))
    variance = np.exp(theta[0]) - np.einsum("ij,ij->j", across, np.linalg.solve(k, across))
    plain = lambda rows: [[None if np.isnan(v) else v for v in row] for row in rows.tolist()]
    return dict(train=plain(x), test=plain(test), targets=y.tolist(), choices=choices, parameters=theta.tolist(),
                evidence=log_evidence(theta), gradient=gradient, means=(y.mean() + y.std() * mean).tolist(),
                variances=(y.var() * variance).tolist())


target = Path(__file__).with_suffix(".json")
target.write_text(json.dumps({"numbers": numbers(), "mixed": mixed(), "hopeful": mixed(3.0, 0.7)}, indent=1) + "\n")
