import os
import smtplib
import ssl
from email.message import EmailMessage


def tls_context():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Relay:
    def __init__(self, host, port=587):
        self.host = host
        self.port = port

    def deliver(self, message):
        with smtplib.SMTP(self.host, self.port, timeout=20) as smtp:
            smtp.starttls(context=tls_context())
            smtp.login(os.environ["RELAY_USER"], os.environ["RELAY_PASSWORD"])
            smtp.send_message(message)


def monthly_statement(address, pdf):
    message = EmailMessage()
    message["To"] = address
    message["From"] = "billing@shop.example"
    message["Subject"] = "Your monthly statement"
    message.set_content("Please find your statement attached.")
    message.add_attachment(
        pdf, maintype="application", subtype="pdf", filename="statement.pdf"
    )
    Relay(os.environ["RELAY_HOST"]).deliver(message)
