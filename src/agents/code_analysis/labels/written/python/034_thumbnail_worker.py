import asyncio
import json
import logging
import os

from aiohttp import web

log = logging.getLogger("thumbs")
MEDIA_ROOT = os.environ.get("MEDIA_ROOT", "/srv/media")


async def render(source: str, target: str, second: float) -> int:
    cmd = f"ffmpeg -loglevel error -y -ss {second:.2f} -i '{source}' -frames:v 1 '{target}'"
    proc = await asyncio.create_subprocess_shell(
        cmd, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, err = await proc.communicate()
    if proc.returncode:
        log.error("ffmpeg exited with %d (%d bytes of stderr)", proc.returncode, len(err))
    return proc.returncode


async def create_thumbnail(request: web.Request) -> web.Response:
    body = await request.json()
    name = os.path.basename(body["filename"])
    source = os.path.join(MEDIA_ROOT, "video", name)
    target = os.path.join(MEDIA_ROOT, "thumbs", name + ".jpg")
    code = await render(source, target, float(body.get("second", 1)))
    return web.Response(
        text=json.dumps({"ok": code == 0}),
        status=200 if code == 0 else 502,
        content_type="application/json",
    )


def setup(app: web.Application) -> None:
    app.router.add_post("/thumbnails", create_thumbnail)
