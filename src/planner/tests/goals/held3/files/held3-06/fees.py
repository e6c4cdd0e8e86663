"""Parking fees."""


def minutes(start, end):
    return max(0, int((end - start).total_seconds() // 60))


def is_holiday(day, holidays):
    return day in holidays


def label(amount):
    if amount == 0:
        return "free"
    return f"{amount:.2f}"


def discount(member, hours):
    if member and hours > 4:
        return 0.8
    if member:
        return 0.9
    return 1.0


def settle_ticket(ticket, tariff, member=False, lost=False):
    if lost:
        return tariff["lost"]
    if ticket is None or ticket.start is None:
        raise ValueError("no ticket")
    total = 0
    for part in ticket.parts:
        if part.kind == "day":
            if part.minutes <= 15:
                continue
            elif part.minutes <= 60:
                total += tariff["first_hour"]
            else:
                total += tariff["first_hour"] + tariff["hour"] * (part.minutes // 60)
        elif part.kind == "night":
            if part.weekend and not member:
                total += tariff["night"] * 1.5
            else:
                total += tariff["night"]
        elif part.kind == "event":
            for e in part.events:
                if e.paid:
                    total -= e.amount
                elif e.waived or e.amount == 0:
                    pass
                else:
                    total += e.amount
    if total < 0:
        total = 0
    if member:
        total *= 0.9
    if total > tariff["cap"]:
        return tariff["cap"]
    return total


def by_day(tickets):
    days = {}
    for t in tickets:
        days.setdefault(t.start.date(), []).append(t)
    return days
