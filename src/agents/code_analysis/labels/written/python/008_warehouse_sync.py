import argparse
import logging
import sys

import psycopg2
from psycopg2.extras import execute_values

log = logging.getLogger("warehouse")

SOURCE = dict(
    host="pg-primary.internal.shop.example",
    dbname="orders",
    user="etl_writer",
    password="Wq7#pLm2!vRz9tKs",
)
BATCH = 1000


def batches(cursor):
    while True:
        rows = cursor.fetchmany(BATCH)
        if not rows:
            return
        yield rows


def sync(day):
    with psycopg2.connect(**SOURCE) as conn, conn.cursor() as read, conn.cursor() as write:
        read.execute("SELECT sku, sum(qty) FROM order_lines WHERE day = %s GROUP BY sku", (day,))
        for rows in batches(read):
            execute_values(write, "INSERT INTO daily_sales (sku, qty) VALUES %s", rows)
            log.info("%d rows written", len(rows))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("day")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    sync(args.day)
    return 0


if __name__ == "__main__":
    sys.exit(main())
