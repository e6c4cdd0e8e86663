from datetime import date
from typing import Optional

import asyncpg
from fastapi import APIRouter, Depends, Query, Request

router = APIRouter(prefix="/orders", tags=["orders"])


async def get_pool(request: Request) -> asyncpg.Pool:
    return request.app.state.pool


@router.get("/")
async def list_orders(
    customer_id: int,
    since: Optional[date] = None,
    sort: str = Query("created_at"),
    direction: str = Query("asc"),
    limit: int = Query(50, le=200),
    pool: asyncpg.Pool = Depends(get_pool),
):
    clauses = ["customer_id = $1"]
    args: list = [customer_id]
    if since is not None:
        args.append(since)
        clauses.append(f"created_at >= ${len(args)}")

    where = " AND ".join(clauses)
    sql = (
        "SELECT id, status, total_cents, created_at FROM orders "
        f"WHERE {where} ORDER BY {sort} {direction} LIMIT {limit}"
    )
    async with pool.acquire() as conn:
        rows = await conn.fetch(sql, *args)
    return [dict(row) for row in rows]
