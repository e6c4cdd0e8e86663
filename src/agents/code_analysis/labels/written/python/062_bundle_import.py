import logging
import shutil
import zipfile
from pathlib import Path

logger = logging.getLogger(__name__)

MAX_MEMBERS = 300
MAX_TOTAL = 20 * 1024 * 1024


class BundleError(Exception):
    pass


def checked_members(archive, target):
    members = [info for info in archive.infolist() if not info.is_dir()]
    if len(members) > MAX_MEMBERS:
        raise BundleError("too many files")
    if sum(info.file_size for info in members) > MAX_TOTAL:
        raise BundleError("bundle is too large")
    for info in members:
        destination = (target / info.filename).resolve()
        if target not in destination.parents:
            raise BundleError("file name points outside of the bundle")
        yield info, destination


def unpack(path, target):
    target = Path(target).resolve()
    written = 0
    with zipfile.ZipFile(path) as archive:
        for info, destination in list(checked_members(archive, target)):
            destination.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(info) as src, destination.open("xb") as dst:
                shutil.copyfileobj(src, dst)
            written += 1
    logger.info("bundle unpacked: %d files", written)
    return written
