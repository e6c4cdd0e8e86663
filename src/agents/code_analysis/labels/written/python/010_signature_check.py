import hashlib
import hmac
import json
import os
import time

from aiohttp import web

from .events import dispatch

SECRET = os.environ["HOOK_SECRET"].encode()
MAX_AGE = 300


def expected(timestamp: str, body: bytes) -> str:
    mac = hmac.new(SECRET, timestamp.encode() + b"." + body, hashlib.sha256)
    return mac.hexdigest()


def is_authentic(headers, body: bytes) -> bool:
    timestamp = headers.get("X-Hook-Time", "")
    signature = headers.get("X-Hook-Signature", "")
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    if abs(time.time() - int(timestamp)) > MAX_AGE:
        return False
    return hmac.compare_digest(expected(timestamp, body).encode(), signature.encode())


async def receive(request: web.Request) -> web.Response:
    body = await request.read()
    if not is_authentic(request.headers, body):
        raise web.HTTPForbidden()
    event = json.loads(body)
    await dispatch(event["type"], event["data"])
    return web.Response(status=204)


def make_app() -> web.Application:
    app = web.Application(client_max_size=256 * 1024)
    app.router.add_post("/hooks/billing", receive)
    return app
