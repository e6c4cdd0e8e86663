import os
import shutil
import subprocess
from pathlib import Path

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

app = FastAPI()
WORK = Path(os.environ.get("MIRROR_DIR", "/var/lib/mirror"))


class MirrorRequest(BaseModel):
    kind: str = "git"
    url: str
    revision: str | None = None
    slot: int


def clone(kind: str, url: str, dest: Path, revision: str | None) -> None:
    if dest.exists():
        shutil.rmtree(dest)
    dest.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([kind, "clone", url, str(dest)], check=True, timeout=300)
    if revision:
        subprocess.run([kind, "checkout", revision], cwd=dest, check=True)


@app.post("/mirrors")
def create_mirror(req: MirrorRequest):
    if req.kind not in ("git", "hg"):
        raise HTTPException(422, "unknown repository kind")
    dest = WORK / str(req.slot)
    try:
        clone(req.kind, req.url, dest, req.revision)
    except subprocess.CalledProcessError as exc:
        raise HTTPException(502, f"clone exited with {exc.returncode}") from None
    return {"path": dest.name}
