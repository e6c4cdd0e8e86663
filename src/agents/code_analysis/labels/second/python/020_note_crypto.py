"""Password-protected notes."""
import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"NOTE\x02"
SALT_SIZE = 16
NONCE_SIZE = 12
SCRYPT_N = 2**17


class NoteError(Exception):
    pass


def derive(password: str, salt: bytes) -> bytes:
    kdf = Scrypt(salt=salt, length=32, n=SCRYPT_N, r=8, p=1)
    return kdf.derive(password.encode("utf-8"))


def encrypt(text: str, password: str) -> bytes:
    salt = os.urandom(SALT_SIZE)
    nonce = os.urandom(NONCE_SIZE)
    header = MAGIC + salt + nonce
    sealed = AESGCM(derive(password, salt)).encrypt(nonce, text.encode("utf-8"), header)
    return header + struct.pack(">I", len(sealed)) + sealed


def decrypt(blob: bytes, password: str) -> str:
    head = len(MAGIC) + SALT_SIZE + NONCE_SIZE
    if len(blob) < head + 4 or not blob.startswith(MAGIC):
        raise NoteError("not a note")
    header = blob[:head]
    salt = header[len(MAGIC) : len(MAGIC) + SALT_SIZE]
    nonce = header[-NONCE_SIZE:]
    (size,) = struct.unpack(">I", blob[head : head + 4])
    sealed = blob[head + 4 :]
    if len(sealed) != size:
        raise NoteError("note is truncated")
    try:
        plain = AESGCM(derive(password, salt)).decrypt(nonce, sealed, header)
    except InvalidTag:
        raise NoteError("wrong password or damaged note") from None
    return plain.decode("utf-8")


def change_password(blob: bytes, old: str, new: str) -> bytes:
    return encrypt(decrypt(blob, old), new)
