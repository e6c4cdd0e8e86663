import asyncio
import functools
import logging
import os

from aiohttp import web

LOG = logging.getLogger("themes")
BASE = os.environ.get("THEMES_DIR", "/opt/portal/themes")
TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json"}


def asset_file(theme, asset):
    """Return the path of an asset, falling back to the default theme."""
    path = "/".join([BASE, theme, asset])
    if not os.path.exists(path):
        path = "/".join([BASE, "default", asset])
    return path


def load(path):
    with open(path, "rb") as handle:
        return handle.read()


async def asset(request):
    theme = request.query.get("theme", "default")
    name = request.query.get("name", "main.css")
    path = asset_file(theme, name)
    loop = asyncio.get_running_loop()
    try:
        body = await loop.run_in_executor(None, functools.partial(load, path))
    except OSError:
        raise web.HTTPNotFound()
    ext = os.path.splitext(path)[1]
    return web.Response(
        body=body,
        content_type=TYPES.get(ext, "application/octet-stream"),
        headers={"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"},
    )


async def themes(request):
    names = [e.name for e in os.scandir(BASE) if e.is_dir()]
    return web.json_response(sorted(names))


def build():
    app = web.Application()
    app.router.add_get("/themes", themes)
    app.router.add_get("/asset", asset)
    return app


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    web.run_app(build(), host="127.0.0.1", port=8090)
