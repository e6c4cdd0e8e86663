import csv
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

FIELDS = ("day", "sku", "quantity")


@contextmanager
def spooled(rows):
    handle = tempfile.NamedTemporaryFile(
        "w", newline="", suffix=".csv", prefix="sales-", delete=False
    )
    try:
        with handle:
            writer = csv.DictWriter(handle, fieldnames=FIELDS, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        yield Path(handle.name)
    finally:
        os.unlink(handle.name)


def replace_atomically(target: Path, rows):
    target = Path(target)
    fd, name = tempfile.mkstemp(dir=target.parent, prefix=".partial-")
    try:
        with os.fdopen(fd, "w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(FIELDS)
            for row in rows:
                writer.writerow([row[field] for field in FIELDS])
            out.flush()
            os.fsync(out.fileno())
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def upload_all(client, bucket, days, repository):
    for day in days:
        with spooled(repository.sales_on(day)) as path:
            client.upload_file(str(path), bucket, f"sales/{day.isoformat()}.csv")
