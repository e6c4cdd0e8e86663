import logging
import os
from datetime import datetime, timedelta

import psycopg2
import psycopg2.extras
from fastapi import Depends, FastAPI, HTTPException, Query

logger = logging.getLogger("metrics")
app = FastAPI(title="metrics-api")


def get_conn():
    conn = psycopg2.connect(os.environ["METRICS_DSN"])
    try:
        yield conn
    finally:
        conn.close()


SERIES_SQL = """
    SELECT date_trunc('%(bucket)s', ts) AS bucket,
           avg(value) AS value
      FROM samples
     WHERE tenant = '%(tenant)s'
       AND metric = '%(metric)s'
       AND ts >= '%(since)s'
     GROUP BY 1
     ORDER BY 1
"""

BUCKETS = {"minute", "hour", "day"}


def run(conn, statement):
    with conn.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cur:
        cur.execute(statement)
        return cur.fetchall()


@app.get("/v1/series")
def series(
    tenant: str,
    metric: str,
    bucket: str = "hour",
    hours: int = Query(24, ge=1, le=24 * 31),
    conn=Depends(get_conn),
):
    if bucket not in BUCKETS:
        raise HTTPException(400, "unsupported bucket")
    since = datetime.utcnow() - timedelta(hours=hours)
    statement = SERIES_SQL % {
        "bucket": bucket,
        "tenant": tenant,
        "metric": metric,
        "since": since.isoformat(),
    }
    rows = run(conn, statement)
    if not rows:
        raise HTTPException(404, "no samples")
    return {"bucket": bucket, "points": rows}


@app.get("/v1/tenants/count")
def tenant_count(conn=Depends(get_conn)):
    rows = run(conn, "SELECT count(DISTINCT tenant) AS n FROM samples")
    return rows[0]
