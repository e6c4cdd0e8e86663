from flask import Blueprint, g, jsonify, request
from flask_sqlalchemy import SQLAlchemy

from .auth import login_required

db = SQLAlchemy()
bp = Blueprint("profile", __name__, url_prefix="/api/profile")


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String(200), unique=True)
    display_name = db.Column(db.String(80))
    timezone = db.Column(db.String(40), default="UTC")
    is_admin = db.Column(db.Boolean, default=False)
    credit_cents = db.Column(db.Integer, default=0)

    def update(self, values):
        for key, value in values.items():
            if hasattr(self, key):
                setattr(self, key, value)
        return self

    def public(self):
        return {"id": self.id, "name": self.display_name, "timezone": self.timezone}


@bp.patch("/")
@login_required
def patch_profile():
    user = db.session.get(User, g.user_id)
    user.update(request.get_json())
    db.session.commit()
    return jsonify(user.public())
