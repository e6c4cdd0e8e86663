"""Authentication against the legacy policy file (users.xml)."""
import base64
import json
import logging
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from lxml import etree

log = logging.getLogger("policy")


class PolicyFile:
    def __init__(self, path):
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        self.tree = etree.parse(path, parser)

    def _select(self, condition):
        return self.tree.xpath("/policy/users/user[" + condition + "]")

    def roles(self, login, digest):
        condition = "@login='" + login + "' and @digest='" + digest + "'"
        found = self._select(condition)
        if not found:
            return None
        return [r.text for r in found[0].findall("role")]


class Handler(BaseHTTPRequestHandler):
    policy = None

    def credentials(self):
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None, None
        login, _, secret = base64.b64decode(value).decode("utf-8").partition(":")
        return login, secret

    def do_GET(self):
        try:
            login, secret = self.credentials()
        except ValueError:
            self.send_error(400)
            return
        roles = self.policy.roles(login, secret) if login else None
        if roles is None:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="policy"')
            self.end_headers()
            return
        body = json.dumps({"roles": roles}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, fmt, *args):
        log.debug("request handled")


if __name__ == "__main__":
    Handler.policy = PolicyFile(sys.argv[1])
    HTTPServer(("127.0.0.1", 8070), Handler).serve_forever()
