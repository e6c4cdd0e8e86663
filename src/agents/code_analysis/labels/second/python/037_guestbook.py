import logging
import sqlite3
from html import escape

from flask import Flask, make_response, request

app = Flask(__name__)
app.config["DATABASE"] = "guestbook.db"
log = logging.getLogger("guestbook")

HEAD = "<!doctype html><html><head><title>Guestbook</title></head><body>"
TAIL = "</body></html>"


def entries():
    conn = sqlite3.connect(app.config["DATABASE"])
    try:
        return conn.execute(
            "SELECT author, message FROM entries ORDER BY id DESC LIMIT 50"
        ).fetchall()
    finally:
        conn.close()


def greeting(visitor):
    lines = ["<header>"]
    lines.append("<h1>Guestbook</h1>")
    if visitor:
        lines.append("<p>Welcome back, " + visitor + "!</p>")
    lines.append("</header>")
    return "\n".join(lines)


def render_entries(rows):
    items = []
    for author, message in rows:
        items.append("<li><b>%s</b>: %s</li>" % (escape(author), escape(message)))
    return "<ul>%s</ul>" % "".join(items)


@app.route("/")
def index():
    visitor = request.args.get("visitor", "")
    page = HEAD + greeting(visitor) + render_entries(entries()) + TAIL
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


@app.route("/count")
def count():
    return {"entries": len(entries())}


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=5000)
