"""Typed configuration of the notification service."""
import logging
import os
from dataclasses import dataclass, field
from pathlib import Path

log = logging.getLogger(__name__)

PLACEHOLDER = "change-me"
PASSWORD_FIELD = "password"
TOKEN_HEADER = "X-Service-Token"


class ConfigError(RuntimeError):
    pass


def read_secret(name):
    """NAME or the content of the file in NAME_FILE (container secrets)."""
    file_name = os.environ.get(name + "_FILE")
    if file_name:
        value = Path(file_name).read_text(encoding="utf-8").strip()
    else:
        value = os.environ.get(name, "")
    if not value or value == PLACEHOLDER:
        raise ConfigError("secret %s is not set" % name)
    return value


@dataclass(frozen=True)
class SmtpConfig:
    host: str
    port: int = 587
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Config:
    smtp: SmtpConfig
    database_url: str = field(repr=False)
    signing_key: str = field(repr=False)
    workers: int = 4


def load():
    smtp = SmtpConfig(
        host=os.environ.get("SMTP_HOST", "localhost"),
        port=int(os.environ.get("SMTP_PORT", "587")),
        user=os.environ.get("SMTP_USER", ""),
        password=read_secret("SMTP_PASSWORD"),
    )
    config = Config(
        smtp=smtp,
        database_url=read_secret("DATABASE_URL"),
        signing_key=read_secret("SIGNING_KEY"),
        workers=int(os.environ.get("WORKERS", "4")),
    )
    if len(config.signing_key) < 32:
        raise ConfigError("the signing key is too short")
    log.info("configuration loaded, %d workers", config.workers)
    return config


def auth_headers(token):
    return {TOKEN_HEADER: token}
