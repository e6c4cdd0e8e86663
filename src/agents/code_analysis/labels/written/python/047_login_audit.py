import logging
from logging.handlers import WatchedFileHandler

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_login import login_user

from .models import User

bp = Blueprint("auth", __name__)

audit = logging.getLogger("audit")
_handler = WatchedFileHandler("/var/log/portal/audit.log")
_handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
audit.addHandler(_handler)
audit.setLevel(logging.INFO)


@bp.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "GET":
        return render_template("login.html")

    username = request.form.get("username", "")
    user = User.query.filter_by(username=username).one_or_none()
    if user is None or not user.check_password(request.form.get("password", "")):
        audit.info("login failed user=" + username + " ip=" + request.remote_addr)
        return render_template("login.html", error="Invalid credentials"), 401

    login_user(user)
    audit.info("login ok user=%s", user.id)
    current_app.logger.debug("session opened")
    return redirect(url_for("dashboard.index"))
