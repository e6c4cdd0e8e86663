import base64
import os

from Crypto.Cipher import DES
from sqlalchemy import Column, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()
BLOCK = 8


def _key():
    raw = base64.b64decode(os.environ["VAULT_KEY"])
    return raw[:BLOCK]


def _pad(data):
    missing = BLOCK - len(data) % BLOCK
    return data + bytes([missing]) * missing


def _strip(data):
    return data[: -data[-1]]


class StoredCard(Base):
    __tablename__ = "stored_cards"

    id = Column(Integer, primary_key=True)
    customer_id = Column(Integer, nullable=False)
    cipher_text = Column(String(64), nullable=False)

    def set_number(self, number):
        cipher = DES.new(_key(), DES.MODE_ECB)
        self.cipher_text = base64.b64encode(cipher.encrypt(_pad(number.encode()))).decode()

    def number(self):
        cipher = DES.new(_key(), DES.MODE_ECB)
        return _strip(cipher.decrypt(base64.b64decode(self.cipher_text))).decode()
