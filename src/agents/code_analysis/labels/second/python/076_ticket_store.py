"""aiohttp service exposing the support ticket archive."""
import logging
import os

from aiohttp import web
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

logger = logging.getLogger(__name__)
routes = web.RouteTableDef()


class TicketStore:
    base = "SELECT id, subject, state, opened_at FROM tickets"

    def __init__(self, engine):
        self.engine = engine

    async def page(self, state, order, direction="asc", size=25, offset=0):
        parts = [self.base, "WHERE state = :state"]
        parts.append("ORDER BY " + order + " " + direction)
        parts.append("LIMIT :size OFFSET :offset")
        stmt = text(" ".join(parts))
        async with self.engine.connect() as conn:
            result = await conn.execute(
                stmt, {"state": state, "size": size, "offset": offset}
            )
            return [dict(r) for r in result.mappings()]

    async def one(self, ticket_id):
        async with self.engine.connect() as conn:
            result = await conn.execute(
                text(self.base + " WHERE id = :id"), {"id": ticket_id}
            )
            return result.mappings().first()


@routes.get("/tickets")
async def list_tickets(request):
    q = request.query
    try:
        size = min(int(q.get("size", 25)), 100)
        offset = int(q.get("offset", 0))
    except ValueError:
        raise web.HTTPBadRequest(text="size and offset must be numbers")
    rows = await request.app["store"].page(
        q.get("state", "open"),
        q.get("order", "opened_at"),
        direction=q.get("dir", "asc"),
        size=size,
        offset=offset,
    )
    return web.json_response(rows, dumps=request.app["dumps"])


@routes.get(r"/tickets/{id:\d+}")
async def get_ticket(request):
    row = await request.app["store"].one(int(request.match_info["id"]))
    if row is None:
        raise web.HTTPNotFound()
    return web.json_response(dict(row), dumps=request.app["dumps"])


def make_app():
    import functools
    import json

    app = web.Application()
    app["store"] = TicketStore(create_async_engine(os.environ["TICKETS_DSN"]))
    app["dumps"] = functools.partial(json.dumps, default=str)
    app.add_routes(routes)
    return app


if __name__ == "__main__":
    web.run_app(make_app(), host="127.0.0.1", port=8085)
