#!/usr/bin/env python3
"""Upload the daily price list to the marketplace partner."""
import csv
import ftplib
import io
import logging
import os
import sys
from datetime import date

import psycopg2

log = logging.getLogger("price_feed")

PARTNER_HOST = "ftp.marketplace-partner.example.com"
FIELDS = ("sku", "price", "stock")

QUERY = """
    SELECT sku, price_cents / 100.0 AS price, stock
      FROM offers
     WHERE active AND marketplace = %s
     ORDER BY sku
"""


def read_offers(dsn, marketplace):
    with psycopg2.connect(dsn) as conn, conn.cursor() as cur:
        cur.execute(QUERY, (marketplace,))
        yield from cur


def build_csv(rows):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(FIELDS)
    count = 0
    for row in rows:
        writer.writerow(row)
        count += 1
    return io.BytesIO(text.getvalue().encode("utf-8")), count


class Uploader:
    def __init__(self, host, user, password):
        self.ftp = ftplib.FTP(host, timeout=60)
        self.ftp.login(user, password)

    def put(self, name, stream):
        self.ftp.storbinary("STOR " + name + ".tmp", stream)
        self.ftp.rename(name + ".tmp", name)

    def close(self):
        try:
            self.ftp.quit()
        except ftplib.all_errors:
            self.ftp.close()


def main():
    logging.basicConfig(level=logging.INFO)
    stream, count = build_csv(read_offers(os.environ["DATABASE_URL"], "partner"))
    if not count:
        log.error("no active offers, nothing is sent")
        return 1
    uploader = Uploader(
        PARTNER_HOST, os.environ["PARTNER_USER"], os.environ["PARTNER_PASSWORD"]
    )
    try:
        uploader.put("prices-%s.csv" % date.today().isoformat(), stream)
    finally:
        uploader.close()
    log.info("sent %d offers", count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
