import mimetypes
import os

from flask import Flask, abort, send_file
from flask_login import current_user, login_required

app = Flask(__name__)
app.config["DOCUMENT_DIR"] = os.environ.get("DOCUMENT_DIR", "/srv/documents")


def locate(folder, name):
    path = os.path.join(app.config["DOCUMENT_DIR"], folder, name)
    if not os.path.isfile(path):
        return None
    return path


@app.get("/documents/<path:name>")
@login_required
def download(name):
    path = locate(str(current_user.id), name)
    if path is None:
        abort(404)
    kind, _ = mimetypes.guess_type(path)
    return send_file(
        path,
        mimetype=kind or "application/octet-stream",
        as_attachment=True,
        download_name=os.path.basename(path),
    )
