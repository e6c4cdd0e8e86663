"""Makes inference.json: what SciPy, statsmodels and a few lines of NumPy say of hypotheses about the tables under examples/tables.

Run from the root of the repository with numpy, scipy, pandas and statsmodels installed:
    python3 src/agents/data_science/tests/reference/inference.py
"""
import json
from pathlib import Path

import numpy as np
import pandas as pd
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.oneway import anova_oneway

TABLES = Path("examples/tables")
# SciPy takes the tails of the studentized range as differences from one: below 1e-6 they lack the digits to compare with.
cases = []


def table(name):
    return pd.read_csv(TABLES / name)


def case(name, artifact, given, tests, effects=(), pairwise=()):
    given = {"artifact": f"examples/tables/{artifact}", **given}
    plain = lambda value: None if value is None or not np.isfinite(value) else float(value)
    fix = lambda rows: [{key: plain(value) if not isinstance(value, str) else value for key, value in row.items()} for row in rows]
    cases.append({"name": name, "input": given, "tests": fix(tests), "effects": fix(effects), "pairwise": fix(pairwise)})


penguins = table("penguins.csv").dropna(subset=["body_mass_g"])
iris = table("iris.csv")
weather = table("seattle-weather.csv")
wine = table("wine.csv")
nile = table("nile.csv")
female = lambda column: penguins[penguins.sex == "female"][column]
male = lambda column: penguins[penguins.sex == "male"][column]


def d_of(a, b):
    pooled = ((len(a) - 1) * a.var() + (len(b) - 1) * b.var()) / (len(a) + len(b) - 2)
    return (a.mean() - b.mean()) / np.sqrt(pooled)


def g_of(d, m):
    return d * np.exp(scipy.special.gammaln(m / 2) - scipy.special.gammaln((m - 1) / 2)) / np.sqrt(m / 2)


for alternative in ("two-sided", "less", "greater"):
    asked = alternative.replace("-", "_")
    for name, equal in (("t_two_sample", True), ("welch", False)):
        a, b = female("body_mass_g"), male("body_mass_g")
        r = stats.ttest_ind(a, b, equal_var=equal, alternative=alternative)
        ci = r.confidence_interval(0.95)
        d = d_of(a, b)
        case(f"{name} {asked}", "penguins.csv", {"test": name, "columns": ["body_mass_g"], "group": "sex", "alternative": asked},
             [{"statistic": r.statistic, "df": r.df, "p": r.pvalue, "estimate": a.mean() - b.mean(), "ci_low": ci.low, "ci_high": ci.high}],
             [{"value": d}, {"value": g_of(d, len(a) + len(b) - 2)}])
    r = stats.ttest_1samp(nile.volume, 900, alternative=alternative)
    ci = r.confidence_interval(0.9)
    d = (nile.volume.mean() - 900) / nile.volume.std()
    case(f"t_one_sample {asked}", "nile.csv", {"test": "t_one_sample", "columns": ["volume"], "expected_mean": 900, "confidence": 0.9, "alternative": asked},
         [{"statistic": r.statistic, "df": r.df, "p": r.pvalue, "estimate": nile.volume.mean() - 900, "ci_low": ci.low - 900, "ci_high": ci.high - 900}],
         [{"value": d}, {"value": g_of(d, len(nile) - 1)}])
    r = stats.ttest_rel(weather.temp_max, weather.temp_min, alternative=alternative)
    case(f"t_paired {asked}", "seattle-weather.csv", {"test": "t_paired", "columns": ["temp_max"], "against": "temp_min", "alternative": asked},
         [{"statistic": r.statistic, "df": r.df, "p": r.pvalue}])
    for continuity in (True, False):
        a, b = female("bill_depth_mm"), male("bill_depth_mm")
        r = stats.mannwhitneyu(a, b, alternative=alternative, use_continuity=continuity, method="asymptotic")
        case(f"mann_whitney {asked} {continuity}", "penguins.csv",
             {"test": "mann_whitney", "columns": ["bill_depth_mm"], "group": "sex", "alternative": asked, "continuity": continuity},
             [{"statistic": r.statistic, "p": r.pvalue}], [{"value": 2 * r.statistic / (len(a) * len(b)) - 1}])
    r = stats.wilcoxon(iris.sepal_width_cm, iris.petal_length_cm, alternative=alternative, method="asymptotic")
    case(f"wilcoxon {asked}", "iris.csv", {"test": "wilcoxon", "columns": ["sepal_width_cm"], "against": "petal_length_cm", "alternative": asked, "method": "asymptotic"},
         [{"p": r.pvalue}])

