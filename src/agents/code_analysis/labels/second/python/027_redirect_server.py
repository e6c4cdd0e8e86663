"""Tiny click counter: /c?to=<id>&campaign=<name> answers with a redirect."""
import json
import logging
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

log = logging.getLogger("clicks")


class Targets:
    def __init__(self, path):
        with open(path, encoding="utf-8") as handle:
            self.by_id = json.load(handle)
        self.clicks = Counter()
        self.lock = threading.Lock()

    def hit(self, key):
        with self.lock:
            self.clicks[key] += 1
        return self.by_id[key]


class ClickHandler(BaseHTTPRequestHandler):
    targets = None
    protocol_version = "HTTP/1.0"

    def params(self):
        query = parse_qs(urlsplit(self.path).query)
        return {k: v[0] for k, v in query.items()}

    def campaign_cookie(self, name):
        return "campaign=" + name + "; Path=/; Max-Age=86400; Secure; HttpOnly"

    def do_GET(self):
        params = self.params()
        key = params.get("to")
        if key not in self.targets.by_id:
            self.send_error(404)
            return
        self.send_response(302)
        self.send_header("Location", self.targets.hit(key))
        if "campaign" in params:
            cookie = self.campaign_cookie(params["campaign"])
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *args):
        log.debug("click handled")


def main():
    logging.basicConfig(level=logging.INFO)
    ClickHandler.targets = Targets(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 8400), ClickHandler)
    log.info("%d targets loaded", len(ClickHandler.targets.by_id))
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.shutdown()


if __name__ == "__main__":
    main()
