import hashlib
import hmac
import json
import os

from aiohttp import web

from .events import dispatch

SECRET = os.environ["WEBHOOK_SECRET"].encode()
HEADER = "X-Signature-256"


def expected_signature(body):
    mac = hmac.new(SECRET, body, hashlib.sha256)
    return "sha256=" + mac.hexdigest()


async def receive(request):
    body = await request.read()
    if len(body) > 512 * 1024:
        raise web.HTTPRequestEntityTooLarge(512 * 1024, len(body))
    given = request.headers.get(HEADER, "")
    if given == expected_signature(body):
        event = json.loads(body)
        await dispatch(event["type"], event["data"])
        return web.Response(status=204)
    raise web.HTTPForbidden(text="signature mismatch")


app = web.Application()
app.router.add_post("/hooks/payments", receive)

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=8099)
