"""Query the delivery zones kept in an XML file."""
import logging

from fastapi import APIRouter, HTTPException, Query
from lxml import etree

router = APIRouter(prefix="/zones")
logger = logging.getLogger(__name__)

BY_POSTCODE = etree.XPath(
    "/zones/zone[@country = $country][range[@from <= $code and @to >= $code]]"
)


class Zones:
    _tree = None

    @classmethod
    def load(cls, path):
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        cls._tree = etree.parse(path, parser)

    @classmethod
    def by_name(cls, name):
        return cls._tree.xpath("/zones/zone[@name = $name]", name=name)

    @classmethod
    def by_postcode(cls, country, code):
        return BY_POSTCODE(cls._tree, country=country, code=float(code))


def describe(zone):
    return {
        "name": zone.get("name"),
        "carrier": zone.findtext("carrier"),
        "days": int(zone.findtext("days", "0")),
    }


@router.get("/by-postcode")
def find_by_postcode(
    code: int = Query(ge=0, le=99_999),
    country: str = Query("DE", max_length=2),
):
    found = Zones.by_postcode(country, code)
    if not found:
        raise HTTPException(404, "no zone")
    return [describe(z) for z in found]


@router.get("/by-name")
def find_by_name(name: str = Query(max_length=60)):
    found = Zones.by_name(name)
    if not found:
        raise HTTPException(404, "no zone")
    logger.debug("found %d zones", len(found))
    return describe(found[0])
