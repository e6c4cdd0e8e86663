"""Bearer token checks for the internal APIs."""
import json
import logging
import os
from pathlib import Path

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

logger = logging.getLogger(__name__)
bearer = HTTPBearer(auto_error=True)

ALGORITHMS = ["RS256", "ES256"]
AUDIENCE = "internal-api"
ISSUER = "https://login.corp.example/"


class KeyRing:
    def __init__(self, path):
        self._keys = {}
        for entry in json.loads(Path(path).read_text())["keys"]:
            self._keys[entry["kid"]] = jwt.PyJWK.from_dict(entry)

    def get(self, kid):
        return self._keys.get(kid)


keyring = KeyRing(os.environ["JWKS_FILE"])


def verify(token):
    header = jwt.get_unverified_header(token)
    key = keyring.get(header.get("kid"))
    if key is None:
        raise jwt.InvalidTokenError("unknown key")
    return jwt.decode(
        token,
        key.key,
        algorithms=ALGORITHMS,
        audience=AUDIENCE,
        issuer=ISSUER,
        options={"require": ["exp", "iat", "sub"]},
        leeway=10,
    )


def current_claims(cred: HTTPAuthorizationCredentials = Depends(bearer)):
    try:
        return verify(cred.credentials)
    except jwt.InvalidTokenError as exc:
        logger.info("token rejected: %s", type(exc).__name__)
        raise HTTPException(401, "token not valid") from None


app = FastAPI()


@app.get("/whoami")
def whoami(claims: dict = Depends(current_claims)):
    return {"sub": claims["sub"], "scope": claims.get("scope", "")}


@app.get("/healthz")
def healthz():
    return {"ok": True}
