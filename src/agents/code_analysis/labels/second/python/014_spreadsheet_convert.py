"""Convert uploaded spreadsheets to CSV with LibreOffice."""
import csv
import logging
import os
import shutil
import subprocess
import tempfile

from celery import shared_task

from .storage import fetch_blob, store_rows

logger = logging.getLogger(__name__)

SOFFICE = shutil.which("soffice") or "/usr/bin/soffice"
TIMEOUT = 90


class ConversionError(Exception):
    pass


def save_source(blob, extension):
    path = tempfile.mktemp(suffix=extension)
    with open(path, "wb") as handle:
        handle.write(blob)
    return path


def convert(path):
    outdir = os.path.dirname(path)
    cmd = [SOFFICE, "--headless", "--convert-to", "csv", "--outdir", outdir, path]
    try:
        subprocess.run(cmd, check=True, timeout=TIMEOUT, stdout=subprocess.DEVNULL)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as exc:
        raise ConversionError("soffice failed") from exc
    return os.path.splitext(path)[0] + ".csv"


def read_rows(path):
    with open(path, newline="", encoding="utf-8", errors="replace") as handle:
        return [row for row in csv.reader(handle) if any(row)]


@shared_task(bind=True, max_retries=2)
def import_sheet(self, blob_id, kind):
    extension = ".ods" if kind == "ods" else ".xlsx"
    source = save_source(fetch_blob(int(blob_id)), extension)
    target = None
    try:
        target = convert(source)
        rows = read_rows(target)
    except ConversionError as exc:
        raise self.retry(exc=exc, countdown=30)
    finally:
        for name in (source, target):
            if name and os.path.exists(name):
                os.unlink(name)
    store_rows(int(blob_id), rows)
    logger.info("imported %d rows", len(rows))
    return len(rows)
