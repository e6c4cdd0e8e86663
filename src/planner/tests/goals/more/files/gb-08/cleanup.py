"""Removes uploads that nobody has touched for thirty days."""
import os
import time
from pathlib import Path

FOLDER = Path(os.environ["PORTAL_UPLOADS"])


def main():
    oldest = time.time() - 30 * 86400
    for file in FOLDER.iterdir():
        if file.stat().st_mtime < oldest:
            file.unlink()


if __name__ == "__main__":
    main()
