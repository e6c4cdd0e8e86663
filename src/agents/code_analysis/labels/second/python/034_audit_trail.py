"""Plain text audit log for the administration area."""
import logging
import logging.handlers
import os

from flask import Blueprint, jsonify, request

from .auth import check_password, load_user
from .limits import limiter

bp = Blueprint("admin_login", __name__)

AUDIT_FILE = os.environ.get("AUDIT_FILE", "/var/log/portal/audit.log")


def make_logger(path):
    handler = logging.handlers.WatchedFileHandler(path, delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("portal.audit")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    return logger


audit = make_logger(AUDIT_FILE)


def record(event, **details):
    line = "event=" + event
    for key in sorted(details):
        line += " {}={}".format(key, details[key])
    audit.info(line)


@bp.route("/admin/login", methods=["POST"])
@limiter.limit("5/minute")
def admin_login():
    form = request.get_json()
    login = form.get("login", "")
    user = load_user(login)
    if user is None or not check_password(user, form.get("password", "")):
        record("login_failed", login=login, ip=request.remote_addr)
        return jsonify(error="login"), 401
    record("login_ok", login=login, ip=request.remote_addr)
    return jsonify(user=user.id, mfa=user.mfa_enabled)


@bp.route("/admin/unlock/<int:user_id>", methods=["POST"])
@limiter.limit("5/minute")
def request_unlock(user_id):
    reason = (request.get_json() or {}).get("reason", "")
    record("unlock_requested", user=user_id, reason=reason)
    return jsonify(ok=True)
