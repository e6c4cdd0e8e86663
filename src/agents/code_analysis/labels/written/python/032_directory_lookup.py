import os

import ldap
from flask import Blueprint, jsonify, request

bp = Blueprint("directory", __name__)

LDAP_URI = os.environ["LDAP_URI"]
BASE_DN = "ou=people,dc=corp,dc=example"
ATTRS = ["uid", "cn", "mail", "telephoneNumber"]


class Directory:
    def __init__(self, uri):
        self.conn = ldap.initialize(uri)
        self.conn.simple_bind_s(os.environ["LDAP_BIND_DN"], os.environ["LDAP_BIND_PW"])

    def find(self, uid, department=None):
        query = "(uid=%s)" % uid
        if department:
            query = "(&%s(departmentNumber=%d))" % (query, department)
        return self.conn.search_s(BASE_DN, ldap.SCOPE_SUBTREE, query, ATTRS)


def as_dict(entry):
    dn, attributes = entry
    return {key: [v.decode() for v in values] for key, values in attributes.items()}


@bp.get("/people")
def people():
    directory = Directory(LDAP_URI)
    department = request.args.get("department", type=int)
    found = directory.find(request.args["uid"], department)
    return jsonify([as_dict(entry) for entry in found[:20]])
