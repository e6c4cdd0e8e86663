"""Makes distributions.json: tail probabilities from far below the mean to 1e-300, worked out with 60 digits (mpmath), and the studentized
range by SciPy. Run: pip install mpmath scipy; python distributions.py"""

import json
import pathlib

import mpmath as mp
from scipy import stats

mp.mp.dps = 60


def beta_i(a, b, x):
    return mp.betainc(a, b, 0, x, regularized=True)


def t_above(t, v):
    t, v = mp.mpf(t), mp.mpf(v)
    tail = beta_i(v / 2, mp.mpf(1) / 2, v / (v + t * t)) / 2
    return tail if t >= 0 else 1 - tail


def f_above(f, a, b):
    f, a, b = mp.mpf(f), mp.mpf(a), mp.mpf(b)
    return beta_i(b / 2, a / 2, b / (b + a * f))


def chi_above(x, k):
    return mp.gammainc(mp.mpf(k) / 2, mp.mpf(x) / 2, mp.inf, regularized=True)


def normal_above(z):
    return mp.erfc(mp.mpf(z) / mp.sqrt(2)) / 2


number = lambda value: float(mp.nstr(value, 20))
t = [[x, v, number(t_above(x, v))] for v in (1, 2, 3, 4.5, 10, 30, 100, 1000, 1e5, 1e6) for x in (-8, -2, -0.1, 0.01, 0.5, 1, 2, 5, 12, 30, 37)]
f = [[x, a, b, number(f_above(x, a, b))] for a in (1, 2, 5, 30, 200) for b in (1, 3, 10, 60, 500, 1e5) for x in (1e-6, 0.01, 0.3, 1, 1.5, 4, 20, 100)]
chi = [[x * k, k, number(chi_above(x * k, k))] for k in (1, 2, 3, 7, 30, 200, 2000, 100000) for x in (1e-4, 0.1, 0.5, 0.9, 1, 1.1, 1.5, 3, 10)]
normal = [[z, number(normal_above(z))] for z in (-30, -8, -3, -1, -1e-3, 0, 1e-8, 0.5, 1, 1.96, 3, 5, 8, 15, 25, 37)]
keep = lambda rows: [row for row in rows if row[-1] > 1e-300]
ranges = [[q, k, v, float(stats.studentized_range.sf(q, k, v))] for k in (2, 3, 5, 10, 30) for v in (2, 5, 12, 40, 333, 5000) for q in (0.5, 1, 2, 3, 4, 5, 6.5)]
ranges = [row for row in ranges if row[-1] > 1e-7]  # SciPy takes a difference from one.
out = {"t": keep(t), "f": keep(f), "chi_square": keep(chi), "normal": keep(normal), "studentized_range": ranges}
path = pathlib.Path(__file__).with_name("distributions.json")
path.write_text("{\n" + ",\n".join(f'"{name}": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]" for name, rows in out.items()) + "\n}\n")
