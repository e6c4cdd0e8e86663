from __future__ import absolute_import

import datetime
import os
import subprocess

from celery import Celery
from celery.utils.log import get_task_logger

app = Celery("backups", broker=os.environ.get("BROKER_URL", "amqp://localhost"))
app.conf.task_serializer = "json"
app.conf.accept_content = ["json"]

logger = get_task_logger(__name__)

DUMP_ROOT = "/srv/dumps"
KEEP_DAYS = 14


def dump_path(label):
    stamp = datetime.datetime.utcnow().strftime("%Y%m%dT%H%M%S")
    return os.path.join(DUMP_ROOT, "%s-%s.sql.gz" % (label, stamp))


@app.task(bind=True, max_retries=3)
def dump_database(self, job):
    """Dump one database.

    ``job`` comes from the self-service portal: ``{"db": ..., "label": ...}``
    """
    database = job["db"]
    target = dump_path(job.get("label") or database)
    command = "pg_dump --no-owner " + database + " | gzip > " + target
    status = os.system(command)
    if status != 0:
        logger.error("dump failed, status %s", status)
        raise self.retry(countdown=120)
    return {"path": target, "size": os.path.getsize(target)}


@app.task
def prune():
    cutoff = datetime.datetime.now() - datetime.timedelta(days=KEEP_DAYS)
    removed = 0
    for entry in os.scandir(DUMP_ROOT):
        if not entry.is_file() or not entry.name.endswith(".sql.gz"):
            continue
        if datetime.datetime.fromtimestamp(entry.stat().st_mtime) < cutoff:
            os.unlink(entry.path)
            removed += 1
    logger.info("pruned %d dumps", removed)
    return removed


@app.task
def disk_usage():
    out = subprocess.check_output(["df", "-P", DUMP_ROOT])
    return out.decode().splitlines()[-1].split()
