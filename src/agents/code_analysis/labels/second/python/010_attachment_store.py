import hashlib
import logging
from pathlib import Path

from aiohttp import web

logger = logging.getLogger(__name__)


class OutsideRoot(ValueError):
    pass


class AttachmentStore:
    """Files of the wiki pages, kept below one directory."""

    def __init__(self, root):
        self.root = Path(root).resolve(strict=True)

    def locate(self, page, name):
        candidate = (self.root / page / name).resolve()
        if not candidate.is_relative_to(self.root):
            raise OutsideRoot(name)
        return candidate

    def read(self, page, name):
        path = self.locate(page, name)
        with path.open("rb") as fh:
            return fh.read()

    def digest(self, page, name):
        return hashlib.sha256(self.read(page, name)).hexdigest()


async def get_attachment(request):
    store = request.app["store"]
    page = request.match_info["page"]
    name = request.match_info["name"]
    try:
        body = store.read(page, name)
    except OutsideRoot:
        logger.warning("request outside of the attachment root")
        raise web.HTTPNotFound()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise web.HTTPNotFound()
    return web.Response(
        body=body,
        content_type="application/octet-stream",
        headers={
            "Content-Disposition": "attachment",
            "X-Content-Type-Options": "nosniff",
        },
    )


def make_app(root):
    app = web.Application()
    app["store"] = AttachmentStore(root)
    app.router.add_get("/pages/{page}/files/{name:.+}", get_attachment)
    return app


if __name__ == "__main__":
    web.run_app(make_app("/srv/wiki/files"), host="127.0.0.1")
