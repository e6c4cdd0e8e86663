import os

from flask import Flask, abort, jsonify
from lxml import etree

app = Flask(__name__)

PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
TREE = etree.parse(os.environ.get("STOCK_FILE", "/etc/shop/stock.xml"), PARSER)

BY_SKU = etree.XPath("/stock/item[@sku = $sku]")
BY_SHELF = etree.XPath("/stock/item[shelf = $shelf and number(quantity) > $least]")


def as_dict(node):
    return {
        "sku": node.get("sku"),
        "shelf": node.findtext("shelf"),
        "quantity": int(node.findtext("quantity", default="0")),
    }


@app.get("/stock/<sku>")
def by_sku(sku):
    found = BY_SKU(TREE, sku=sku)
    if not found:
        abort(404)
    return jsonify(as_dict(found[0]))


@app.get("/shelves/<shelf>/<int:least>")
def by_shelf(shelf, least):
    return jsonify([as_dict(node) for node in BY_SHELF(TREE, shelf=shelf, least=least)])
