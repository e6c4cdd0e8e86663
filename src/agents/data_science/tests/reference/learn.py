"""Makes learn.json: what scikit-learn and statsmodels say of models of the tables under examples/tables.

Run from the root of the repository with numpy, scipy, pandas, scikit-learn and statsmodels installed:
    python3 src/agents/data_science/tests/reference/learn.py

`forest.json` and the tables beside it (forest-*.csv, the data sets that scikit-learn carries) are made too: the mean score of five-fold
cross-validation of random forests over seeds.
"""
import json
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
import statsmodels
import statsmodels.api as sm
from sklearn import datasets, metrics
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

TABLES = Path("examples/tables")
HERE = Path("src/agents/data_science/tests/reference")
out = {"scikit-learn": sklearn.__version__, "statsmodels": statsmodels.__version__, "numpy": np.__version__}
penguins = pd.read_csv(TABLES / "penguins.csv").dropna()
iris = pd.read_csv(TABLES / "iris.csv")
wine = pd.read_csv(TABLES / "wine.csv")
MEASURES = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
FLOWER = ["sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"]


def floats(values):
    return [float(value) for value in np.ravel(values)]


# Least squares with categories, by statsmodels.
X = pd.get_dummies(penguins[["bill_length_mm", "flipper_length_mm", "species", "sex"]], columns=["species", "sex"], drop_first=True, dtype=float)
ols = sm.OLS(penguins["body_mass_g"], sm.add_constant(X)).fit()
interval = ols.conf_int()
out["linear"] = {
    "terms": list(X.columns), "estimates": floats(ols.params), "standard_errors": floats(ols.bse), "t": floats(ols.tvalues), "p": floats(ols.pvalues),
    "low": floats(interval[0]), "high": floats(interval[1]), "r_squared": float(ols.rsquared), "adjusted_r_squared": float(ols.rsquared_adj),
    "f": float(ols.fvalue), "f_p": float(ols.f_pvalue), "rmse": float(np.sqrt(np.mean(ols.resid**2))), "mae": float(np.mean(np.abs(ols.resid))),
    "median_error": float(np.median(np.abs(ols.resid))),
}

# Ridge with scaled numbers and every level of the categories, and without scaling.
def columns(scaled):
    return ColumnTransformer([
        ("numbers", StandardScaler() if scaled else "passthrough", ["bill_length_mm", "flipper_length_mm"]),
        ("categories", OneHotEncoder(), ["species", "sex"]),
    ])


out["ridge"] = {}
for scaled in (True, False):
    for alpha in (0.5, 30.0):
        prepared = columns(scaled)
        Z = prepared.fit_transform(penguins)
        ridge = Ridge(alpha=alpha, solver="svd").fit(Z, penguins["body_mass_g"])
        scales = list(prepared.named_transformers_["numbers"].scale_) if scaled else [1.0, 1.0]
        means = list(prepared.named_transformers_["numbers"].mean_) if scaled else [0.0, 0.0]
        estimates = np.array(ridge.coef_)
        estimates[:2] /= scales
        constant = ridge.intercept_ - np.dot(estimates[:2], means)
        predicted = ridge.predict(Z)
        out["ridge"][f"{'scaled' if scaled else 'plain'} {alpha}"] = {
            "estimates": [float(constant)] + floats(estimates), "r2": float(metrics.r2_score(penguins["body_mass_g"], predicted)),
            "rmse": float(metrics.root_mean_squared_error(penguins["body_mass_g"], predicted)),
        }


def scores(actual, shares, classes):
    predicted = np.array(classes)[np.argmax(shares, axis=1)]
    precision, recall, f1, rows = metrics.precision_recall_fscore_support(actual, predicted, labels=classes, zero_division=0)
    auc = metrics.roc_auc_score(actual, shares[:, 1]) if len(classes) == 2 else metrics.roc_auc_score(actual, shares, multi_class="ovr")
    return {
        "accuracy": float(metrics.accuracy_score(actual, predicted)), "balanced_accuracy": float(metrics.balanced_accuracy_score(actual, predicted)),
        "f1": float(metrics.f1_score(actual, predicted, average="macro")), "roc_auc": float(auc), "log_loss": float(metrics.log_loss(actual, shares, labels=classes)),
        "precision": floats(precision), "recall": floats(recall), "class_f1": floats(f1), "confusion": metrics.confusion_matrix(actual, predicted, labels=classes).tolist(),
    }


