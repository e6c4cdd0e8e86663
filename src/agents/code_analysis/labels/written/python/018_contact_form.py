import re

from flask import Blueprint, jsonify, request

from .tasks import queue_message

bp = Blueprint("contact", __name__)

ADDRESS = re.compile(r"^([a-zA-Z0-9]+[._-]?)+@([a-zA-Z0-9]+[.-]?)+\.[a-z]{2,}$")
PHONE = re.compile(r"^\+?[0-9 ]{6,20}$")


def problems(form):
    found = {}
    if not ADDRESS.match(form.get("email", "")):
        found["email"] = "Please enter a mail address"
    if form.get("phone") and not PHONE.match(form["phone"]):
        found["phone"] = "Please enter a phone number"
    if not form.get("message", "").strip():
        found["message"] = "Please enter a message"
    return found


@bp.post("/contact")
def contact():
    form = request.get_json(force=True)
    found = problems(form)
    if found:
        return jsonify(errors=found), 422
    queue_message(form["email"], form.get("phone"), form["message"][:4000])
    return "", 204
