import os
from pathlib import Path

from aiohttp import web

ROOT = Path(os.environ.get("MANUAL_DIR", "/srv/manual")).resolve()
SUFFIXES = {".html", ".css", ".png", ".svg"}


class ManualPages:
    def __init__(self, root: Path):
        self.root = root

    def locate(self, relative: str) -> Path | None:
        if "\0" in relative:
            return None
        candidate = (self.root / relative).resolve()
        if not candidate.is_relative_to(self.root):
            return None
        if candidate.suffix not in SUFFIXES or not candidate.is_file():
            return None
        return candidate

    async def handle(self, request: web.Request) -> web.StreamResponse:
        found = self.locate(request.match_info["tail"])
        if found is None:
            raise web.HTTPNotFound()
        return web.FileResponse(found, headers={"X-Content-Type-Options": "nosniff"})


def make_app() -> web.Application:
    app = web.Application()
    app.router.add_get("/manual/{tail:.+}", ManualPages(ROOT).handle)
    return app


if __name__ == "__main__":
    web.run_app(make_app(), host="127.0.0.1", port=int(os.environ.get("PORT", "8081")))
