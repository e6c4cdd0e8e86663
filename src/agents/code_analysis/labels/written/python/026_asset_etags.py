import hashlib
import os
from functools import lru_cache
from pathlib import Path

CHUNK = 64 * 1024


def file_digest(path: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as fh:
        while chunk := fh.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@lru_cache(maxsize=1024)
def _etag(path: str, mtime_ns: int, size: int) -> str:
    return f'"{file_digest(Path(path))}"'


def etag_for(path: Path) -> str:
    stat = path.stat()
    return _etag(os.fspath(path), stat.st_mtime_ns, stat.st_size)


def fragment_key(name: str, *vary_on: object) -> str:
    text = ":".join(str(part) for part in vary_on)
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return f"fragment.{name}.{digest}"


class Manifest:
    def __init__(self, root: Path):
        self.root = root
        self.entries: dict[str, str] = {}

    def build(self) -> dict[str, str]:
        for path in sorted(self.root.rglob("*")):
            if path.is_file():
                name = path.relative_to(self.root)
                hashed = name.with_name(f"{name.stem}.{file_digest(path)[:12]}{name.suffix}")
                self.entries[name.as_posix()] = hashed.as_posix()
        return self.entries
