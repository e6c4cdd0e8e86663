import os

import ldap
from flask import Blueprint, jsonify, request
from ldap.filter import escape_filter_chars

from .auth import login_required

bp = Blueprint("staff", __name__)

BASE_DN = "ou=people,dc=corp,dc=example"
ATTRS = ["uid", "cn", "mail"]


def connect():
    conn = ldap.initialize(os.environ["LDAP_URI"])
    conn.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
    conn.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    conn.set_option(ldap.OPT_NETWORK_TIMEOUT, 5)
    conn.start_tls_s()
    conn.simple_bind_s(os.environ["LDAP_BIND_DN"], os.environ["LDAP_BIND_PW"])
    return conn


def find_by_name(name):
    conn = connect()
    try:
        query = "(&(objectClass=person)(cn=*%s*))" % escape_filter_chars(name)
        return conn.search_s(BASE_DN, ldap.SCOPE_ONELEVEL, query, ATTRS)
    finally:
        conn.unbind_s()


@bp.get("/staff")
@login_required
def staff():
    name = request.args.get("name", "").strip()
    if len(name) < 3:
        return jsonify(error="at least three characters"), 422
    people = [
        {key: [value.decode() for value in values] for key, values in attributes.items()}
        for _dn, attributes in find_by_name(name)[:20]
    ]
    return jsonify(people)
