from dataclasses import dataclass

from flask import Blueprint, g, jsonify, request
from jinja2 import Environment, TemplateError

from .auth import tenant_required
from .mailer import deliver

bp = Blueprint("campaigns", __name__)
env = Environment(autoescape=True)
env.filters["money"] = lambda cents: f"{cents / 100:.2f}"


@dataclass
class Campaign:
    subject: str
    body: str

    def render(self, contact):
        values = {"name": contact["name"], "balance": contact["balance"]}
        subject = env.from_string(self.subject).render(values)
        body = env.from_string(self.body).render(values)
        return " ".join(subject.split()), body


@bp.post("/campaigns/preview")
@tenant_required
def preview():
    payload = request.get_json()
    campaign = Campaign(payload["subject"], payload["body"])
    contact = {"name": "Jane Doe", "balance": 1250}
    try:
        subject, body = campaign.render(contact)
    except TemplateError:
        return jsonify(error="template cannot be rendered"), 422
    if payload.get("send_to_me"):
        deliver(g.tenant.email, subject, body)
    return jsonify(subject=subject, body=body)
