import re

import httpx
from fastapi import FastAPI, HTTPException, Query

app = FastAPI()

TITLE = re.compile(r"<title>([^<]{0,200})", re.I)
LIMIT = 200_000


class PreviewClient:
    def __init__(self):
        self.http = httpx.AsyncClient(timeout=5, follow_redirects=True)

    async def fetch(self, url: str) -> str:
        reply = await self.http.get(url, headers={"Accept": "text/html"})
        reply.raise_for_status()
        return reply.text[:LIMIT]


client = PreviewClient()


@app.get("/preview")
async def preview(url: str = Query(max_length=2000)):
    if not url.startswith(("http://", "https://")):
        raise HTTPException(422, "only web addresses are supported")
    try:
        page = await client.fetch(url)
    except httpx.HTTPError:
        raise HTTPException(502, "page could not be read") from None
    match = TITLE.search(page)
    return {"url": url, "title": match.group(1).strip() if match else None, "excerpt": page[:500]}
