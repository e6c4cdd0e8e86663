import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime, timezone

EMAIL = re.compile(r"^[^@\s]{1,64}@[^@\s]{1,190}$")


@dataclass
class Account:
    email: str
    digest: str
    created: datetime = field(default_factory=lambda: datetime.now(timezone.utc))


class AccountService:
    def __init__(self, repository):
        self.repository = repository

    @staticmethod
    def _digest(secret: str) -> str:
        return hashlib.md5(secret.encode("utf-8")).hexdigest()

    def register(self, email: str, secret: str) -> Account:
        if not EMAIL.match(email):
            raise ValueError("not a mail address")
        if len(secret) < 12:
            raise ValueError("at least 12 characters are needed")
        account = Account(email=email.lower(), digest=self._digest(secret))
        self.repository.add(account)
        return account

    def authenticate(self, email: str, secret: str) -> Account | None:
        account = self.repository.by_email(email.lower())
        if account and hmac.compare_digest(account.digest, self._digest(secret)):
            return account
        return None
