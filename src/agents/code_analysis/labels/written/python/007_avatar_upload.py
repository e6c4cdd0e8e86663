import os

from flask import Blueprint, current_app, jsonify, request, url_for
from flask_login import current_user, login_required

from .models import db

bp = Blueprint("avatar", __name__)
ALLOWED = {"image/png", "image/jpeg", "image/gif"}


def folder_for(user):
    path = os.path.join(current_app.static_folder, "avatars", str(user.id))
    os.makedirs(path, exist_ok=True)
    return path


@bp.post("/avatar")
@login_required
def upload():
    image = request.files.get("image")
    if image is None or not image.filename:
        return jsonify(error="no file"), 400
    if image.mimetype not in ALLOWED:
        return jsonify(error="only images are accepted"), 415

    target = os.path.join(folder_for(current_user), image.filename)
    image.save(target)
    current_user.avatar = f"avatars/{current_user.id}/{image.filename}"
    db.session.commit()
    return jsonify(url=url_for("static", filename=current_user.avatar)), 201
