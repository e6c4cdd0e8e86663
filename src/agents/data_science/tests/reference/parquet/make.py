"""Writes the Parquet files of the tests and what a query must find in them.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install pyarrow && /tmp/venv/bin/python make.py
"""

import datetime as dt
import decimal
import json
import pathlib
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

HERE = pathlib.Path(__file__).parent
ROWS = 40
UTC = dt.timezone.utc


def gap(values, every):
    return [None if row % every == every - 1 else value for row, value in enumerate(values)]


def day(row):
    return dt.date(2024, 1, 1) + dt.timedelta(days=row)


def instant(row):
    return dt.datetime(2024, 1, 1, 12, 30, 15, 250_000) + dt.timedelta(hours=row)


def iso(value):
    return value.replace(tzinfo=None).isoformat(timespec="milliseconds")


numbers = range(ROWS)
D = decimal.Decimal
texts = [f"value {row % 5} ü" for row in numbers]
columns = {
    # name: (arrow type, values, what SQLite has of a value)
    "id": (pa.int32(), list(numbers), int),
    "i8": (pa.int8(), gap([row - 20 for row in numbers], 7), int),
    "u8": (pa.uint8(), gap([255 - row for row in numbers], 6), int),
    "u32": (pa.uint32(), [4_294_967_295 - row for row in numbers], int),
    "i64": (pa.int64(), gap([row * 1_000_000_007 for row in numbers], 5), int),
    "f32": (pa.float32(), gap([row / 8 for row in numbers], 4), float),
    "f64": (pa.float64(), gap([row / 10 for row in numbers], 3), float),
    "d9": (pa.decimal128(9, 2), gap([D(row * 101 - 700) / 100 for row in numbers], 5), float),
    "d18": (pa.decimal128(18, 3), [D(row * 10_001) / 1000 for row in numbers], float),
    "d38": (pa.decimal128(38, 4), [D(row * 100_003 - 9) / 10_000 for row in numbers], float),
    "text": (pa.string(), gap(texts, 9), str),
    "large": (pa.large_string(), texts, str),
    "code": (pa.string(), [f"{row:05}" for row in numbers], str),
    "digits": (pa.string(), [str(row) for row in numbers], str),
    "words": (pa.string(), ["yes" if row % 2 else "no" for row in numbers], str),
    "dictionary": (pa.dictionary(pa.int8(), pa.string()), gap(texts, 8), str),
    "truth": (pa.bool_(), gap([row % 3 == 0 for row in numbers], 10), int),
    "date": (pa.date32(), gap([day(row) for row in numbers], 11), lambda value: value.isoformat()),
    "ms": (pa.timestamp("ms"), [instant(row) for row in numbers], iso),
    "us_zone": (pa.timestamp("us", tz="Europe/Berlin"), [instant(row).replace(tzinfo=UTC) for row in numbers], iso),
    "ns": (pa.timestamp("ns"), gap([instant(row) for row in numbers], 13), iso),
    "time": (pa.time64("us"), [dt.time(row % 24, 5, 6, 7) for row in numbers], lambda value: value.isoformat()),
    "bytes": (pa.binary(), [bytes([255, row]) for row in numbers], lambda value: value.hex()),
    "half": (pa.float16(), [row / 4 for row in numbers], float),
    "uuid": (pa.uuid(), [uuid.UUID(int=row + (1 << 100)).bytes for row in numbers], lambda value: str(uuid.UUID(bytes=value))),
    "void": (pa.null(), [None] * ROWS, str),
}


def plain(value, convert):
    return None if value is None else convert(value)


def array(kind, values):
    if kind == pa.float16():
        import numpy as np

        return pa.array(np.array(values, dtype=np.float16), kind)
    return pa.array(values, kind)


table = pa.table({name: array(kind, values) for name, (kind, values, _) in columns.items()})
for codec in ["none", "snappy", "gzip", "zstd", "lz4", "brotli"]:
    pq.write_table(table, HERE / f"{codec}.parquet", compression=codec, row_group_size=16)
pq.write_table(table, HERE / "v2.parquet", compression="zstd", data_page_version="2.0", use_dictionary=False,
               column_encoding={"id": "DELTA_BINARY_PACKED", "large": "DELTA_BYTE_ARRAY", "f64": "BYTE_STREAM_SPLIT"})
old = table.select(["id", "ms", "us_zone", "text"])
pq.write_table(old, HERE / "int96.parquet", use_deprecated_int96_timestamps=True, version="1.0")

nested = pa.table({
    "id": [1, 2, 3],
    "place": pa.array([{"city": "Köln", "at": {"x": 1.5, "y": 2}}, None, {"city": None, "at": {"x": 3.0, "y": None}}],
                      pa.struct([("city", pa.string()), ("at", pa.struct([("x", pa.float64()), ("y", pa.int32())]))])),
    "tags": pa.array([["a", 'b"c'], [], None], pa.list_(pa.string())),
    "marks": pa.array([[1, None, 3], None, [4]], pa.list_(pa.int32())),
})
pq.write_table(nested, HERE / "nested.parquet")
pq.write_table(table.slice(0, 0), HERE / "empty.parquet")

expected = {
    "columns": list(columns),
    "rows": [[plain(values[row], convert) for _, values, convert in columns.values()] for row in numbers],
    "int96": [[row, iso(instant(row)), iso(instant(row)), plain(gap(texts, 9)[row], str)] for row in numbers],
}
(HERE / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n")
