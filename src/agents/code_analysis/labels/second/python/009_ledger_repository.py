from __future__ import annotations

import enum
import logging
from dataclasses import dataclass
from datetime import date
from typing import Iterator

from sqlalchemy import bindparam, text
from sqlalchemy.engine import Engine

log = logging.getLogger(__name__)


class SortKey(str, enum.Enum):
    booked = "booked"
    amount = "amount"
    account = "account"


_SORT_COLUMNS = {
    SortKey.booked: "l.booked_on",
    SortKey.amount: "l.amount_cents",
    SortKey.account: "a.code",
}


@dataclass(frozen=True)
class LedgerLine:
    id: int
    account: str
    amount_cents: int
    booked_on: date


class LedgerRepository:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def lines(
        self,
        accounts: list[str],
        since: date,
        sort: str = "booked",
        descending: bool = False,
    ) -> Iterator[LedgerLine]:
        column = _SORT_COLUMNS[SortKey(sort)]
        direction = "DESC" if descending else "ASC"
        stmt = text(
            "SELECT l.id, a.code AS account, l.amount_cents, l.booked_on "
            "FROM ledger_lines l JOIN accounts a ON a.id = l.account_id "
            "WHERE a.code IN :accounts AND l.booked_on >= :since "
            f"ORDER BY {column} {direction}"
        ).bindparams(bindparam("accounts", expanding=True))
        with self._engine.connect() as conn:
            for row in conn.execute(stmt, {"accounts": accounts, "since": since}):
                yield LedgerLine(**row._mapping)

    def balance(self, account: str) -> int:
        stmt = text(
            "SELECT coalesce(sum(l.amount_cents), 0) FROM ledger_lines l "
            "JOIN accounts a ON a.id = l.account_id WHERE a.code = :code"
        )
        with self._engine.connect() as conn:
            return conn.execute(stmt, {"code": account}).scalar_one()


def parse_request(params: dict[str, str]) -> dict:
    """Translate the query string of the ledger endpoint into arguments."""
    try:
        sort = SortKey(params.get("sort", "booked")).value
        since = date.fromisoformat(params["since"])
    except (KeyError, ValueError) as exc:
        raise ValueError("bad ledger parameters") from exc
    return {
        "accounts": [a for a in params.get("accounts", "").split(",") if a],
        "since": since,
        "sort": sort,
        "descending": params.get("desc") == "1",
    }
