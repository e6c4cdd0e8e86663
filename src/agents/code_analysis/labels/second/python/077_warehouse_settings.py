"""Settings and connection helpers of the warehouse loader."""
import logging
import os
from contextlib import contextmanager

import boto3
import pymysql

log = logging.getLogger(__name__)

ENVIRONMENT = os.environ.get("LOADER_ENV", "production")

DATABASES = {
    "production": {
        "host": "dwh-master.prod.internal",
        "user": "dwh_loader",
        "password": "kV7!sPq29zLm#4",
        "database": "warehouse",
    },
    "local": {
        "host": "localhost",
        "user": "loader",
        "password": os.environ.get("LOCAL_DB_PASSWORD", ""),
        "database": "warehouse_dev",
    },
}

BUCKET = "acme-dwh-landing"


@contextmanager
def connection(name=None):
    config = DATABASES[name or ENVIRONMENT]
    conn = pymysql.connect(
        charset="utf8mb4",
        cursorclass=pymysql.cursors.DictCursor,
        connect_timeout=10,
        ssl={"ca": "/etc/ssl/certs/rds-ca.pem"},
        **config,
    )
    try:
        yield conn
        conn.commit()
    except Exception:
        conn.rollback()
        raise
    finally:
        conn.close()


def landing_objects(prefix):
    s3 = boto3.client("s3", region_name="eu-central-1")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    for page in pages:
        for obj in page.get("Contents", []):
            yield obj["Key"], obj["Size"]


def last_load(table):
    with connection() as conn, conn.cursor() as cur:
        cur.execute("SELECT max(loaded_at) AS ts FROM load_log WHERE table_name = %s", (table,))
        row = cur.fetchone()
    log.debug("last load of a table was %s", row["ts"])
    return row["ts"]