for column in ("body_mass_g", "bill_length_mm", "flipper_length_mm"):
    names = sorted(penguins.species.unique())
    groups = [penguins[penguins.species == name][column] for name in names]
    r = stats.f_oneway(*groups)
    grand = penguins[column].mean()
    between = sum(len(g) * (g.mean() - grand) ** 2 for g in groups)
    within = sum(((g - g.mean()) ** 2).sum() for g in groups)
    n, k = len(penguins), 3
    tukey = stats.tukey_hsd(*groups)
    ci = tukey.confidence_interval(0.95)
    case(f"anova {column}", "penguins.csv", {"test": "anova", "columns": [column], "group": "species"},
         [{"statistic": r.statistic, "df": k - 1, "df2": n - k, "p": r.pvalue}],
         [{"value": between / (between + within)}, {"value": (between - (k - 1) * within / (n - k)) / (between + within + within / (n - k))}],
         [{"difference": groups[i].mean() - groups[j].mean(), "p": tukey.pvalue[i, j] if tukey.pvalue[i, j] > 1e-6 else float("nan"), "ci_low": ci.low[i, j], "ci_high": ci.high[i, j]}
          for i in range(3) for j in range(i + 1, 3)])
    r = anova_oneway(groups, use_var="unequal", welch_correction=True)
    case(f"welch_anova {column}", "penguins.csv", {"test": "welch_anova", "columns": [column], "group": "species", "pairwise": "none"},
         [{"statistic": r.statistic, "df": r.df[0], "df2": r.df[1], "p": r.pvalue}])
    r = stats.levene(*groups, center="median")
    case(f"levene {column}", "penguins.csv", {"test": "levene", "columns": [column], "group": "species"}, [{"statistic": r.statistic, "p": r.pvalue}])
    r = stats.kruskal(*groups)
    ranks = stats.rankdata(np.concatenate(groups))
    bounds = np.cumsum([0] + [len(g) for g in groups])
    means = [ranks[bounds[i]:bounds[i + 1]].mean() for i in range(3)]
    ties = np.unique(ranks, return_counts=True)[1]
    variance = n * (n + 1) / 12 - (ties ** 3 - ties).sum() / (12 * (n - 1))
    z = [(means[i] - means[j]) / np.sqrt(variance * (1 / len(groups[i]) + 1 / len(groups[j]))) for i in range(3) for j in range(i + 1, 3)]
    p = [2 * stats.norm.sf(abs(value)) for value in z]
    case(f"kruskal {column}", "penguins.csv", {"test": "kruskal_wallis", "columns": [column], "group": "species"},
         [{"statistic": r.statistic, "df": k - 1, "p": r.pvalue}], [{"value": r.statistic / (n - 1)}],
         [{"statistic": value, "p": q, "p_adjusted": h} for value, q, h in zip(z, p, multipletests(p, method="holm")[1])])

