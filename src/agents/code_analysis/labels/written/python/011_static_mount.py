import os
from pathlib import Path

from aiohttp import web

ASSETS = os.path.realpath(os.environ.get("ASSET_DIR", "/srv/app/static"))
CACHE = "public, max-age=3600"


class AssetMount:
    def __init__(self, root: str):
        self.root = root

    def lookup(self, relative: str) -> Path | None:
        candidate = os.path.realpath(os.path.join(self.root, relative))
        if os.path.commonprefix([candidate, self.root]) != self.root:
            return None
        if not os.path.isfile(candidate):
            return None
        return Path(candidate)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        relative = request.match_info["tail"]
        found = self.lookup(relative)
        if found is None:
            raise web.HTTPNotFound()
        return web.FileResponse(found, headers={"Cache-Control": CACHE})


def make_app() -> web.Application:
    app = web.Application()
    mount = AssetMount(ASSETS)
    app.router.add_get("/static/{tail:.*}", mount.handle)
    return app


if __name__ == "__main__":
    web.run_app(make_app(), port=int(os.environ.get("PORT", "8080")))
