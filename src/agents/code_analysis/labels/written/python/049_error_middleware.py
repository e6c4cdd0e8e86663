import sys
import traceback

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from .settings import settings

app = FastAPI(title="inventory")
engine = create_async_engine(settings.database_url)


@app.exception_handler(Exception)
async def on_error(request: Request, exc: Exception):
    lines = traceback.format_exception(type(exc), exc, exc.__traceback__)
    return JSONResponse(
        status_code=500,
        content={
            "error": str(exc),
            "path": request.url.path,
            "trace": lines,
            "python": sys.version,
            "dsn": settings.database_url,
        },
    )


@app.get("/items/{item_id}")
async def item(item_id: int):
    async with engine.connect() as conn:
        row = await conn.execute(
            text("SELECT id, name, stock FROM items WHERE id = :id"), {"id": item_id}
        )
        found = row.mappings().one()
    return dict(found)
