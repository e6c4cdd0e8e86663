"""Content fingerprints for static assets and the login of the asset editors."""
import hashlib
import json
import logging
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

log = logging.getLogger(__name__)
hasher = PasswordHasher()


def cache_key(*parts):
    text = "\x1f".join(str(p) for p in parts)
    return hashlib.md5(text.encode("utf-8"), usedforsecurity=False).hexdigest()


def etag(data):
    return '"%s"' % hashlib.sha1(data, usedforsecurity=False).hexdigest()


class Manifest:
    def __init__(self, root):
        self.root = Path(root)
        self.entries = {}

    def build(self):
        for path in sorted(self.root.rglob("*")):
            if path.is_file():
                name = path.relative_to(self.root).as_posix()
                short = cache_key(name, path.stat().st_size, path.stat().st_mtime_ns)[:10]
                self.entries[name] = "%s.%s%s" % (path.stem, short, path.suffix)
        log.info("manifest has %d assets", len(self.entries))
        return self

    def dump(self, handle):
        json.dump(self.entries, handle, indent=1, sort_keys=True)


class Editors:
    def __init__(self, storage):
        self.storage = storage

    def set_password(self, editor_id, password):
        self.storage.save(editor_id, hasher.hash(password))

    def check(self, editor_id, password):
        stored = self.storage.load(editor_id)
        if stored is None:
            return False
        try:
            hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
        if hasher.check_needs_rehash(stored):
            self.set_password(editor_id, password)
        return True
