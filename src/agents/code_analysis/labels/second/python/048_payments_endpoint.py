import decimal
import logging
import os
import traceback

import psycopg2
from psycopg2.extras import Json
from flask import Flask, jsonify, request

app = Flask(__name__)
log = logging.getLogger("payments")

CURRENCIES = ("EUR", "USD", "GBP")


def db():
    return psycopg2.connect(os.environ["PAYMENTS_DSN"], connect_timeout=5)


def parse(payload):
    amount = decimal.Decimal(str(payload["amount"]))
    currency = payload["currency"]
    if currency not in CURRENCIES or amount <= 0:
        raise ValueError("amount or currency")
    return amount, currency


def store(amount, currency, meta):
    with db() as conn, conn.cursor() as cur:
        cur.execute(
            "INSERT INTO payments (amount, currency, meta) VALUES (%s, %s, %s) RETURNING id",
            (amount, currency, Json(meta)),
        )
        return cur.fetchone()[0]


def failure(exc, status=500):
    body = {
        "error": type(exc).__name__,
        "detail": traceback.format_exc(),
        "service": "payments",
    }
    return jsonify(body), status


@app.post("/payments")
def create_payment():
    payload = request.get_json(silent=True) or {}
    try:
        amount, currency = parse(payload)
    except (KeyError, ValueError, decimal.InvalidOperation):
        return jsonify(error="invalid payment"), 400
    try:
        payment_id = store(amount, currency, payload.get("meta", {}))
    except Exception as exc:
        log.exception("payment could not be stored")
        return failure(exc)
    return jsonify(id=payment_id), 201


@app.get("/payments/<int:payment_id>")
def show_payment(payment_id):
    with db() as conn, conn.cursor() as cur:
        cur.execute("SELECT amount, currency FROM payments WHERE id = %s", (payment_id,))
        row = cur.fetchone()
    if row is None:
        return jsonify(error="not found"), 404
    return jsonify(amount=str(row[0]), currency=row[1])
