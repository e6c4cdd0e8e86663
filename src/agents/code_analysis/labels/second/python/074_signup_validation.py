import json
import logging
import re

import tornado.ioloop
import tornado.web

logger = logging.getLogger("signup")

EMAIL = re.compile(r"^([a-zA-Z0-9]+([._+-]?[a-zA-Z0-9]+)*)+@([a-zA-Z0-9-]+\.)+[a-zA-Z]{2,}$")
PHONE = re.compile(r"^\+?[0-9 ]{6,20}$")


class Form:
    required = ("email", "name")

    def __init__(self, data):
        self.data = data
        self.errors = {}

    def _check(self, field, ok):
        if not ok:
            self.errors[field] = "invalid"

    def validate(self):
        for field in self.required:
            self._check(field, bool(self.data.get(field)))
        email = self.data.get("email", "").strip()
        self._check("email", EMAIL.match(email) is not None)
        phone = self.data.get("phone")
        if phone:
            self._check("phone", PHONE.match(phone[:40]) is not None)
        return not self.errors


class SignupHandler(tornado.web.RequestHandler):
    def initialize(self, queue):
        self.queue = queue

    def post(self):
        try:
            data = {k: str(v) for k, v in json.loads(self.request.body).items()}
        except (ValueError, AttributeError):
            raise tornado.web.HTTPError(400)
        form = Form(data)
        if not form.validate():
            self.set_status(422)
            self.write({"errors": form.errors})
            return
        self.queue.append(data)
        logger.info("signup queued, %d waiting", len(self.queue))
        self.set_status(202)


def make_app():
    return tornado.web.Application([(r"/signup", SignupHandler, {"queue": []})])


if __name__ == "__main__":
    make_app().listen(8300, address="127.0.0.1")
    tornado.ioloop.IOLoop.current().start()
