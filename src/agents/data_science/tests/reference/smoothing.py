"""Makes smoothing.json: what statsmodels' Holt-Winters does with given weights and beginnings, and the least squares that it finds.

Run from the root of the repository with statsmodels, pandas and numpy installed:
    python3 src/agents/data_science/tests/reference/smoothing.py
"""
import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels
from statsmodels.tsa.holtwinters import ExponentialSmoothing

warnings.simplefilter("ignore")
tables = Path("examples/tables")
series = {
    "nile": (pd.read_csv(tables / "nile.csv").volume.astype(float), 1),
    "employment": (pd.read_csv(tables / "us-employment.csv").leisure_and_hospitality.astype(float), 12),
    "private": (pd.read_csv(tables / "us-employment.csv").nonfarm.astype(float), 12),
    "sunspots": (pd.read_csv(tables / "sunspots.csv").SUNACTIVITY.astype(float) + 1, 11),
}
rows = []
for name, (values, m) in series.items():
    for trend, damped in ((None, False), ("add", False), ("add", True)):
        for seasonal in (None, "add", "mul"):
            if seasonal and m == 1:
                continue
            # A multiplicative season on values near zero runs away, and rounding errors with it.
            if name == "sunspots" and seasonal == "mul":
                continue
            level, slope = values[:m].mean(), 0.1
            season = None if not seasonal else list(values[:m] - level if seasonal == "add" else values[:m] / level)
            known = {"initialization_method": "known", "initial_level": level}
            if trend:
                known["initial_trend"] = slope
            if seasonal:
                known["initial_seasonal"] = season
            model = ExponentialSmoothing(values, trend=trend, damped_trend=damped, seasonal=seasonal, seasonal_periods=m if seasonal else None, **known)
            weights = {"smoothing_level": 0.4}
            if trend:
                weights["smoothing_trend"] = 0.15
            if damped:
                weights["damping_trend"] = 0.9
            if seasonal:
                weights["smoothing_seasonal"] = 0.2
            fixed = model.fit(optimized=False, **weights)
            free = ExponentialSmoothing(values, trend=trend, damped_trend=damped, seasonal=seasonal, seasonal_periods=m if seasonal else None,
                                        initialization_method="heuristic").fit()
            rows.append({
                "series": name, "values": list(values), "season": m, "trend": "none" if not trend else "damped" if damped else "additive",
                "seasonal": {"add": "additive", "mul": "multiplicative"}.get(seasonal, "none"), "level": level, "slope": slope, "first": season or [],
                "squares": fixed.sse, "ahead": list(fixed.forecast(2 * m + 3)), "least": free.sse,
            })
shared = {name: list(values) for name, (values, _) in series.items()}
for row in rows:
    del row["values"]
Path("src/agents/data_science/tests/reference/smoothing.json").write_text(
    json.dumps({"made_with": f"statsmodels {statsmodels.__version__}", "series": shared, "cases": rows}, separators=(",", ":"), default=float) + "\n")
