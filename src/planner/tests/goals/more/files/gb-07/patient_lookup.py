import sqlite3

from flask import Flask, request

app = Flask(__name__)


@app.route("/patient")
def patient():
    name = request.args.get("name")
    db = sqlite3.connect("wards.db")
    cursor = db.cursor()
    cursor.execute("SELECT id, name, ward FROM patients WHERE name = '" + name + "'")
    return {"patients": cursor.fetchall()}
