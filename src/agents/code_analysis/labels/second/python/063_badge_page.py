"""Small HTML fragments for the status page."""
import logging
from datetime import datetime, timezone

from flask import Flask, Response, request
from markupsafe import Markup, escape

app = Flask(__name__)
log = logging.getLogger(__name__)

COLORS = {"ok": "#2da44e", "warn": "#d4a72c", "down": "#cf222e"}

PAGE = Markup(
    "<!doctype html><html><head><meta charset='utf-8'><title>{title}</title></head>"
    "<body><h1>{title}</h1>{body}<footer>{stamp}</footer></body></html>"
)


def badge(label, state):
    color = COLORS.get(state, "#888888")
    return Markup('<span class="badge" style="background:{}">{}</span>').format(color, label)


def highlight(text, needle):
    """Mark every occurrence of needle in text."""
    if not needle:
        return escape(text)
    pieces = [escape(p) for p in text.split(needle)]
    mark = Markup("<mark>") + escape(needle) + Markup("</mark>")
    return mark.join(pieces)


def render(title, body):
    stamp = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    html = PAGE.format(title=title, body=body, stamp=stamp)
    return Response(str(html), content_type="text/html; charset=utf-8")


@app.get("/badge")
def show_badge():
    label = request.args.get("label", "service")
    state = request.args.get("state", "ok")
    return render("Badge " + label, badge(label, state))


@app.get("/find")
def find():
    needle = request.args.get("q", "")[:80]
    rows = []
    for line in app.config.get("STATUS_LINES", []):
        if needle in line:
            rows.append(Markup("<li>{}</li>").format(highlight(line, needle)))
    log.debug("%d status lines matched", len(rows))
    body = Markup("<ul>{}</ul>").format(Markup("").join(rows))
    return render("Search", body)
