#!/usr/bin/env python
"""Collects basic facts about this host and posts them to the inventory."""
import argparse
import json
import logging
import os
import subprocess
import sys
from collections import OrderedDict

import requests

log = logging.getLogger("host_report")

FACTS = OrderedDict(
    [
        ("kernel", "uname -r"),
        ("mounts", "mount | awk '{print $3}' | sort"),
        ("listeners", "ss -ltnH | awk '{print $4}' | sort -u"),
        ("packages", "dpkg -l | grep -c '^ii'"),
    ]
)


def collect(names):
    result = {}
    for name in names:
        command = FACTS[name]
        try:
            out = subprocess.check_output(command, shell=True, timeout=15)
        except subprocess.SubprocessError:
            log.warning("fact %s is not available", name)
            continue
        result[name] = out.decode("utf-8", "replace").strip()
    return result


def post(url, facts):
    token = os.environ["INVENTORY_TOKEN"]
    resp = requests.post(
        url,
        json=facts,
        headers={"Authorization": "Bearer " + token},
        timeout=10,
    )
    resp.raise_for_status()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(FACTS), action="append")
    parser.add_argument("--print", dest="show", action="store_true")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO)

    facts = collect(args.only or list(FACTS))
    if args.show:
        json.dump(facts, sys.stdout, indent=2)
        return 0
    try:
        post("https://inventory.corp.example/api/hosts", facts)
    except requests.RequestException as exc:
        log.error("could not post: %s", exc.__class__.__name__)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
