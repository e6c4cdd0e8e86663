"""Send alert mails for the monitoring checks."""
import logging
import os
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage

import yaml

logger = logging.getLogger("alerts")

LEVELS = {"warn": "WARNING", "crit": "CRITICAL", "ok": "RECOVERED"}


@dataclass
class Alert:
    check: str
    level: str
    text: str

    @property
    def subject(self):
        name = " ".join(self.check.split())[:80]
        return "[%s] %s" % (LEVELS.get(self.level, "UNKNOWN"), name)


class Mailer:
    def __init__(self, host, user, password, port=587):
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.context = ssl.create_default_context()

    def send(self, message):
        with smtplib.SMTP(self.host, self.port, timeout=15) as smtp:
            smtp.starttls(context=self.context)
            smtp.login(self.user, self.password)
            smtp.send_message(message)


def compose(alert, sender, recipients):
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Subject"] = alert.subject
    message.set_content(alert.text)
    return message


def load_recipients(path):
    with open(path, encoding="utf-8") as handle:
        data = yaml.safe_load(handle)
    return {level: list(names) for level, names in data["recipients"].items()}


def dispatch(alert, recipients, mailer):
    names = recipients.get(alert.level, [])
    if not names:
        return False
    try:
        mailer.send(compose(alert, "monitor@corp.example", names))
    except (OSError, smtplib.SMTPException):
        logger.exception("alert mail could not be sent")
        return False
    return True


def mailer_from_env():
    return Mailer(os.environ["SMTP_HOST"], os.environ["SMTP_USER"], os.environ["SMTP_PASSWORD"])
