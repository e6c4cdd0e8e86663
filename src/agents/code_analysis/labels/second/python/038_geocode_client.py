"""Geocoding proxy: hides the keys of the upstream providers."""
import logging
import os

import httpx
from fastapi import APIRouter, HTTPException, Query

router = APIRouter()
logger = logging.getLogger(__name__)

PROVIDERS = {
    "osm": ("https://nominatim.example.org/search", "q", None),
    "maps": ("https://maps.example.com/v2/geocode", "address", "MAPS_KEY"),
}


class UpstreamError(RuntimeError):
    pass


async def ask(provider: str, text: str, limit: int) -> list:
    url, field, key_name = PROVIDERS[provider]
    params = {field: text, "limit": limit, "format": "json"}
    headers = {}
    if key_name:
        headers["Authorization"] = f"Bearer {os.environ[key_name]}"
    async with httpx.AsyncClient(timeout=5.0, follow_redirects=False) as client:
        try:
            resp = await client.get(url, params=params, headers=headers)
            resp.raise_for_status()
            return resp.json()
        except (httpx.HTTPError, ValueError) as exc:
            raise UpstreamError(provider) from exc


def simplify(rows: list) -> list:
    out = []
    for row in rows:
        try:
            out.append({"lat": float(row["lat"]), "lon": float(row["lon"])})
        except (KeyError, TypeError, ValueError):
            continue
    return out


@router.get("/geocode")
async def geocode(
    text: str = Query(min_length=2, max_length=200),
    provider: str = "osm",
    limit: int = Query(5, ge=1, le=20),
):
    if provider not in PROVIDERS:
        raise HTTPException(404, "unknown provider")
    try:
        rows = await ask(provider, text, limit)
    except UpstreamError:
        logger.exception("geocoding failed")
        raise HTTPException(502, "provider failed")
    return {"results": simplify(rows)}
