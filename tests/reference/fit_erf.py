"""Finds the coefficients of erf in codegen/halide/ops/elementwise.cc.  Needs numpy and scipy.

Each polynomial minimizes the largest error of erf, relative to erf, over its interval.  Over a grid of points this is a
linear program: minimize e such that |polynomial - function| * weight <= e at each point.
"""
import numpy as np
from scipy.optimize import linprog
from scipy.special import erf, erfc, erfcx

SPLIT, END = 0.921875, 4.0  # beyond END, erf rounds to 1 in float32
POINTS = 0.5 - 0.5 * np.cos(np.pi * (np.arange(1500) + 0.5) / 1500)  # Chebyshev's points of [0, 1]


def fit(x, function, weight, degree):
    powers = np.stack([x**power for power in range(degree + 1)], 1) * weight[:, None]
    ones = np.ones((len(x), 1))
    cost = np.zeros(degree + 2)
    cost[-1] = 1
    bounds = np.concatenate([function * weight, -function * weight])
    result = linprog(cost, np.block([[powers, -ones], [-powers, -ones]]), bounds,
                     bounds=[(None, None)] * (degree + 1) + [(0, None)], method="highs")
    return result.x[:-1], result.x[-1]


def show(name, coefficients, error):
    print(name, "largest error %.2g * 2^-24" % error, "highest power first:")
    print("   ", ", ".join("%.9gf" % np.float32(c) for c in coefficients[::-1]))


# erf x = x + x * P(x^2)
x = SPLIT * POINTS
show("|x| < split: P", *fit(x * x, erf(x) / x - 1, x / erf(x) * 2**24, 5))
# erf x = 1 - e^Q(x), where Q = ln erfc
x = SPLIT + (END - SPLIT) * POINTS
show("|x| > split: Q", *fit(x, np.log(erfcx(x)) - x * x, erfc(x) / erf(x) * 2**24, 6))
