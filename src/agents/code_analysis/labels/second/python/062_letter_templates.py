"""Serial letters: users write their own text with placeholders."""
import datetime
import logging

import jinja2
from flask import Blueprint, abort, jsonify, request
from flask_login import current_user, login_required

from .models import Contact, Letter, db

bp = Blueprint("letters", __name__, url_prefix="/letters")
logger = logging.getLogger(__name__)

env = jinja2.Environment(autoescape=True, trim_blocks=True)
env.filters["date"] = lambda d: d.strftime("%d.%m.%Y")


def context_for(contact):
    return {
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "today": datetime.date.today(),
        "sender": current_user.display_name,
    }


def render_letter(source, contact):
    template = env.from_string(source)
    return template.render(**context_for(contact))


@bp.post("/preview")
@login_required
def preview():
    payload = request.get_json()
    contact = Contact.query.filter_by(
        id=payload.get("contact"), owner_id=current_user.id
    ).first_or_404()
    try:
        text = render_letter(payload.get("body", ""), contact)
    except jinja2.TemplateError:
        logger.info("letter template of user %d has an error", current_user.id)
        return jsonify(error="template"), 422
    return jsonify(text=text)


@bp.post("/")
@login_required
def save():
    payload = request.get_json()
    if not payload.get("title"):
        abort(400)
    letter = Letter(
        owner_id=current_user.id,
        title=payload["title"][:120],
        body=payload.get("body", ""),
    )
    db.session.add(letter)
    db.session.commit()
    return jsonify(id=letter.id), 201
