import logging
import os
import time

from flask import Blueprint, current_app, jsonify, request, url_for
from flask_login import current_user, login_required
from werkzeug.utils import secure_filename

from .extensions import db

bp = Blueprint("photos", __name__, url_prefix="/photos")
logger = logging.getLogger(__name__)

MAX_SIZE = 5 * 1024 * 1024


def target_for(user_id, filename):
    """photos/<user>/<time>_<name> below the static folder."""
    folder = os.path.join(current_app.static_folder, "photos", str(user_id))
    os.makedirs(folder, exist_ok=True)
    name = "%d_%s" % (time.time(), secure_filename(filename))
    return os.path.join(folder, name), "photos/%d/%s" % (user_id, name)


def size_of(upload):
    upload.stream.seek(0, os.SEEK_END)
    size = upload.stream.tell()
    upload.stream.seek(0)
    return size


@bp.post("/")
@login_required
def upload_photo():
    upload = request.files.get("photo")
    if upload is None or not upload.filename:
        return jsonify(error="no file"), 400
    if size_of(upload) > MAX_SIZE:
        return jsonify(error="too large"), 413

    path, public = target_for(current_user.id, upload.filename)
    upload.save(path)
    current_user.photo = public
    db.session.commit()
    logger.info("user %d has a new photo", current_user.id)
    return jsonify(url=url_for("static", filename=public)), 201


@bp.delete("/")
@login_required
def remove_photo():
    current_user.photo = None
    db.session.commit()
    return "", 204
