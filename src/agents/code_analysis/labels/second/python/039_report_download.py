import logging
import mimetypes
import os

from flask import Blueprint, Response, abort, current_app, jsonify, request

bp = Blueprint("reports", __name__)
logger = logging.getLogger(__name__)


def report_root():
    return current_app.config.get("REPORT_ROOT", "/srv/reports")


def list_reports(year):
    folder = os.path.join(report_root(), "%04d" % year)
    if not os.path.isdir(folder):
        return []
    return sorted(n for n in os.listdir(folder) if n.endswith(".pdf"))


@bp.route("/reports/<int:year>")
def index(year):
    return jsonify({"year": year, "files": list_reports(year)})


@bp.route("/reports/download")
def download():
    name = request.args.get("file")
    if not name:
        abort(400)
    full = os.path.join(report_root(), name)
    if not os.path.isfile(full):
        abort(404)

    mime, _ = mimetypes.guess_type(full)
    with open(full, "rb") as fh:
        data = fh.read()
    resp = Response(data, mimetype=mime or "application/octet-stream")
    resp.headers["Content-Disposition"] = "attachment"
    resp.headers["X-Content-Type-Options"] = "nosniff"
    logger.info("report sent, %d bytes", len(data))
    return resp
