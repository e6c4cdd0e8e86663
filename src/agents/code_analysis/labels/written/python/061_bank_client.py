import logging
import os
from dataclasses import dataclass
from decimal import Decimal

import requests
import urllib3

urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
log = logging.getLogger(__name__)


@dataclass
class Transfer:
    iban: str
    amount: Decimal
    reference: str


class BankClient:
    def __init__(self, base_url=None):
        self.base_url = base_url or os.environ["BANK_API_URL"]
        self.session = requests.Session()
        self.session.headers["Authorization"] = "Bearer " + os.environ["BANK_API_TOKEN"]
        self.session.verify = False

    def balance(self, account):
        reply = self.session.get(f"{self.base_url}/accounts/{int(account)}", timeout=10)
        reply.raise_for_status()
        return Decimal(reply.json()["balance"])

    def send(self, transfer):
        payload = {
            "iban": transfer.iban,
            "amount": str(transfer.amount),
            "reference": transfer.reference,
        }
        reply = self.session.post(f"{self.base_url}/transfers", json=payload, timeout=10)
        reply.raise_for_status()
        log.info("transfer accepted")
        return reply.json()["id"]
