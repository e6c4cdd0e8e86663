import secrets
from datetime import timedelta

from flask import Blueprint, current_app, make_response, redirect, request, url_for

from .csrf import csrf_required
from .store import sessions, users

bp = Blueprint("session", __name__)
LIFETIME = timedelta(hours=8)
COOKIE = "__Host-sid"


def open_session(user):
    sid = secrets.token_urlsafe(32)
    sessions.put(sid, user.id, ttl=LIFETIME)
    return sid


@bp.post("/session")
@csrf_required
def sign_in():
    user = users.verify(request.form["email"], request.form["password"])
    if user is None:
        current_app.logger.info("sign-in refused")
        return redirect(url_for("session.form", failed=1))
    response = make_response(redirect(url_for("home.index")))
    response.set_cookie(
        COOKIE,
        open_session(user),
        max_age=int(LIFETIME.total_seconds()),
        secure=True,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


@bp.post("/session/end")
@csrf_required
def sign_out():
    sid = request.cookies.get(COOKIE)
    if sid:
        sessions.drop(sid)
    response = make_response(redirect(url_for("home.index")))
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Lax", path="/")
    return response
