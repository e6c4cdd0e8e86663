import logging
import os
from datetime import datetime, timezone

from flask import Blueprint, jsonify, request
from pymongo import ASCENDING, MongoClient, ReturnDocument

bp = Blueprint("devices", __name__, url_prefix="/devices")
logger = logging.getLogger(__name__)

SORTABLE = ("serial", "seen_at", "firmware")


def collection():
    client = MongoClient(os.environ["MONGO_URL"])
    return client["fleet"]["devices"]


def text(value, limit=64):
    if not isinstance(value, str) or len(value) > limit:
        raise ValueError("not a short text")
    return value


def build_filter(payload):
    query = {"retired": {"$ne": True}}
    if "serial" in payload:
        query["serial"] = text(payload["serial"])
    if "models" in payload:
        query["model"] = {"$in": [text(m) for m in payload["models"]]}
    if "min_battery" in payload:
        query["battery"] = {"$gte": int(payload["min_battery"])}
    return query


@bp.post("/search")
def search():
    payload = request.get_json()
    try:
        query = build_filter(payload)
    except (TypeError, ValueError):
        return jsonify(error="bad filter"), 400
    sort = payload.get("sort")
    if sort not in SORTABLE:
        sort = "serial"
    rows = collection().find(query, {"_id": 0, "key": 0}).sort(sort, ASCENDING).limit(200)
    return jsonify(list(rows))


@bp.post("/<int:number>/seen")
def seen(number):
    doc = collection().find_one_and_update(
        {"number": number},
        {"$set": {"seen_at": datetime.now(timezone.utc)}},
        projection={"_id": 0, "number": 1, "seen_at": 1},
        return_document=ReturnDocument.AFTER,
    )
    if doc is None:
        return jsonify(error="unknown device"), 404
    logger.info("device %d was seen", number)
    return jsonify(doc)
