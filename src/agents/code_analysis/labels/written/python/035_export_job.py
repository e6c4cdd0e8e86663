import csv
import gzip
import os
import shutil
import tempfile
from datetime import date

import boto3

BUCKET = os.environ.get("EXPORT_BUCKET", "exports")
FIELDS = ["id", "email", "plan", "renewal"]


def write_rows(rows):
    path = tempfile.mktemp(suffix=".csv", prefix="customers-")
    with open(path, "w", newline="") as fh:
        writer = csv.DictWriter(fh, fieldnames=FIELDS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def compress(path):
    packed = path + ".gz"
    with open(path, "rb") as src, gzip.open(packed, "wb") as dst:
        shutil.copyfileobj(src, dst)
    os.unlink(path)
    return packed


def run(repository):
    path = compress(write_rows(repository.iter_customers()))
    try:
        key = "customers/%s.csv.gz" % date.today().isoformat()
        boto3.client("s3").upload_file(path, BUCKET, key)
    finally:
        os.unlink(path)
    return key
