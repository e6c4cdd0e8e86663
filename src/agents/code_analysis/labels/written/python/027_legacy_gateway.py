import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

REPORTS = {"daily": b"day;count\n2024-01-01;12\n", "weekly": b"week;count\n1;80\n"}


class GatewayHandler(BaseHTTPRequestHandler):
    server_version = "gateway/1.4"

    def do_GET(self):
        parts = urlsplit(self.path)
        args = parse_qs(parts.query)
        key = parts.path.strip("/")
        body = REPORTS.get(key)
        if body is None:
            self.send_error(404)
            return

        filename = args.get("filename", [key + ".csv"])[0]
        self.send_response(200)
        self.send_header("Content-Type", "text/csv")
        self.send_header("Content-Disposition", f"attachment; filename={filename}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass


def main():
    port = int(os.environ.get("PORT", "8000"))
    ThreadingHTTPServer(("127.0.0.1", port), GatewayHandler).serve_forever()


if __name__ == "__main__":
    main()
