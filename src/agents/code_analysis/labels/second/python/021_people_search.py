"""People search of the intranet against the company directory."""
import logging
import os
from contextlib import contextmanager

from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.views.decorators.http import require_GET
from ldap3 import SUBTREE, Connection, Server, Tls
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars
import ssl

logger = logging.getLogger(__name__)

BASE = "ou=people,dc=corp,dc=example"
FIELDS = {"name": "cn", "mail": "mail", "phone": "telephoneNumber"}


@contextmanager
def directory():
    server = Server(
        "ldap.corp.example", port=636, use_ssl=True, tls=Tls(validate=ssl.CERT_REQUIRED)
    )
    conn = Connection(
        server,
        user=os.environ["LDAP_USER"],
        password=os.environ["LDAP_PASSWORD"],
        auto_bind=True,
        read_only=True,
        receive_timeout=10,
    )
    try:
        yield conn
    finally:
        conn.unbind()


def build_filter(params):
    clauses = []
    for name, attribute in FIELDS.items():
        value = params.get(name, "").strip()
        if value:
            clauses.append("(%s=*%s*)" % (attribute, escape_filter_chars(value)))
    if not clauses:
        return None
    return "(&(objectClass=person)%s)" % "".join(clauses)


@require_GET
@login_required
def people(request):
    query = build_filter(request.GET)
    if query is None:
        return JsonResponse({"people": []})
    try:
        with directory() as conn:
            conn.search(BASE, query, SUBTREE, attributes=["cn", "mail"], size_limit=50)
            found = [{"name": str(e.cn), "mail": str(e.mail)} for e in conn.entries]
    except LDAPException:
        logger.exception("directory search failed")
        return JsonResponse({"error": "directory not available"}, status=503)
    return JsonResponse({"people": found})
