from datetime import date
from typing import Literal, Optional

import asyncpg
from fastapi import APIRouter, Depends, Query, Request

router = APIRouter(prefix="/invoices", tags=["invoices"])

SORTABLE = {
    "issued": "issued_on",
    "amount": "total_cents",
    "number": "invoice_no",
}


async def get_pool(request: Request) -> asyncpg.Pool:
    return request.app.state.pool


def order_clause(sort: str, direction: str) -> str:
    column = SORTABLE.get(sort, "issued_on")
    return f"{column} {'DESC' if direction == 'desc' else 'ASC'}"


@router.get("/")
async def search_invoices(
    request: Request,
    since: Optional[date] = None,
    sort: str = "issued",
    direction: Literal["asc", "desc"] = "desc",
    limit: int = Query(50, ge=1, le=200),
    pool: asyncpg.Pool = Depends(get_pool),
):
    args: list = [request.state.account_id]
    where = "account_id = $1"
    if since is not None:
        args.append(since)
        where += f" AND issued_on >= ${len(args)}"
    args.append(limit)
    sql = (
        "SELECT id, invoice_no, total_cents, issued_on FROM invoices "
        f"WHERE {where} ORDER BY {order_clause(sort, direction)} LIMIT ${len(args)}"
    )
    async with pool.acquire() as conn:
        return [dict(row) for row in await conn.fetch(sql, *args)]
