"""Invoice lookup endpoints used by the accounting UI."""
import logging
import sqlite3
from contextlib import closing

from flask import Blueprint, abort, current_app, jsonify, request

bp = Blueprint("invoices", __name__, url_prefix="/api/invoices")
log = logging.getLogger(__name__)

MAX_IDS = 200


def connect():
    conn = sqlite3.connect(current_app.config["INVOICE_DB"])
    conn.row_factory = sqlite3.Row
    return conn


def parse_ids(raw):
    ids = []
    for part in raw.split(","):
        part = part.strip()
        if part:
            ids.append(part)
    if len(ids) > MAX_IDS:
        abort(413)
    return ids


def fetch_invoices(conn, ids, state=None):
    if not ids:
        return []
    marks = ", ".join("?" for _ in ids)
    sql = f"SELECT id, number, state, amount_cents FROM invoices WHERE number IN ({marks})"
    params = list(ids)
    if state is not None:
        sql += " AND state = ?"
        params.append(state)
    sql += " ORDER BY number"
    return conn.execute(sql, params).fetchall()


@bp.route("/", methods=["GET"])
def list_invoices():
    ids = parse_ids(request.args.get("numbers", ""))
    state = request.args.get("state")
    with closing(connect()) as conn:
        rows = fetch_invoices(conn, ids, state)
    log.info("invoice lookup asked=%d found=%d", len(ids), len(rows))
    return jsonify([dict(r) for r in rows])


@bp.route("/<int:invoice_id>", methods=["GET"])
def get_invoice(invoice_id):
    with closing(connect()) as conn:
        row = conn.execute(
            "SELECT id, number, state, amount_cents FROM invoices WHERE id = ?",
            (invoice_id,),
        ).fetchone()
    if row is None:
        abort(404)
    return jsonify(dict(row))
