from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from fastapi import APIRouter, Depends, File, HTTPException, UploadFile

from .auth import partner

router = APIRouter(prefix="/orders/xml")
LIMIT = 1_000_000


@dataclass
class Line:
    sku: str
    quantity: int
    price: Decimal


def read_order(data: bytes) -> list[Line]:
    root = fromstring(data, forbid_dtd=True)
    lines = []
    for node in root.iterfind("lines/line"):
        lines.append(
            Line(
                sku=node.get("sku", ""),
                quantity=int(node.findtext("quantity", default="0")),
                price=Decimal(node.findtext("price", default="0")),
            )
        )
    return lines


@router.post("/")
async def receive(document: UploadFile = File(), caller=Depends(partner)):
    data = await document.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise HTTPException(413, "document is too large")
    try:
        lines = read_order(data)
    except (ParseError, DefusedXmlException, ValueError, InvalidOperation):
        raise HTTPException(422, "document cannot be read") from None
    return {"lines": len(lines), "total": str(sum(l.price * l.quantity for l in lines))}
