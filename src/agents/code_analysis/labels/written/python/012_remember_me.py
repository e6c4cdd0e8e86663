import secrets
from datetime import timedelta

from flask import Flask, make_response, redirect, request, url_for

from .store import sessions, users

app = Flask(__name__)
REMEMBER = timedelta(days=30)


def open_session(user, keep):
    sid = secrets.token_urlsafe(32)
    sessions.put(sid, user.id, ttl=REMEMBER if keep else timedelta(hours=8))
    return sid


@app.post("/session")
def sign_in():
    user = users.verify(request.form["email"], request.form["password"])
    if user is None:
        return redirect(url_for("sign_in_form", failed=1))

    keep = request.form.get("remember") == "on"
    response = make_response(redirect(url_for("home")))
    response.set_cookie(
        "session_id",
        open_session(user, keep),
        max_age=int(REMEMBER.total_seconds()) if keep else None,
        secure=False,
        httponly=False,
    )
    return response


@app.get("/session/new")
def sign_in_form():
    return app.send_static_file("sign_in.html")
