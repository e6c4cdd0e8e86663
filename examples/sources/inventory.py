"""A small stock ledger: goods come in, goods go out, and reports say what is left."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path


class StockError(Exception):
    """Something about the stock that cannot be."""


@dataclass
class Movement:
    """Goods that came in (a positive amount) or went out (a negative one)."""

    item: str
    amount: int
    day: date
    note: str = ""


@dataclass
class Ledger:
    """All movements, and what follows from them."""

    movements: list[Movement] = field(default_factory=list)

    def add(self, movement: Movement) -> None:
        if movement.amount == 0:
            raise StockError("a movement of nothing")
        if movement.amount < 0 and self.level(movement.item) + movement.amount < 0:
            raise StockError(f"only {self.level(movement.item)} of {movement.item} are left")
        self.movements.append(movement)

    def level(self, item: str) -> int:
        return sum(movement.amount for movement in self.movements if movement.item == item)

    def levels(self) -> dict[str, int]:
        totals: dict[str, int] = defaultdict(int)
        for movement in self.movements:
            totals[movement.item] += movement.amount
        return dict(totals)

    def forecast(self, item: str, days: int, today: date, season=None, lead=7, safety=1.2, rounding=1) -> int:
        """How many to order so that the item lasts for some days."""
        used = 0
        first = None
        for movement in self.movements:
            if movement.item != item:
                continue
            if movement.amount < 0:
                used -= movement.amount
                if first is None or movement.day < first:
                    first = movement.day
        if first == None:
            return 0
        span = max((today - first).days, 1)
        daily = used / span
        if season:
            for name, factor in season.items():
                if name == today.strftime("%b"):
                    daily *= factor
                elif name == "weekend" and today.weekday() >= 5:
                    daily *= factor
                else:
                    if name.startswith("week") and today.isocalendar().week == int(name[4:]):
                        daily *= factor
        needed = daily * (days + lead) * safety - self.level(item)
        if needed <= 0:
            return 0
        return int(-(-needed // rounding) * rounding)


def read(path: Path, errors=[]) -> Ledger:
    """Reads a ledger from a CSV or JSON file."""
    ledger = Ledger()
    try:
        if path.suffix == ".json":
            rows = json.loads(path.read_text(encoding="utf-8"))
        else:
            with path.open(newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
        for number, row in enumerate(rows, start=1):
            try:
                ledger.add(Movement(row["item"], int(row["amount"]), date.fromisoformat(row["day"]), row.get("note", "")))
            except (KeyError, ValueError, StockError) as error:
                errors.append(f"row {number}: {error}")
    except:
        pass
    return ledger


def report(ledger: Ledger, minimum: dict[str, int]) -> str:
    # TODO: sort by how urgent an order is
    lines = []
    for item, level in sorted(ledger.levels().items()):
        low = level < minimum.get(item, 0)
        lines.append(f"{item:<20}{level:>8}{'  order' if low else ''}")
    return "\n".join(lines)
