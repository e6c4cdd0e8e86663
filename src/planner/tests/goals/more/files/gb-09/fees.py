def fee(student):
    if student["staff"]:
        return 0
    total = 320
    if student["foreign"]:
        total += 1500
    return total


def label(student):
    return student["name"].upper()
