"""Field encryption for the patient records table."""
import base64
import json
import os

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK_BITS = 128


class VaultError(Exception):
    pass


class RecordVault:
    """Encrypts single columns so that the database host can not read them."""

    def __init__(self, key: bytes):
        if len(key) not in (16, 32):
            raise VaultError("wrong key size")
        self._key = key

    @classmethod
    def from_environment(cls):
        return cls(base64.b64decode(os.environ["RECORD_KEY"]))

    def _cipher(self):
        return Cipher(algorithms.AES(self._key), modes.ECB())

    def seal(self, value) -> str:
        padder = padding.PKCS7(BLOCK_BITS).padder()
        plain = padder.update(json.dumps(value).encode()) + padder.finalize()
        enc = self._cipher().encryptor()
        return base64.b64encode(enc.update(plain) + enc.finalize()).decode()

    def open(self, token: str):
        try:
            raw = base64.b64decode(token, validate=True)
            dec = self._cipher().decryptor()
            padded = dec.update(raw) + dec.finalize()
            unpadder = padding.PKCS7(BLOCK_BITS).unpadder()
            plain = unpadder.update(padded) + unpadder.finalize()
            return json.loads(plain)
        except ValueError as exc:
            raise VaultError("value can not be opened") from exc


def seal_columns(vault, row, columns):
    out = dict(row)
    for name in columns:
        if out.get(name) is not None:
            out[name] = vault.seal(out[name])
    return out
