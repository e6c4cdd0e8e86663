#!/usr/bin/env python3
"""Nightly synchronisation of invoices with the billing provider."""
import argparse
import json
import logging
import os
import sys
import time

import requests
import urllib3

urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
log = logging.getLogger("billing_sync")


class BillingClient:
    def __init__(self, base_url, api_key):
        self.base_url = base_url.rstrip("/")
        self.session = requests.Session()
        self.session.headers["X-Api-Key"] = api_key
        self.session.verify = False

    def _call(self, method, path, **kwargs):
        for attempt in range(4):
            resp = self.session.request(method, self.base_url + path, timeout=20, **kwargs)
            if resp.status_code != 429:
                resp.raise_for_status()
                return resp.json()
            time.sleep(2**attempt)
        raise RuntimeError("rate limit")

    def invoices(self, since):
        page = 1
        while True:
            data = self._call("GET", "/invoices", params={"since": since, "page": page})
            for invoice in data["items"]:
                yield invoice
            if not data.get("more"):
                return
            page += 1

    def mark_exported(self, number):
        self._call("PATCH", "/invoices/%d" % number, json={"exported": True})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("since")
    parser.add_argument("--out", type=argparse.FileType("w"), default=sys.stdout)
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO)

    client = BillingClient("https://billing.example.com/api/v3", os.environ["BILLING_KEY"])
    count = 0
    for invoice in client.invoices(args.since):
        args.out.write(json.dumps(invoice) + "\n")
        client.mark_exported(int(invoice["number"]))
        count += 1
    log.info("exported %d invoices", count)


if __name__ == "__main__":
    main()
