import logging
from decimal import Decimal

from flask import Blueprint, jsonify, request
from lxml import etree

bp = Blueprint("catalog_import", __name__)
logger = logging.getLogger(__name__)

NS = {"c": "urn:example:catalog:1"}


class ImportError_(Exception):
    pass


def parse_document(data):
    parser = etree.XMLParser(
        resolve_entities=True, load_dtd=True, no_network=False, remove_blank_text=True
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as exc:
        raise ImportError_("not well-formed") from exc


def item_from(node):
    return {
        "sku": node.get("sku"),
        "title": node.findtext("c:title", namespaces=NS),
        "description": node.findtext("c:description", default="", namespaces=NS),
        "price": str(Decimal(node.findtext("c:price", default="0", namespaces=NS))),
    }


@bp.route("/catalog/preview", methods=["POST"])
def preview():
    """Parse a supplier catalogue and show what would be imported."""
    upload = request.files.get("catalog")
    data = upload.read() if upload else request.get_data()
    if not data:
        return jsonify(error="empty document"), 400
    try:
        root = parse_document(data)
        items = [item_from(n) for n in root.iterfind("c:item", NS)]
    except (ImportError_, ArithmeticError):
        return jsonify(error="invalid catalogue"), 422
    logger.info("catalogue preview with %d items", len(items))
    return jsonify(items=items)
