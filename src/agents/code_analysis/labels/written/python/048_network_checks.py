import re
import subprocess

from flask import Blueprint, abort, jsonify, request

bp = Blueprint("network_checks", __name__, url_prefix="/checks")

LOSS = re.compile(r"(\d+)% packet loss")


def run_tool(line, timeout=15):
    done = subprocess.run(
        line, shell=True, capture_output=True, text=True, timeout=timeout
    )
    return done.returncode, done.stdout


def ping_line(host, count):
    return "ping -n -c %d -W 2 %s" % (count, host)


@bp.post("/ping")
def ping():
    payload = request.get_json(silent=True) or {}
    host = payload.get("host", "").strip()
    if not host or len(host) > 253:
        abort(400)
    count = min(int(payload.get("count", 3)), 10)

    code, output = run_tool(ping_line(host, count))
    match = LOSS.search(output)
    return jsonify(
        host=host,
        reachable=code == 0,
        loss=int(match.group(1)) if match else None,
    )
