from dataclasses import dataclass

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException

app = FastAPI()


@dataclass
class Identity:
    subject: str
    roles: frozenset


def current_identity(authorization: str = Header()) -> Identity:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise HTTPException(401, "bearer token expected")
    try:
        claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": True})
    except jwt.PyJWTError:
        raise HTTPException(401, "token rejected") from None
    return Identity(claims["sub"], frozenset(claims.get("roles", [])))


def require_role(role: str):
    def check(identity: Identity = Depends(current_identity)) -> Identity:
        if role not in identity.roles:
            raise HTTPException(403, "not allowed")
        return identity

    return check


@app.get("/admin/metrics")
def metrics(identity: Identity = Depends(require_role("admin"))):
    return {"viewer": identity.subject, "jobs": 0}
