def clashes(courses):
    found = []
    for i, a in enumerate(courses):
        for b in courses[i + 1:]:
            if a["day"] != b["day"]:
                continue
            if a["start"] < b["end"] and b["start"] < a["end"]:
                if a["room"] == b["room"]:
                    found.append((a, b, "room"))
                elif a["teacher"] == b["teacher"]:
                    found.append((a, b, "teacher"))
                else:
                    for group in a["groups"]:
                        if group in b["groups"]:
                            found.append((a, b, group))
    return found


def free_rooms(rooms, courses, day):
    used = {c["room"] for c in courses if c["day"] == day}
    return [r for r in rooms if r not in used]
