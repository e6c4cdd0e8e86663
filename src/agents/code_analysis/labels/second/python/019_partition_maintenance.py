#!/usr/bin/env python3
"""Create and drop monthly partitions of the event tables."""
import argparse
import datetime as dt
import logging
import os
import sys

import psycopg
from psycopg import sql

log = logging.getLogger("partitions")


def month_start(day, offset=0):
    month = day.month - 1 + offset
    return dt.date(day.year + month // 12, month % 12 + 1, 1)


def partition_name(parent, start):
    return f"{parent}_{start:%Y_%m}"


def create_partition(cur, parent, start, end):
    name = partition_name(parent, start)
    statement = sql.SQL(
        "CREATE TABLE IF NOT EXISTS {child} PARTITION OF {parent} "
        "FOR VALUES FROM ({lo}) TO ({hi})"
    ).format(
        child=sql.Identifier(name),
        parent=sql.Identifier(parent),
        lo=sql.Literal(start),
        hi=sql.Literal(end),
    )
    cur.execute(statement)
    log.info("ensured partition for %s", start.isoformat())


def drop_partition(cur, parent, start):
    name = partition_name(parent, start)
    cur.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(name)))


def table_exists(cur, name):
    cur.execute("SELECT to_regclass(%s) IS NOT NULL", (name,))
    return cur.fetchone()[0]


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", nargs="+")
    parser.add_argument("--ahead", type=int, default=3)
    parser.add_argument("--keep", type=int, default=18)
    args = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO)

    today = dt.date.today()
    with psycopg.connect(os.environ["DATABASE_URL"]) as conn, conn.cursor() as cur:
        for table in args.table:
            if not table_exists(cur, table):
                log.error("one of the tables does not exist, stopping")
                return 1
            for i in range(args.ahead):
                create_partition(cur, table, month_start(today, i), month_start(today, i + 1))
            drop_partition(cur, table, month_start(today, -args.keep - 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
