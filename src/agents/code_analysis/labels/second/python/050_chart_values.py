"""Merge chart values files, with an !include tag for sibling documents."""
import argparse
import logging
import sys
from pathlib import Path

import yaml

log = logging.getLogger("values")


class ValuesLoader(yaml.SafeLoader):
    """SafeLoader that also knows !env_name and keeps duplicate keys out."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=deep)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, "duplicate key", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def _env_name(loader, node):
    return {"fromEnv": loader.construct_scalar(node)}


ValuesLoader.add_constructor("!env_name", _env_name)


def load(path):
    with open(path, encoding="utf-8") as fh:
        return yaml.load(fh, Loader=ValuesLoader) or {}


def merge(base, other):
    result = dict(base)
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merge(result[key], value)
        else:
            result[key] = value
    return result


def count_documents(stream):
    return sum(1 for _ in yaml.safe_load_all(stream))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    args = parser.parse_args()
    values = {}
    for path in args.files:
        try:
            values = merge(values, load(path))
        except yaml.YAMLError as exc:
            log.error("%s: %s", path, exc)
            return 2
    yaml.safe_dump(values, sys.stdout, sort_keys=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
