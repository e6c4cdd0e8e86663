import hashlib
import hmac
import secrets
from dataclasses import dataclass

N, R, P = 2**15, 8, 3
MAXMEM = 64 * 1024 * 1024


@dataclass(frozen=True)
class PasswordRecord:
    salt: bytes
    digest: bytes

    @classmethod
    def create(cls, password: str) -> "PasswordRecord":
        salt = secrets.token_bytes(16)
        return cls(salt, _derive(password, salt))

    def matches(self, password: str) -> bool:
        return hmac.compare_digest(self.digest, _derive(password, self.salt))

    def dump(self) -> str:
        return f"scrypt${self.salt.hex()}${self.digest.hex()}"

    @classmethod
    def load(cls, text: str) -> "PasswordRecord":
        scheme, salt, digest = text.split("$")
        if scheme != "scrypt":
            raise ValueError("unknown password scheme")
        return cls(bytes.fromhex(salt), bytes.fromhex(digest))


def _derive(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8"), salt=salt, n=N, r=R, p=P, maxmem=MAXMEM, dklen=32
    )


def check_policy(password: str) -> list[str]:
    problems = []
    if len(password) < 12:
        problems.append("at least twelve characters are needed")
    if len(set(password)) < 5:
        problems.append("too few different characters")
    return problems
