"""Copies profile pictures from the supported identity providers."""
import io
import logging
from urllib.parse import urlsplit

import requests
from PIL import Image

logger = logging.getLogger(__name__)

AVATAR_HOSTS = frozenset({"avatars.githubusercontent.com", "secure.gravatar.com"})
MAX_BYTES = 1024 * 1024
SIZE = (128, 128)


class AvatarError(Exception):
    pass


def check_url(url):
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.username is not None:
        raise AvatarError("address not supported")
    if parts.hostname not in AVATAR_HOSTS or parts.port not in (None, 443):
        raise AvatarError("address not supported")
    return f"https://{parts.hostname}{parts.path}"


def download(url):
    with requests.get(
        check_url(url), timeout=(3, 10), stream=True, allow_redirects=False
    ) as resp:
        if resp.status_code != 200:
            raise AvatarError("picture not available")
        data = resp.raw.read(MAX_BYTES + 1, decode_content=True)
    if len(data) > MAX_BYTES:
        raise AvatarError("picture too large")
    return data


def normalise(data):
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as img:
            img.thumbnail(SIZE)
            out = io.BytesIO()
            img.convert("RGB").save(out, "PNG")
    except (OSError, Image.DecompressionBombError) as exc:
        raise AvatarError("not a picture") from exc
    return out.getvalue()


def handle_message(message, storage):
    """Queue consumer: {"user": 12, "picture": "https://..."}"""
    user_id = int(message["user"])
    try:
        png = normalise(download(str(message["picture"])))
    except (AvatarError, requests.RequestException) as exc:
        logger.info("no avatar for user %d (%s)", user_id, type(exc).__name__)
        return False
    storage.put(f"avatars/{user_id}.png", png)
    return True
