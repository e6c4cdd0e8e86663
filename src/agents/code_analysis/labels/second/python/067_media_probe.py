"""Probe uploaded media files and store their technical metadata."""
import json
import logging
import subprocess
import tempfile
from pathlib import Path

from fastapi import APIRouter, HTTPException, UploadFile

router = APIRouter(prefix="/media")
logger = logging.getLogger(__name__)

CHUNK = 1 << 20
MAX_SIZE = 200 * CHUNK


class ProbeError(Exception):
    pass


def probe(path: Path, stream: str = "v:0") -> dict:
    cmd = [
        "ffprobe",
        "-v",
        "error",
        "-protocol_whitelist",
        "file",
        "-select_streams",
        stream,
        "-show_entries",
        "stream=codec_name,width,height,duration",
        "-of",
        "json",
        f"file:{path}",
    ]
    try:
        out = subprocess.run(cmd, check=True, capture_output=True, timeout=20)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as exc:
        raise ProbeError("ffprobe failed") from exc
    streams = json.loads(out.stdout).get("streams") or []
    if not streams:
        raise ProbeError("no stream")
    return streams[0]


async def spool(upload: UploadFile, handle) -> int:
    size = 0
    while chunk := await upload.read(CHUNK):
        size += len(chunk)
        if size > MAX_SIZE:
            raise HTTPException(413, "file too large")
        handle.write(chunk)
    handle.flush()
    return size


@router.post("/probe")
async def probe_upload(file: UploadFile, audio: bool = False):
    with tempfile.NamedTemporaryFile(prefix="probe-", suffix=".bin") as handle:
        size = await spool(file, handle)
        try:
            info = probe(Path(handle.name), "a:0" if audio else "v:0")
        except ProbeError:
            logger.warning("probe failed for upload of %d bytes", size)
            raise HTTPException(422, "not a readable media file")
    return {"size": size, "stream": info}
