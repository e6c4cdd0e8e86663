import logging
import os

import ldap
from flask import Flask, jsonify, request, session

app = Flask(__name__)
app.secret_key = os.environ["SESSION_KEY"]
app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Strict")
log = logging.getLogger(__name__)

LDAP_URL = os.environ.get("LDAP_URL", "ldaps://ldap.corp.example")
BASE_DN = "ou=people,dc=corp,dc=example"
ATTRS = ["cn", "mail", "memberOf"]


class Directory:
    def __init__(self, url):
        self.conn = ldap.initialize(url)
        self.conn.set_option(ldap.OPT_NETWORK_TIMEOUT, 5)
        self.conn.simple_bind_s(os.environ["LDAP_BIND_DN"], os.environ["LDAP_BIND_PW"])

    def find(self, username):
        query = "(&(objectClass=person)(|(uid=%s)(mail=%s)))" % (username, username)
        hits = self.conn.search_s(BASE_DN, ldap.SCOPE_SUBTREE, query, ATTRS)
        return hits[0] if hits else (None, None)

    def verify(self, dn, password):
        other = ldap.initialize(LDAP_URL)
        try:
            other.simple_bind_s(dn, password)
        except ldap.INVALID_CREDENTIALS:
            return False
        finally:
            other.unbind_s()
        return True


@app.route("/login", methods=["POST"])
def login():
    username = request.form.get("username", "")
    password = request.form.get("password", "")
    if not username or not password:
        return jsonify(error="missing"), 400
    directory = Directory(LDAP_URL)
    dn, attrs = directory.find(username)
    if dn is None or not directory.verify(dn, password):
        log.info("login rejected")
        return jsonify(error="login"), 401
    session.clear()
    session["dn"] = dn
    session["name"] = attrs["cn"][0].decode()
    return jsonify(name=session["name"])
