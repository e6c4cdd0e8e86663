import os
import subprocess
from dataclasses import asdict, dataclass

from flask import Blueprint, abort, jsonify

from .auth import operator_required

bp = Blueprint("disk_probe", __name__, url_prefix="/probe")

MOUNTS = {"root": "/", "data": "/srv/data", "backup": "/srv/backup"}


@dataclass
class Usage:
    mount: str
    size_kb: int
    used_kb: int
    percent: int


def run(argv, timeout=10):
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=timeout, check=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
    )
    return done.stdout


def usage(mount):
    output = run(["df", "-kP", "--", mount])
    _, size, used, _, percent, _ = output.strip().splitlines()[-1].split(None, 5)
    return Usage(mount, int(size), int(used), int(percent.rstrip("%")))


@bp.get("/disk/<name>")
@operator_required
def disk(name):
    mount = MOUNTS.get(name)
    if mount is None:
        abort(404)
    try:
        return jsonify(asdict(usage(mount)))
    except (subprocess.SubprocessError, ValueError):
        abort(503)