# Logistic regression of two classes without a penalty, by statsmodels.
X = sm.add_constant(penguins[MEASURES])
sexes = sorted(penguins["sex"].unique())
logit = sm.Logit((penguins["sex"] == sexes[1]).astype(float), X).fit(method="newton", maxiter=200, tol=1e-14, disp=0)
shares = np.column_stack([1 - logit.predict(X), logit.predict(X)])
out["logit"] = {
    "estimates": floats(logit.params), "standard_errors": floats(logit.bse), "z": floats(logit.tvalues), "p": floats(logit.pvalues),
    "log_likelihood": float(logit.llf), "null_log_likelihood": float(logit.llnull), "aic": float(logit.aic), "scores": scores(penguins["sex"], shares, sexes),
}
# Of three classes without a penalty.
TWO = ["bill_length_mm", "flipper_length_mm"]
X = sm.add_constant(penguins[TWO])
islands = sorted(penguins["island"].unique())
codes = penguins["island"].map({name: place for place, name in enumerate(islands)})
multinomial = sm.MNLogit(codes, X).fit(method="newton", maxiter=500, tol=1e-14, disp=0)
out["mnlogit"] = {
    "estimates": floats(np.asarray(multinomial.params).T), "standard_errors": floats(np.asarray(multinomial.bse).T), "p": floats(np.asarray(multinomial.pvalues).T),
    "log_likelihood": float(multinomial.llf), "scores": scores(penguins["island"], np.asarray(multinomial.predict(X)), islands),
}


# With a penalty, by scikit-learn: two and three classes, equal and balanced weights.
def penalized(target, features, C, weight=None):
    scaler = StandardScaler()
    Z = scaler.fit_transform(penguins[features])
    # With newton-cg the constants drift together by 1e-5, which changes no probability; with newton-cholesky their sum stays zero.
    fitted = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-13, max_iter=100_000, class_weight=weight).fit(Z, penguins[target])
    lines = []
    for constant, line in zip(fitted.intercept_, fitted.coef_):
        estimates = line / scaler.scale_
        lines.append([float(constant - np.dot(estimates, scaler.mean_))] + floats(estimates))
    return {"estimates": sum(lines, []), "scores": scores(penguins[target], fitted.predict_proba(Z), list(fitted.classes_))}


out["penalized"] = {
    "two": penalized("sex", MEASURES, 0.5), "three": penalized("species", MEASURES, 1.0), "balanced": penalized("island", MEASURES, 2.0, "balanced"),
}

# Components: scaled and as they are.
features = [name for name in wine.columns if name not in ("cultivar", "class", "target") and wine[name].dtype != object]
out["pca"] = {"features": features}
for name, table in (("scaled", StandardScaler().fit_transform(wine[features])), ("plain", wine[features].to_numpy())):
    fitted = PCA(svd_solver="full").fit(table)
    directions = fitted.components_ * np.sign(fitted.components_[np.arange(len(features)), np.argmax(np.abs(fitted.components_), axis=1)])[:, None]
    out["pca"][name] = {"variances": floats(fitted.explained_variance_), "shares": floats(fitted.explained_variance_ratio_), "weights": directions.T.tolist()}

# Groups from given centres, and by k-means++.
Z = StandardScaler().fit_transform(iris[FLOWER])
begin = Z[[0, 60, 120]]
fitted = KMeans(n_clusters=3, init=begin, n_init=1, tol=0, max_iter=300, algorithm="lloyd").fit(Z)
out["kmeans"] = {
    "rows": Z.tolist(), "begin": begin.tolist(), "centres": fitted.cluster_centers_.tolist(), "labels": fitted.labels_.tolist(), "inertia": float(fitted.inertia_),
    "silhouette": float(metrics.silhouette_score(Z, fitted.labels_)),
    "best_inertia": {str(k): float(KMeans(n_clusters=k, n_init=50, tol=0, random_state=1).fit(Z).inertia_) for k in (2, 3, 4)},
}
for name, value in list(out["kmeans"].items()):
    if name == "rows":
        out["kmeans"][name] = value
(HERE / "learn.json").write_text(json.dumps(out) + "\n")

# Forests: scores of five-fold cross-validation over seeds.
forests = {}
for name, load, regression in (
    ("iris", datasets.load_iris, False), ("wine", datasets.load_wine, False), ("breast_cancer", datasets.load_breast_cancer, False), ("diabetes", datasets.load_diabetes, True),
):
    data = load()
    table = pd.DataFrame(data.data, columns=[f"c{place}" for place in range(data.data.shape[1])])
    table["target"] = data.target
    table.to_csv(HERE / f"forest-{name}.csv", index=False)
    means = []
    for seed in range(10):
        model = RandomForestRegressor(100, random_state=seed) if regression else RandomForestClassifier(100, random_state=seed)
        folds = (KFold if regression else StratifiedKFold)(5, shuffle=True, random_state=seed)
        means.append(float(cross_val_score(model, data.data, data.target, cv=folds, scoring="r2" if regression else "accuracy").mean()))
    forests[name] = {"regression": regression, "mean": float(np.mean(means)), "deviation": float(np.std(means, ddof=1)), "means": means}
(HERE / "forest.json").write_text(json.dumps(forests) + "\n")
