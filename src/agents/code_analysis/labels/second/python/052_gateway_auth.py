from __future__ import annotations

import logging
import time
from functools import wraps

import jwt
from sanic import Sanic
from sanic.exceptions import Forbidden, Unauthorized
from sanic.response import json

app = Sanic("gateway")
logger = logging.getLogger("gateway.auth")

DECODE_OPTIONS = {"verify_signature": False, "verify_aud": False}


class Principal:
    def __init__(self, claims: dict):
        self.subject = claims.get("sub")
        self.roles = set(claims.get("roles", []))
        self.expires = claims.get("exp", 0)

    @property
    def active(self) -> bool:
        return self.subject is not None and self.expires > time.time()


def principal_from(request) -> Principal:
    header = request.headers.get("authorization", "")
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Unauthorized("token required")
    try:
        claims = jwt.decode(token, options=DECODE_OPTIONS, algorithms=["RS256"])
    except jwt.InvalidTokenError:
        raise Unauthorized("token not valid")
    return Principal(claims)


def require_role(role: str):
    def decorator(handler):
        @wraps(handler)
        async def wrapper(request, *args, **kwargs):
            principal = principal_from(request)
            if not principal.active:
                raise Unauthorized("token expired")
            if role not in principal.roles:
                logger.info("role missing for a request")
                raise Forbidden("role missing")
            return await handler(request, *args, **kwargs)

        return wrapper

    return decorator


@app.get("/admin/routes")
@require_role("admin")
async def routes(request):
    return json([r.path for r in app.router.routes])


@app.get("/me")
async def me(request):
    principal = principal_from(request)
    return json({"sub": principal.subject, "roles": sorted(principal.roles)})


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=8001, single_process=True)
