"""Command line export with pluggable formats."""
import argparse
import importlib
import json
import logging
import sys

log = logging.getLogger("export")

FORMATS = {
    "csv": ("exporter.formats.csv_format", "CsvWriter"),
    "xlsx": ("exporter.formats.xlsx_format", "XlsxWriter"),
    "parquet": ("exporter.formats.parquet_format", "ParquetWriter"),
}


class UnknownFormat(LookupError):
    pass


def load_writer(name):
    try:
        module_name, class_name = FORMATS[name]
    except KeyError:
        raise UnknownFormat(name) from None
    module = importlib.import_module(module_name)
    return getattr(module, class_name)


def read_records(handle):
    for number, line in enumerate(handle, 1):
        line = line.strip()
        if not line:
            continue
        try:
            yield json.loads(line)
        except ValueError:
            log.warning("line %d is not JSON, skipped", number)


def compile_columns(spec):
    """``name,total:amount`` -> [("name", "name"), ("total", "amount")]"""
    columns = []
    for part in spec.split(","):
        title, _, key = part.partition(":")
        columns.append((title, key or title))
    return columns


def project(record, columns):
    return {title: record.get(key) for title, key in columns}


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", default="csv", choices=sorted(FORMATS))
    parser.add_argument("--columns", default="id,name")
    parser.add_argument("output", type=argparse.FileType("wb"))
    args = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO)

    columns = compile_columns(args.columns)
    writer = load_writer(args.format)(args.output, [title for title, _ in columns])
    count = 0
    for record in read_records(sys.stdin):
        writer.write(project(record, columns))
        count += 1
    writer.close()
    log.info("wrote %d records", count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
