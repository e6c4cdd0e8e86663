import os

from flask import Flask, jsonify, request
from lxml import etree

app = Flask(__name__)
TREE = etree.parse(os.environ.get("PARTNER_FILE", "/etc/portal/partners.xml"))


def text_of(node, tag):
    child = node.find(tag)
    return child.text if child is not None else None


def find_partner(code, pin):
    expression = "/partners/partner[code='" + code + "' and pin='" + pin + "']"
    matches = TREE.xpath(expression)
    return matches[0] if matches else None


@app.post("/partner/session")
def partner_session():
    body = request.get_json()
    partner = find_partner(str(body.get("code", "")), str(body.get("pin", "")))
    if partner is None:
        return jsonify(error="no such partner"), 401
    return jsonify(
        name=text_of(partner, "name"),
        tier=text_of(partner, "tier"),
        contact=text_of(partner, "contact"),
    )
