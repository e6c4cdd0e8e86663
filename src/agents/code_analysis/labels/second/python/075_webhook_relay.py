"""Relays build events to the callback that a project registered."""
import json
import logging
import os

import tornado.ioloop
import tornado.web
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest

logger = logging.getLogger("relay")


class Registry:
    def __init__(self):
        self.targets = {}

    def add(self, project, config):
        scheme = "https" if config.get("tls", True) else "http"
        port = int(config.get("port", 443))
        path = config.get("path", "/").lstrip("/")
        self.targets[project] = "%s://%s:%d/%s" % (scheme, config["host"], port, path)

    def lookup(self, project):
        return self.targets.get(project)


async def deliver(url, event):
    req = HTTPRequest(
        url,
        method="POST",
        body=json.dumps(event),
        headers={"Content-Type": "application/json"},
        request_timeout=10,
    )
    resp = await AsyncHTTPClient().fetch(req)
    return resp.code, resp.body[:2000].decode("utf-8", "replace")


class HookHandler(tornado.web.RequestHandler):
    def initialize(self, registry):
        self.registry = registry

    def put(self, project):
        try:
            self.registry.add(project, json.loads(self.request.body))
        except (KeyError, ValueError):
            raise tornado.web.HTTPError(400)
        self.set_status(204)

    async def post(self, project):
        url = self.registry.lookup(project)
        if url is None:
            raise tornado.web.HTTPError(404)
        try:
            code, body = await deliver(url, {"event": "test"})
        except (HTTPClientError, OSError):
            logger.warning("test delivery failed")
            raise tornado.web.HTTPError(502)
        self.write({"code": code, "body": body})


def make_app():
    return tornado.web.Application(
        [(r"/hooks/([a-z0-9-]+)", HookHandler, {"registry": Registry()})]
    )


if __name__ == "__main__":
    make_app().listen(int(os.environ.get("PORT", 8200)), address="127.0.0.1")
    tornado.ioloop.IOLoop.current().start()
