"""Structured activity log of the document service."""
import json
import logging
import sys
from datetime import datetime, timezone

from aiohttp import web

CONTROL = {c: None for c in list(range(32)) + [127, 0x85, 0x2028, 0x2029]}
HIDDEN = {"password", "token", "authorization"}


class JsonFormatter(logging.Formatter):
    def format(self, record):
        entry = {
            "time": datetime.now(timezone.utc).isoformat(),
            "level": record.levelname,
            "event": record.getMessage(),
        }
        entry.update(getattr(record, "fields", {}))
        return json.dumps(entry, ensure_ascii=True, default=str)


def setup():
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("activity")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return logger


activity = setup()


def clean(value, limit=200):
    return str(value).translate(CONTROL)[:limit]


def note(event, **fields):
    safe = {k: clean(v) for k, v in fields.items() if k.lower() not in HIDDEN}
    activity.info(event, extra={"fields": safe})


@web.middleware
async def log_requests(request, handler):
    try:
        response = await handler(request)
        status = response.status
        return response
    except web.HTTPException as exc:
        status = exc.status
        raise
    finally:
        note(
            "request",
            method=request.method,
            path=request.path,
            agent=request.headers.get("User-Agent", "-"),
        )


async def search(request):
    phrase = request.query.get("q", "")
    note("search", phrase=phrase)
    return web.json_response({"results": []})


def make_app():
    app = web.Application(middlewares=[log_requests])
    app.router.add_get("/search", search)
    return app
