"""Search in the recent application log lines."""
import collections
import logging
import re
from datetime import datetime

from fastapi import APIRouter, HTTPException, Query

router = APIRouter(prefix="/logs")
logger = logging.getLogger(__name__)

LINE = re.compile(r"^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})Z ([A-Z]{4,8}) (\S{1,80}) (.*)$")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

_buffer = collections.deque(maxlen=5000)


def feed(line):
    _buffer.append(line[:2000].rstrip("\n"))


def phrase_pattern(phrase, whole_word=False, ignore_case=True):
    pattern = re.escape(phrase)
    if whole_word:
        pattern = r"(?<!\w)" + pattern + r"(?!\w)"
    return re.compile(pattern, re.IGNORECASE if ignore_case else 0)


def parse(line):
    match = LINE.match(line)
    if match is None:
        return None
    stamp, level, source, message = match.groups()
    return {
        "time": datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S"),
        "level": level,
        "source": source,
        "message": message,
    }


@router.get("/search")
def search(
    q: str = Query(min_length=2, max_length=100),
    level: str = "INFO",
    word: bool = False,
):
    if level not in LEVELS:
        raise HTTPException(400, "unknown level")
    pattern = phrase_pattern(q, whole_word=word)
    wanted = LEVELS[LEVELS.index(level) :]
    found = []
    for line in reversed(_buffer):
        entry = parse(line)
        if entry and entry["level"] in wanted and pattern.search(entry["message"]):
            found.append(entry)
            if len(found) == 200:
                break
    logger.debug("log search gave %d lines", len(found))
    return found
