def grade(points, resit, late):
    if points is None:
        return "missing"
    if late and not resit:
        points = points - 5
    if points >= 90:
        return "A"
    elif points >= 80:
        return "B"
    elif points >= 70:
        return "C"
    elif points >= 60 or (resit and points >= 55):
        return "D"
    return "F"


def mean(values):
    return sum(values) / len(values)
