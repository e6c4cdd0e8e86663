import sqlite3
from flask import Flask, request

app = Flask(__name__)


@app.route("/orders")
def orders():
    db = sqlite3.connect("shop.db")
    customer = request.args.get("customer")
    cursor = db.cursor()
    cursor.execute("SELECT * FROM orders WHERE customer = '" + customer + "'")
    return {"orders": cursor.fetchall()}
