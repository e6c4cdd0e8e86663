"""Central error handling of the shop API."""
import logging
import os
import traceback
import uuid

from flask import Flask, g, jsonify, request
from werkzeug.exceptions import HTTPException

logger = logging.getLogger("shop.errors")


class DomainError(Exception):
    """Raised for problems that the client may know about."""

    status = 400
    code = "invalid"


class OutOfStock(DomainError):
    status = 409
    code = "out_of_stock"


MESSAGES = {
    "invalid": "The request is not valid.",
    "out_of_stock": "The article is sold out.",
}


def handle_domain(exc):
    return jsonify(code=exc.code, message=MESSAGES[exc.code]), exc.status


def handle_http(exc):
    return jsonify(code="http", message=exc.name), exc.code


def handle_unexpected(exc):
    reference = uuid.uuid4().hex[:12]
    trace = "".join(traceback.format_exception(type(exc), exc, exc.__traceback__))
    logger.error("unexpected error %s in %s\n%s", reference, request.endpoint, trace)
    return jsonify(code="internal", reference=reference), 500


def register(app):
    app.register_error_handler(DomainError, handle_domain)
    app.register_error_handler(HTTPException, handle_http)
    app.register_error_handler(Exception, handle_unexpected)

    @app.before_request
    def start():
        g.request_id = uuid.uuid4().hex

    @app.after_request
    def finish(response):
        response.headers["X-Request-Id"] = g.get("request_id", "-")
        return response


def create_app():
    app = Flask("shop")
    app.config.update(DEBUG=False, TESTING=False, PROPAGATE_EXCEPTIONS=False)
    app.secret_key = os.environ["SHOP_SECRET"]
    register(app)
    return app


if __name__ == "__main__":
    create_app().run(host="127.0.0.1", port=8010, debug=False)
