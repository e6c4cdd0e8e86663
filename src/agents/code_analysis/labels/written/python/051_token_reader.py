import os
from dataclasses import dataclass
from functools import lru_cache

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

bearer = HTTPBearer()


@dataclass(frozen=True)
class Caller:
    subject: str
    scopes: frozenset


@lru_cache
def jwks():
    return jwt.PyJWKClient(os.environ["JWKS_URL"], cache_keys=True, timeout=5)


def current_caller(credentials: HTTPAuthorizationCredentials = Depends(bearer)) -> Caller:
    token = credentials.credentials
    try:
        key = jwks().get_signing_key_from_jwt(token)
        claims = jwt.decode(
            token,
            key.key,
            algorithms=["RS256"],
            audience=os.environ["TOKEN_AUDIENCE"],
            issuer=os.environ["TOKEN_ISSUER"],
            options={"require": ["exp", "sub", "aud", "iss"]},
        )
    except jwt.PyJWTError:
        raise HTTPException(401, "token not accepted") from None
    return Caller(claims["sub"], frozenset(claims.get("scope", "").split()))


def require_scope(scope: str):
    def check(caller: Caller = Depends(current_caller)) -> Caller:
        if scope not in caller.scopes:
            raise HTTPException(403, "scope missing")
        return caller

    return check
