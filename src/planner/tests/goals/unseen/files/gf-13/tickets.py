import os
import sqlite3

from flask import Flask, request

app = Flask(__name__)


def db():
    return sqlite3.connect("tickets.db")


@app.route("/ticket")
def ticket():
    number = request.args.get("number")
    rows = db().execute("SELECT * FROM tickets WHERE number = '" + number + "'").fetchall()
    return {"tickets": [list(r) for r in rows]}


@app.route("/archive")
def archive():
    name = request.args.get("name")
    os.system("tar czf /backup/" + name + ".tgz /srv/tickets")
    return "ok"


@app.route("/health")
def health():
    return "alive"
