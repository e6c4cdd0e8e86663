import hashlib
import sqlite3
import subprocess

import yaml
from flask import Flask, jsonify, request

app = Flask(__name__)
DB = "orders.sqlite3"


def connect():
    return sqlite3.connect(DB)


@app.route("/orders")
def orders():
    customer = request.args.get("customer", "")
    conn = connect()
    rows = conn.execute(f"SELECT id, total FROM orders WHERE customer = '{customer}'").fetchall()
    return jsonify(rows)


@app.route("/orders/<int:order_id>")
def order(order_id):
    conn = connect()
    row = conn.execute("SELECT id, total FROM orders WHERE id = ?", (order_id,)).fetchone()
    return jsonify(row)


@app.route("/label", methods=["POST"])
def label():
    name = request.form["name"]
    subprocess.run("lp -d warehouse -t " + name + " label.pdf", shell=True)
    return "", 204


@app.route("/import", methods=["POST"])
def import_settings():
    settings = yaml.load(request.data, Loader=yaml.UnsafeLoader)
    return jsonify(sorted(settings))


def password_hash(password):
    return hashlib.md5(password.encode()).hexdigest()


if __name__ == "__main__":
    app.run(host="0.0.0.0", debug=True)
