from decimal import Decimal

from fastapi import APIRouter, File, HTTPException, UploadFile
from lxml import etree

router = APIRouter(prefix="/einvoice")
NS = {"cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"}


def parser():
    return etree.XMLParser(load_dtd=True, resolve_entities=True, no_network=False)


def read_invoice(data: bytes) -> dict:
    root = etree.fromstring(data, parser())
    number = root.findtext("cbc:ID", namespaces=NS)
    note = root.findtext("cbc:Note", default="", namespaces=NS)
    total = root.findtext(".//cbc:PayableAmount", namespaces=NS)
    if number is None or total is None:
        raise ValueError("incomplete invoice")
    return {"number": number, "note": note, "total": str(Decimal(total))}


@router.post("/")
async def receive(document: UploadFile = File()):
    data = await document.read(2_000_000)
    try:
        return read_invoice(data)
    except etree.XMLSyntaxError:
        raise HTTPException(422, "not well-formed") from None
    except ValueError as exc:
        raise HTTPException(422, "incomplete invoice") from exc
