"""What the checks of the goals mean, as code: see README.md."""


def number(x):
    return isinstance(x, (int, float)) and not isinstance(x, bool)


def values(document, pointer):
    """What a JSON pointer leads to; * is every child, ** the value and all below it."""
    now = [document]
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        then = []
        for v in now:
            children = list(v.values()) if isinstance(v, dict) else v if isinstance(v, list) else []
            if part == "**":
                stack = [v]
                while stack:
                    x = stack.pop()
                    then.append(x)
                    stack += list(x.values()) if isinstance(x, dict) else x if isinstance(x, list) else []
            elif part == "*":
                then += children
            elif isinstance(v, dict) and part in v:
                then.append(v[part])
            elif isinstance(v, list) and part.isdigit() and int(part) < len(v):
                then.append(v[int(part)])
        now = then
    return now


def holds(v, c):
    if "any_of" in c:
        return any(holds(v, x) for x in c["any_of"])
    tolerance = c.get("tolerance", 1e-9)
    if "equals" in c:
        e = c["equals"]
        return abs(v - e) <= tolerance if number(e) and number(v) else type(v) is type(e) and v == e
    if "at_least" in c:
        return number(v) and v >= c["at_least"] - tolerance
    if "at_most" in c:
        return number(v) and v <= c["at_most"] + tolerance
    if "contains_text" in c:  # whatever the case; a backslash of Markdown does not count
        return isinstance(v, str) and c["contains_text"].lower() in v.replace("\\", "").lower()
    if "length_at_least" in c:
        return isinstance(v, (str, list, dict)) and len(v) >= c["length_at_least"]
    raise ValueError(f"no comparison in {c}")


def aslist(x):
    return x if isinstance(x, list) else [x]


def failed_checks(expect, outputs):
    """The result checks that do not hold, and the skills that ran although they must not."""
    bad = []
    for c in expect.get("result", []):
        of = [o for s, o in outputs if c["skill"] == "*" or s in aslist(c["skill"])]
        if c.get("if_ran") and not of:
            continue
        n = sum(any(holds(v, c) for p in aslist(c["pointer"]) for v in values(o, p)) for o in of)
        if n < c.get("outputs_at_least", 1):
            bad.append(c)
    bad += [{"not_run": s} for s in expect.get("not_run", []) if any(t == s for t, _ in outputs)]
    return bad
