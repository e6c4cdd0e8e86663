import logging
import os
import uuid
from pathlib import Path

from fastapi import APIRouter, Depends, HTTPException, UploadFile
from fastapi.responses import FileResponse

from .auth import current_user
from .repository import Documents, get_documents

router = APIRouter(prefix="/documents")
logger = logging.getLogger(__name__)

ROOT = Path(os.environ.get("DOCUMENT_ROOT", "/srv/documents"))
LIMIT = 10 * 1024 * 1024
SIGNATURES = {
    b"%PDF-": (".pdf", "application/pdf"),
    b"\x89PNG\r\n\x1a\n": (".png", "image/png"),
    b"\xff\xd8\xff": (".jpg", "image/jpeg"),
}


def detect(data):
    for magic, kind in SIGNATURES.items():
        if data.startswith(magic):
            return kind
    return None


async def read_limited(upload, limit=LIMIT):
    data = await upload.read(limit + 1)
    if len(data) > limit:
        raise HTTPException(413, "file too large")
    return data


@router.post("", status_code=201)
async def create(
    file: UploadFile,
    user=Depends(current_user),
    documents: Documents = Depends(get_documents),
):
    data = await read_limited(file)
    kind = detect(data)
    if kind is None:
        raise HTTPException(415, "type not supported")
    suffix, mime = kind
    key = uuid.uuid4()
    path = ROOT / (key.hex + suffix)
    path.write_bytes(data)
    await documents.add(key=key, owner=user.id, mime=mime, suffix=suffix)
    logger.info("document of %d bytes stored", len(data))
    return {"key": str(key)}


@router.get("/{key}")
async def download(
    key: uuid.UUID,
    user=Depends(current_user),
    documents: Documents = Depends(get_documents),
):
    entry = await documents.find(key=key, owner=user.id)
    if entry is None:
        raise HTTPException(404)
    return FileResponse(
        ROOT / (key.hex + entry.suffix),
        media_type=entry.mime,
        filename=f"document{entry.suffix}",
        headers={"X-Content-Type-Options": "nosniff"},
    )
