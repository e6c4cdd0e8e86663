"""Health, metrics and export endpoint of the batch host."""
import json
import logging
import os
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

logger = logging.getLogger("metrics")

REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
EXPORTS = {
    "daily": "/srv/batch/daily.csv",
    "weekly": "/srv/batch/weekly.csv",
}


class Handler(BaseHTTPRequestHandler):
    server_version = "batch"

    def _request_id(self):
        value = self.headers.get("X-Request-Id", "")
        return value if REQUEST_ID.fullmatch(value) else None

    def _reply(self, status, body, content_type, **headers):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        request_id = self._request_id()
        if request_id:
            self.send_header("X-Request-Id", request_id)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        parts = urlsplit(self.path)
        if parts.path == "/health":
            self._reply(200, b'{"ok": true}', "application/json")
        elif parts.path == "/load":
            body = json.dumps({"load": os.getloadavg()}).encode()
            self._reply(200, body, "application/json")
        elif parts.path == "/export":
            self._export(parse_qs(parts.query))
        else:
            self.send_error(404)

    def _export(self, query):
        kind = query.get("kind", ["daily"])[0]
        label = query.get("label", ["export"])[0][:60]
        path = EXPORTS.get(kind)
        if path is None:
            self.send_error(404)
            return
        with open(path, "rb") as handle:
            body = handle.read()
        disposition = "attachment; filename*=UTF-8''%s.csv" % quote(label, safe="")
        self._reply(200, body, "text/csv", Content_Disposition=disposition)

    def log_message(self, format, *args):
        logger.debug("request handled")


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", 9105), Handler).serve_forever()
