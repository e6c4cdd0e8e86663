from dataclasses import dataclass
from email.message import EmailMessage

from jinja2 import Environment, PackageLoader, StrictUndefined

ENVIRONMENT = Environment(
    loader=PackageLoader("notifications", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
)

TEMPLATES = {
    "welcome": ("Welcome to the workshop", "welcome.html"),
    "invoice": ("Your invoice", "invoice.html"),
    "reminder": ("A reminder", "reminder.html"),
}


@dataclass(frozen=True)
class Rendered:
    subject: str
    html: str


def render(kind: str, context: dict) -> Rendered:
    try:
        subject, file_name = TEMPLATES[kind]
    except KeyError:
        raise LookupError(f"no template for {kind!r}") from None
    return Rendered(subject, ENVIRONMENT.get_template(file_name).render(context))


def build_message(recipient: str, kind: str, context: dict) -> EmailMessage:
    rendered = render(kind, context)
    message = EmailMessage()
    message["To"] = recipient
    message["From"] = "workshop@shop.example"
    message["Subject"] = rendered.subject
    message.set_content("Please open this message in a client that shows HTML.")
    message.add_alternative(rendered.html, subtype="html")
    return message
