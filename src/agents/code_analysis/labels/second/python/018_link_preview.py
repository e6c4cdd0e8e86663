import html
import logging
import re
from typing import Optional

import requests
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

app = FastAPI()
log = logging.getLogger("preview")

TITLE = re.compile(r"<title[^>]{0,100}>([^<]{0,500})", re.I)
MAX_BYTES = 512 * 1024


class PreviewRequest(BaseModel):
    url: str
    lang: str = "en"


class Preview(BaseModel):
    title: Optional[str]
    status: int
    snippet: str


def fetch(url: str, lang: str):
    resp = requests.get(
        url,
        headers={"Accept-Language": lang, "User-Agent": "previewbot/1.2"},
        timeout=5,
        stream=True,
    )
    body = resp.raw.read(MAX_BYTES, decode_content=True)
    return resp.status_code, body.decode(resp.encoding or "utf-8", "replace")


def extract_title(text: str) -> Optional[str]:
    match = TITLE.search(text)
    return html.unescape(match.group(1)).strip() if match else None


@app.post("/preview", response_model=Preview)
def preview(req: PreviewRequest):
    if not req.url.startswith(("http://", "https://")):
        raise HTTPException(422, "only web addresses")
    try:
        status, text = fetch(req.url, req.lang)
    except requests.RequestException:
        log.info("preview target not reachable")
        raise HTTPException(502, "target not reachable")
    return Preview(title=extract_title(text), status=status, snippet=text[:280])
