"""Import of theme bundles (zip or tar) handed in by customers."""
import logging
import shutil
import tarfile
import zipfile
from pathlib import Path

log = logging.getLogger(__name__)

MAX_MEMBERS = 500
MAX_TOTAL = 64 * 1024 * 1024


class BundleError(Exception):
    """The bundle can not be imported."""


def _inside(root: Path, name: str) -> Path:
    target = (root / name).resolve()
    if root != target and root not in target.parents:
        raise BundleError("member outside of the bundle")
    return target


def import_zip(path: Path, root: Path) -> int:
    root = root.resolve()
    written = 0
    with zipfile.ZipFile(path) as bundle:
        members = bundle.infolist()
        if len(members) > MAX_MEMBERS or sum(m.file_size for m in members) > MAX_TOTAL:
            raise BundleError("bundle is too large")
        for member in members:
            target = _inside(root, member.filename)
            if member.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with bundle.open(member) as src, open(target, "wb") as dst:
                shutil.copyfileobj(src, dst)
            written += 1
    return written


def import_tar(path: Path, root: Path) -> int:
    with tarfile.open(path, "r:*") as bundle:
        total = 0
        members = []
        for member in bundle:
            total += member.size
            members.append(member)
            if total > MAX_TOTAL or len(members) > MAX_MEMBERS:
                raise BundleError("bundle is too large")
        bundle.extractall(root, members=members, filter="data")
    return len(members)


def import_bundle(path: Path, root: Path) -> int:
    root.mkdir(parents=True, exist_ok=True)
    try:
        if zipfile.is_zipfile(path):
            count = import_zip(path, root)
        else:
            count = import_tar(path, root)
    except (zipfile.BadZipFile, tarfile.TarError) as exc:
        raise BundleError("unreadable bundle") from exc
    log.info("imported bundle with %d members", count)
    return count
