import smtplib

from config import PAGE_SIZE
from settings import load


def send(to, subject, body):
    s = load("smtp")
    with smtplib.SMTP(s.host, s.port) as server:
        server.login(s.user, s.secret())
        server.sendmail("office@example.org", [to], f"Subject: {subject}\n\n{body}")
