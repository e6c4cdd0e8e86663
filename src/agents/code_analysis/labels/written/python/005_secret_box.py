import base64
import os
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
VERSION = b"\x01"


class SecretBoxError(Exception):
    pass


class SecretBox:
    def __init__(self, key: bytes):
        if len(key) != 32:
            raise ValueError("a 32 byte key is needed")
        self._aead = AESGCM(key)

    @classmethod
    def from_environment(cls, name: str = "FIELD_KEY") -> "SecretBox":
        return cls(base64.b64decode(os.environ[name], validate=True))

    def seal(self, text: str, context: str) -> str:
        nonce = secrets.token_bytes(NONCE_BYTES)
        data = self._aead.encrypt(nonce, text.encode(), VERSION + context.encode())
        return base64.urlsafe_b64encode(VERSION + nonce + data).decode()

    def open(self, sealed: str, context: str) -> str:
        raw = base64.urlsafe_b64decode(sealed)
        if raw[:1] != VERSION:
            raise SecretBoxError("unknown version")
        nonce, data = raw[1 : 1 + NONCE_BYTES], raw[1 + NONCE_BYTES :]
        try:
            return self._aead.decrypt(nonce, data, VERSION + context.encode()).decode()
        except InvalidTag:
            raise SecretBoxError("value was changed or belongs elsewhere") from None
