"""Makes isolation.json: the isolation scores that scikit-learn gives rows of two clusters with some far ones; the mean over ten seeds, so that
chance is small. Run from the root of the repository: python3 src/agents/data_science/tests/reference/isolation.py"""
import json
from pathlib import Path

import numpy as np
from sklearn.ensemble import IsolationForest

random = np.random.default_rng(5)
rows = np.vstack([random.normal(0, 1, (150, 3)), random.normal(6, 2, (100, 3)), random.uniform(-15, 20, (6, 3))]).round(4)
scores = np.mean([-IsolationForest(n_estimators=200, max_samples=256, random_state=seed).fit(rows).score_samples(rows) for seed in range(10)], axis=0)
made = {"columns": rows.T.tolist(), "scores": scores.round(6).tolist()}
Path("src/agents/data_science/tests/reference/isolation.json").write_text(json.dumps(made, separators=(",", ":")) + "\n")