for table_name, frame, columns in (("wine.csv", wine, ["alcohol", "ash", "hue", "proline"]), ("iris.csv", iris, ["sepal_width_cm", "petal_length_cm"]), ("seattle-weather.csv", weather, ["wind", "temp_max"])):
    results = [stats.shapiro(frame[column]) for column in columns]
    for asked, method in (("holm", "holm"), ("bonferroni", "bonferroni"), ("benjamini_hochberg", "fdr_bh")):
        adjusted = multipletests([r.pvalue for r in results], method=method)[1]
        case(f"shapiro {table_name} {asked}", table_name, {"test": "shapiro_wilk", "columns": columns, "correction": asked},
             [{"statistic": r.statistic, "p": r.pvalue, "p_adjusted": q} for r, q in zip(results, adjusted)])

for rows, columns in (("species", "island"), ("species", "sex"), ("island", "sex")):
    counts = pd.crosstab(table("penguins.csv")[rows], table("penguins.csv")[columns])
    r = stats.chi2_contingency(counts)
    case(f"independence {rows} {columns}", "penguins.csv", {"test": "chi_square_independence", "columns": [rows], "group": columns},
         [{"statistic": r.statistic, "df": r.dof, "p": r.pvalue}], [{"value": stats.contingency.association(counts, method="cramer")}])
for yates in (True, False):
    counts = pd.crosstab(penguins.year[penguins.year != 2008], penguins.sex[penguins.year != 2008])
    r = stats.chi2_contingency(counts.T, correction=yates)
    case(f"independence two by two {yates}", "penguins.csv",
         {"test": "chi_square_independence", "columns": ["sex"], "group": "year", "levels": ["2007", "2009"], "continuity": yates},
         [{"statistic": r.statistic, "df": r.dof, "p": r.pvalue}], [{"value": stats.contingency.association(counts, method="cramer")}])
counts = weather.weather.value_counts()
r = stats.chisquare(counts)
case("fit equal", "seattle-weather.csv", {"test": "chi_square_fit", "columns": ["weather"]}, [{"statistic": r.statistic, "df": len(counts) - 1, "p": r.pvalue}],
     [{"value": np.sqrt(r.statistic / counts.sum())}])
counts = table("penguins.csv").species.value_counts()[["Adelie", "Chinstrap", "Gentoo"]]
r = stats.chisquare(counts, f_exp=np.array([5, 2, 4]) / 11 * counts.sum())
case("fit shares", "penguins.csv", {"test": "chi_square_fit", "columns": ["species"], "expected": {"Adelie": 5, "Chinstrap": 2, "Gentoo": 4}},
     [{"statistic": r.statistic, "df": 2, "p": r.pvalue}])

# Small samples without ties, counted exactly.
random = np.random.default_rng(7)
exact = []
for n, m in ((3, 4), (5, 5), (8, 12), (20, 25), (2, 40)):
    a, b = random.normal(0.4, 1, n).round(9), random.normal(0, 1.3, m).round(9)
    for alternative in ("two-sided", "less", "greater"):
        r = stats.mannwhitneyu(a, b, alternative=alternative, method="exact")
        exact.append({"test": "mann_whitney", "a": list(a), "b": list(b), "alternative": alternative.replace("-", "_"), "statistic": r.statistic, "p": r.pvalue})
for n in (4, 7, 15, 30, 50):
    a = random.normal(0.3, 1, n).round(9)
    for alternative in ("two-sided", "less", "greater"):
        r = stats.wilcoxon(a, alternative=alternative, method="exact")
        exact.append({"test": "wilcoxon", "a": list(a), "b": [], "alternative": alternative.replace("-", "_"), "p": r.pvalue})
for n in (3, 4, 5, 6, 10, 11, 12, 20, 50, 500, 5000):
    a = random.normal(0, 1, n).round(6 if n <= 500 else 3)
    r = stats.shapiro(a)
    exact.append({"test": "shapiro_wilk", "a": list(a), "b": [], "alternative": "two_sided", "statistic": r.statistic, "p": r.pvalue})

made = {"made_with": {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__}, "cases": cases, "samples": exact}
path = Path("src/agents/data_science/tests/reference/inference.json")
path.write_text(json.dumps(made, separators=(",", ":")) + "\n")
print(len(cases), len(exact), path.stat().st_size)
