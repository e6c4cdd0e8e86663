"""WSGI middleware that keeps the wizard state between requests."""
import base64
import logging
import pickle
import zlib
from http.cookies import SimpleCookie

log = logging.getLogger(__name__)

COOKIE = "wizard_state"


class WizardState(object):
    def __init__(self):
        self.step = 0
        self.answers = {}

    def advance(self, answers):
        self.answers.update(answers)
        self.step += 1


def encode(state):
    raw = zlib.compress(pickle.dumps(state, protocol=2))
    return base64.urlsafe_b64encode(raw).decode("ascii")


def decode(value):
    raw = zlib.decompress(base64.urlsafe_b64decode(value.encode("ascii")))
    return pickle.loads(raw)


class WizardMiddleware(object):
    def __init__(self, app):
        self.app = app

    def load(self, environ):
        jar = SimpleCookie(environ.get("HTTP_COOKIE", ""))
        morsel = jar.get(COOKIE)
        if morsel is None:
            return WizardState()
        try:
            return decode(morsel.value)
        except (ValueError, zlib.error):
            log.info("could not read the wizard cookie, starting over")
            return WizardState()

    def __call__(self, environ, start_response):
        state = self.load(environ)
        environ["wizard.state"] = state

        def start(status, headers, exc_info=None):
            cookie = SimpleCookie()
            cookie[COOKIE] = encode(state)
            cookie[COOKIE]["path"] = "/"
            cookie[COOKIE]["httponly"] = True
            cookie[COOKIE]["secure"] = True
            headers = list(headers)
            headers.append(("Set-Cookie", cookie[COOKIE].OutputString()))
            return start_response(status, headers, exc_info)

        return self.app(environ, start)
