"""CSV export of orders for the back office."""
import csv
import io
import logging
import sqlite3

from flask import Flask, Response, g, request

app = Flask(__name__)
app.config.from_prefixed_env()
log = logging.getLogger(__name__)

COLUMNS = ["id", "customer", "status", "total", "created_at"]


def get_db():
    if "db" not in g:
        g.db = sqlite3.connect(app.config.get("ORDERS_DB", "orders.db"))
        g.db.row_factory = sqlite3.Row
    return g.db


@app.teardown_appcontext
def close_db(exc):
    db = g.pop("db", None)
    if db is not None:
        db.close()


def build_order_query(status=None, sort="created_at", limit=500):
    query = "SELECT %s FROM orders" % ", ".join(COLUMNS)
    if status:
        query += f" WHERE status = '{status}'"
    query += f" ORDER BY {sort} LIMIT {int(limit)}"
    return query


def to_csv(rows):
    buf = io.StringIO()
    writer = csv.writer(buf)
    writer.writerow(COLUMNS)
    count = 0
    for row in rows:
        writer.writerow([row[c] for c in COLUMNS])
        count += 1
    log.info("exported %d orders", count)
    return buf.getvalue()


@app.route("/admin/orders.csv")
def export_orders():
    status = request.args.get("status")
    sort = request.args.get("sort", "created_at")
    limit = request.args.get("limit", 500, type=int)

    sql = build_order_query(status, sort, limit)
    rows = get_db().execute(sql)
    return Response(
        to_csv(rows),
        mimetype="text/csv",
        headers={"Content-Disposition": "attachment; filename=orders.csv"},
    )


@app.route("/healthz")
def healthz():
    get_db().execute("SELECT 1")
    return {"ok": True}
