"""Makes the files beside it from NIST's Statistical Reference Datasets (public domain, https://www.itl.nist.gov/div898/strd/):
the analysis-of-variance sets and Norris as SciPy's wheel carries them (scipy/stats/tests/data), Longley, Filip, Pontius, Lew, Lottery, Mavro,
Michelson and PiDigits from the test data of the GNU Scientific Library 2.7.1 (data and certified values only), NumAcc1 to NumAcc4,
Wampler1 to Wampler5 and NoInt1, NoInt2 from their definitions. Run: python make.py SCIPY_FOLDER GSL_FOLDER"""

import json
import pathlib
import re
import sys

scipy, gsl = map(pathlib.Path, sys.argv[1:3])
here = pathlib.Path(__file__).parent


def array(text, name):
    body = re.search(r"double\s+" + re.escape(name) + r"\s*\[[^\]]*\]\s*=\s*\{(.*?)\}", text, re.S).group(1)
    return [value.strip() for value in body.split(",") if value.strip()]


def numbers(values):
    return [float(value) for value in values]


anova = {}
for path in sorted((scipy / "stats/tests/data/nist_anova").glob("*.dat")):
    lines = path.read_text().splitlines()
    certified = re.search(r"Certified Values\s+\(lines (\d+) to (\d+)\)", "\n".join(lines))
    data = re.search(r"Data\s+\(lines (\d+) to (\d+)\)", "\n".join(lines))
    groups = {}
    for line in lines[int(data.group(1)) - 1 : int(data.group(2))]:
        if line.strip():
            level, value = line.split()
            groups.setdefault(level, []).append(float(value))
    table = "\n".join(lines[int(certified.group(1)) - 1 : int(certified.group(2))])
    between = re.search(r"Between \S+\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)", table).groups()
    within = re.search(r"Within \S+\s+(\S+)\s+(\S+)\s+(\S+)", table).groups()
    share = float(re.search(r"Certified R-Squared\s+(\S+)", table).group(1))
    anova[path.stem] = {"between": float(between[1]), "within": float(within[1]), "f": float(between[3]), "r_squared": share}
    shared = list(groups.values())
    anova[path.stem]["groups"] = shared
# The nine sets of Simon and Lesage differ in a constant: large files are made from small ones by the test.
for name in [f"SmLs0{i}" for i in range(1, 10)]:
    size = len(anova[name]["groups"][0])
    pattern = [[round((value % 1) * 10) for value in group] for group in anova[name]["groups"]]
    base = {1: 1, 2: 1, 3: 1, 4: 10**6, 5: 10**6, 6: 10**6, 7: 10**12, 8: 10**12, 9: 10**12}[int(name[-1])]
    made = [[base + tenth / 10 for tenth in [round((group[0] % 1) * 10)] + [round((value % 1) * 10) for value in group[1:3]] * (size // 2)] for group in anova[name]["groups"]]
    if base < 10**12:
        assert made == anova[name]["groups"], name
    del anova[name]["groups"]
    anova[name]["base"], anova[name]["size"] = base, size
    anova[name]["tenths"] = [[round((value - base) * 10) for value in group[:3]] for group in made]
(here / "anova.json").write_text(json.dumps(anova) + "\n")

nist = (gsl / "statistics/test_nist.c").read_text()
univariate = {}
for name in ("lew", "lottery", "mavro", "michelson", "pidigits"):
    found = [m for m in re.findall(r"double\s+(\w+)\s*\[", nist) if m.lower() == name]
    univariate[name] = {"values": numbers(array(nist, found[0]))}
blocks = re.findall(r"expected_mean = (\S+);\s*double expected_sd = (\S+);\s*double expected_lag1 = (\S+);", nist)
for name, (mean, sd, lag) in zip(univariate, blocks):
    univariate[name].update(mean=float(mean), sd=float(sd), autocorrelation=float(lag))
(here / "univariate.json").write_text(json.dumps(univariate) + "\n")

regression = {}
for name in ("filip", "longley", "pontius"):
    text = (gsl / f"multifit/test_{name}.c").read_text()
    entry = {"x": numbers(array(text, f"{name}_x")), "y": numbers(array(text, f"{name}_y"))}
    entry["coefficients"] = numbers(array(text, "expected_c"))
    entry["standard_errors"] = numbers(array(text, "expected_sd"))
    entry["residual_squares"] = float(re.search(r"expected_chisq\s*=\s*([0-9.eE+-]+)", text).group(1))
    regression[name] = entry
lines = (scipy / "stats/tests/data/nist_linregress/Norris.dat").read_text().splitlines()
text = "\n".join(lines)
begin, end = map(int, re.search(r"Data\s+\(lines (\d+) to (\d+)\)", text).groups())
pairs = [line.split() for line in lines[begin - 1 : end]]
b = re.findall(r"^\s*B[01]\s+(\S+)\s+(\S+)", text, re.M)
regression["norris"] = {
    "x": [float(x) for _, x in pairs],
    "y": [float(y) for y, _ in pairs],
    "coefficients": [float(v) for v, _ in b],
    "standard_errors": [float(v) for _, v in b],
    "residual_squares": float(re.search(r"^\s*Residual\s+\d+\s+(\S+)", text, re.M).group(1)),
}
(here / "regression.json").write_text(json.dumps(regression) + "\n")
for path in here.glob("*.json"):
    print(path.name, path.stat().st_size)
