import hashlib
import logging
import re
import sqlite3

from bottle import Bottle, HTTPError, request, run

app = Bottle()
logger = logging.getLogger("accounts")

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    id INTEGER PRIMARY KEY,
    login TEXT UNIQUE NOT NULL,
    secret TEXT NOT NULL
)
"""
LOGIN = re.compile(r"[a-z0-9_.-]{3,40}")


class Accounts(object):
    def __init__(self, path):
        self.db = sqlite3.connect(path)
        self.db.execute(SCHEMA)

    @staticmethod
    def _digest(login, password):
        mixed = "%s:%s" % (login, password)
        return hashlib.md5(mixed.encode("utf-8")).hexdigest()

    def create(self, login, password):
        with self.db:
            self.db.execute(
                "INSERT INTO accounts (login, secret) VALUES (?, ?)",
                (login, self._digest(login, password)),
            )

    def check(self, login, password):
        row = self.db.execute(
            "SELECT id FROM accounts WHERE login = ? AND secret = ?",
            (login, self._digest(login, password)),
        ).fetchone()
        return row[0] if row else None


accounts = Accounts("accounts.db")


@app.post("/accounts")
def register():
    login = request.forms.get("login", "")
    password = request.forms.get("password", "")
    if not LOGIN.fullmatch(login) or len(password) < 10:
        raise HTTPError(400, "login or password not acceptable")
    try:
        accounts.create(login, password)
    except sqlite3.IntegrityError:
        raise HTTPError(409, "login is taken")
    return {"login": login}


@app.post("/login")
def login():
    account = accounts.check(request.forms.get("login", ""), request.forms.get("password", ""))
    if account is None:
        raise HTTPError(401, "login failed")
    return {"account": account}


if __name__ == "__main__":
    run(app, host="127.0.0.1", port=8099)
