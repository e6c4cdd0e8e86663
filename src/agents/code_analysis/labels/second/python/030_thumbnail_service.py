import logging
import os
import subprocess
import uuid

from flask import Flask, abort, jsonify, request, send_from_directory

app = Flask(__name__)
log = logging.getLogger("thumbs")

WORK_DIR = os.environ.get("THUMB_DIR", "/var/lib/thumbs")
ALLOWED = {"image/png": ".png", "image/jpeg": ".jpg"}
app.config["MAX_CONTENT_LENGTH"] = 8 * 1024 * 1024


def run(cmd, timeout=30):
    proc = subprocess.run(
        cmd, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout
    )
    if proc.returncode != 0:
        log.error("conversion failed with status %d", proc.returncode)
    return proc.returncode == 0


def make_thumb(source, target, geometry):
    cmd = "convert {src} -auto-orient -resize {geo} -strip {dst}".format(
        src=source, dst=target, geo=geometry
    )
    return run(cmd)


@app.route("/thumbs", methods=["POST"])
def create_thumb():
    upload = request.files.get("image")
    if upload is None or upload.mimetype not in ALLOWED:
        abort(400)
    suffix = ALLOWED[upload.mimetype]
    key = uuid.uuid4().hex
    source = os.path.join(WORK_DIR, key + suffix)
    target = os.path.join(WORK_DIR, key + "_t.png")
    upload.save(source)

    size = request.form.get("size") or "200x200"
    try:
        ok = make_thumb(source, target, size)
    except subprocess.TimeoutExpired:
        ok = False
    finally:
        os.unlink(source)
    if not ok:
        abort(422)
    return jsonify({"key": key}), 201


@app.route("/thumbs/<uuid:key>")
def get_thumb(key):
    return send_from_directory(WORK_DIR, key.hex + "_t.png")
