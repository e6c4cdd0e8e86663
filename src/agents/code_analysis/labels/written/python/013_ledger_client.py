import json
import os
import ssl
import urllib.error
import urllib.request
from urllib.parse import quote, urlencode

CA_FILE = os.environ.get("LEDGER_CA_FILE")
BASE = "https://ledger.internal.example/api/v2"


def tls_context():
    context = ssl.create_default_context(cafile=CA_FILE)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class LedgerClient:
    def __init__(self, token=None):
        self._token = token or os.environ["LEDGER_TOKEN"]
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=tls_context())
        )

    def _get(self, path, **query):
        url = f"{BASE}/{path}"
        if query:
            url += "?" + urlencode(query)
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self._token}"})
        with self._opener.open(request, timeout=10) as reply:
            return json.load(reply)

    def account(self, number):
        return self._get("accounts/" + quote(str(number), safe=""))

    def entries(self, number, page=1):
        try:
            return self._get(f"accounts/{quote(str(number), safe='')}/entries", page=page)
        except urllib.error.HTTPError as exc:
            if exc.code == 404:
                return []
            raise
