"""Disk cache for fitted models shared between the workers of one deployment."""
import hashlib
import hmac
import logging
import os
import pickle
import tempfile
from pathlib import Path

logger = logging.getLogger(__name__)

TAG_SIZE = hashlib.sha256().digest_size


class CacheMiss(KeyError):
    pass


class SignedCache:
    def __init__(self, folder, key):
        if len(key) < 32:
            raise ValueError("the cache key needs at least 32 bytes")
        self.folder = Path(folder)
        self._key = key

    @classmethod
    def from_env(cls):
        return cls(os.environ["MODEL_CACHE"], bytes.fromhex(os.environ["MODEL_CACHE_KEY"]))

    def _tag(self, name, blob):
        return hmac.new(self._key, name.encode() + b"\0" + blob, hashlib.sha256).digest()

    def _path(self, name):
        digest = hashlib.sha256(name.encode()).hexdigest()
        return self.folder / f"{digest}.bin"

    def put(self, name, model):
        blob = pickle.dumps(model, protocol=pickle.HIGHEST_PROTOCOL)
        fd, tmp = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(fd, "wb") as fh:
            fh.write(self._tag(name, blob))
            fh.write(blob)
        os.replace(tmp, self._path(name))

    def get(self, name):
        try:
            data = self._path(name).read_bytes()
        except FileNotFoundError:
            raise CacheMiss(name) from None
        tag, blob = data[:TAG_SIZE], data[TAG_SIZE:]
        if not hmac.compare_digest(tag, self._tag(name, blob)):
            logger.warning("cache entry has a wrong signature, ignored")
            raise CacheMiss(name)
        return pickle.loads(blob)


def cached(cache, name, build):
    try:
        return cache.get(name)
    except CacheMiss:
        model = build()
        cache.put(name, model)
        return model
