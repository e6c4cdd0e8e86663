import sqlite3
from contextlib import closing

from flask import Flask, jsonify, request

app = Flask(__name__)
DATABASE = "/var/lib/helpdesk/tickets.db"


class TicketSearch:
    def __init__(self, term, states):
        self.term = term
        self.states = states

    @property
    def statement(self):
        marks = ",".join("?" for _ in self.states)
        text = "SELECT id, subject, state FROM tickets WHERE state IN (" + marks + ")"
        if self.term:
            text += " AND subject LIKE '%" + self.term + "%'"
        return text + " ORDER BY id DESC LIMIT 100"

    def run(self):
        with closing(sqlite3.connect(DATABASE)) as conn:
            conn.row_factory = sqlite3.Row
            return conn.execute(self.statement, self.states).fetchall()


@app.get("/tickets")
def tickets():
    states = request.args.getlist("state") or ["open"]
    search = TicketSearch(request.args.get("q", ""), states)
    found = search.run()
    return jsonify([{k: row[k] for k in row.keys()} for row in found])
