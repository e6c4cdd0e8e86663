"""Renders the transactional mails."""
import logging
from email.message import EmailMessage
from email.utils import formataddr

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

logger = logging.getLogger(__name__)

env = Environment(
    loader=PackageLoader("shop", "mail_templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
)

SUBJECT = env.from_string("{{ shop }}: your order {{ number }}")

KINDS = {
    "confirmed": "order_confirmed",
    "shipped": "order_shipped",
    "cancelled": "order_cancelled",
}


def one_line(text):
    return " ".join(str(text).split())


class MailRenderer:
    def __init__(self, shop_name, sender):
        self.shop_name = shop_name
        self.sender = sender

    def render(self, kind, order, note=""):
        base = KINDS[kind]
        context = {
            "shop": self.shop_name,
            "order": order,
            "number": order.number,
            "note": note,
        }
        message = EmailMessage()
        message["From"] = formataddr((one_line(self.shop_name), self.sender))
        message["To"] = one_line(order.email)
        message["Subject"] = one_line(SUBJECT.render(**context))
        message.set_content(env.get_template(base + ".txt").render(**context))
        message.add_alternative(
            env.get_template(base + ".html").render(**context), subtype="html"
        )
        return message


def preview(order, note):
    renderer = MailRenderer("Preview", "noreply@shop.example")
    message = renderer.render("confirmed", order, note)
    logger.info("rendered preview of %d bytes", len(message.as_bytes()))
    return message
