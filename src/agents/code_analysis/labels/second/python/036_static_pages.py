"""Help pages, rendered at build time and served from disk."""
import json
import logging
import os

from flask import Flask, abort, jsonify, send_from_directory
from werkzeug.utils import safe_join

log = logging.getLogger(__name__)


class HelpSite:
    def __init__(self, root):
        self.root = root

    def meta(self, slug):
        path = safe_join(self.root, slug, "meta.json")
        if path is None or not os.path.isfile(path):
            return None
        with open(path, encoding="utf-8") as fh:
            return json.load(fh)

    def slugs(self):
        for entry in sorted(os.scandir(self.root), key=lambda e: e.name):
            if entry.is_dir():
                yield entry.name


def create_app(root=None):
    app = Flask(__name__)
    app.config["HELP_ROOT"] = root or os.environ["HELP_ROOT"]
    site = HelpSite(app.config["HELP_ROOT"])

    @app.get("/help")
    def index():
        return jsonify(list(site.slugs()))

    @app.get("/help/<slug>/meta")
    def meta(slug):
        data = site.meta(slug)
        if data is None:
            abort(404)
        return jsonify(data)

    @app.get("/help/<path:name>")
    def page(name):
        if not name.endswith((".html", ".png", ".css")):
            abort(404)
        return send_from_directory(site.root, name, max_age=600)

    @app.errorhandler(404)
    def not_found(exc):
        return jsonify({"error": "not found"}), 404

    log.info("help site ready")
    return app
