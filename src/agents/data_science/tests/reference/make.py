"""Makes statistics.json: what NumPy and SciPy say of the tables under examples/tables.

Run from the root of the repository with numpy and scipy installed:
    python3 src/agents/data_science/tests/reference/make.py
"""
import csv
import json
import math
from pathlib import Path

import numpy
import scipy
from scipy import stats

MISSING = {"", "na", "n/a", "null", "nan"}
TABLES = {
    "penguins.csv": ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"],
    "iris.csv": ["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"],
    "longley.csv": ["TOTEMP", "GNPDEFL", "GNP", "UNEMP", "ARMED", "POP"],
    "wine.csv": ["alcohol", "malic_acid", "ash", "magnesium", "proline"],
    "sunspots.csv": ["SUNACTIVITY"],
    "engel.csv": ["income", "foodexp"],
    "penguins-raw.csv": ["Culmen Length (mm)", "Delta 15 N (o/oo)", "Delta 13 C (o/oo)"],
    "seattle-weather.csv": ["precipitation", "temp_max", "temp_min", "wind"],
}


def number(text):
    return math.nan if text.strip().lower() in MISSING else float(text)


def outliers(present):
    low, high = numpy.quantile(present, [.25, .75])
    iqr = int(((present < low - 1.5 * (high - low)) | (present > high + 1.5 * (high - low))).sum())
    distance = numpy.abs(present - numpy.median(present)) / stats.median_abs_deviation(present, scale="normal")
    return {"iqr": iqr, "mad": int((distance > 3.5).sum())}


def of(name, columns):
    rows = list(csv.DictReader(open(Path("examples/tables") / name, encoding="utf-8-sig")))
    values = {column: numpy.array([number(row[column]) for row in rows]) for column in columns}
    described = {}
    for column, series in values.items():
        present = series[~numpy.isnan(series)]
        low, high = present.min(), present.max()
        described[column] = {
            "missing": int(numpy.isnan(series).sum()),
            "distinct": int(len(numpy.unique(present))),
            "min": low, "max": high,
            "mean": present.mean(), "sd": present.std(ddof=1),
            "quantiles": dict(zip(["p05", "p25", "p50", "p75", "p95"], numpy.quantile(present, [.05, .25, .5, .75, .95]).tolist())),
            "skewness": stats.skew(present),
            "kurtosis": stats.kurtosis(present),
            "outliers": outliers(present),
        }
    pearson, spearman = [], []
    for first in columns:
        pearson.append([]), spearman.append([])
        for second in columns:
            both = ~numpy.isnan(values[first]) & ~numpy.isnan(values[second])
            pearson[-1].append(stats.pearsonr(values[first][both], values[second][both]).statistic)
            spearman[-1].append(stats.spearmanr(values[first][both], values[second][both]).statistic)
    return {"rows": len(rows), "columns": described, "order": columns, "pearson": pearson, "spearman": spearman}


result = {"made_with": f"NumPy {numpy.__version__}, SciPy {scipy.__version__}", "tables": {name: of(name, columns) for name, columns in TABLES.items()}}
Path(__file__).with_name("statistics.json").write_text(json.dumps(result, indent=1, default=float) + "\n")
