import base64
import pickle
import time

from aiohttp import web

COOKIE = "sid"
LIFETIME = 8 * 3600


class CookieSession(dict):
    @classmethod
    def load(cls, raw):
        if not raw:
            return cls()
        try:
            data = pickle.loads(base64.urlsafe_b64decode(raw))
        except (ValueError, pickle.UnpicklingError):
            return cls()
        if data.get("_t", 0) + LIFETIME < time.time():
            return cls()
        return cls(data)

    def dump(self):
        self["_t"] = int(time.time())
        return base64.urlsafe_b64encode(pickle.dumps(dict(self))).decode()


@web.middleware
async def session_middleware(request, handler):
    session = CookieSession.load(request.cookies.get(COOKIE))
    request["session"] = session
    response = await handler(request)
    response.set_cookie(
        COOKIE, session.dump(), httponly=True, secure=True, samesite="Lax", max_age=LIFETIME
    )
    return response
