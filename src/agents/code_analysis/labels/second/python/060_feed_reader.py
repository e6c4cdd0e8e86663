"""Reads partner feeds (RSS and our own XML dialect)."""
import logging
from dataclasses import dataclass
from typing import List, Optional

import defusedxml.ElementTree as DET
from defusedxml.common import DefusedXmlException
from lxml import etree

logger = logging.getLogger(__name__)


@dataclass
class FeedItem:
    title: str
    link: Optional[str]
    summary: str = ""


class FeedError(Exception):
    pass


def _parser():
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
    )


def read_rss(data: bytes) -> List[FeedItem]:
    try:
        root = DET.fromstring(data, forbid_dtd=True)
    except (DET.ParseError, DefusedXmlException) as exc:
        raise FeedError("rss not readable") from exc
    items = []
    for node in root.iter("item"):
        items.append(
            FeedItem(
                title=(node.findtext("title") or "").strip(),
                link=node.findtext("link"),
                summary=node.findtext("description") or "",
            )
        )
    return items


def read_partner(data: bytes) -> List[FeedItem]:
    try:
        root = etree.fromstring(data, parser=_parser())
    except etree.XMLSyntaxError as exc:
        raise FeedError("partner feed not readable") from exc
    if root.getroottree().docinfo.doctype:
        raise FeedError("doctype is not allowed")
    return [
        FeedItem(title=n.get("title", ""), link=n.get("href"))
        for n in root.findall("entry")
    ]


def read(data: bytes, kind: str) -> List[FeedItem]:
    readers = {"rss": read_rss, "partner": read_partner}
    items = readers[kind](data)
    logger.info("read %d items", len(items))
    return items
