"""Makes skills.json of the skills of a running server: names, schemas without what people read, and examples.

usage: python3 make.py http://127.0.0.1:3000 EMAIL PASSWORD > skills.json
The server must have been started with --diagnostics.
"""
import json
import sys
import urllib.request


def call(url, body=None, token=None):
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = "Bearer " + token
    request = urllib.request.Request(url, data=json.dumps(body).encode() if body else None, headers=headers)
    return json.load(urllib.request.urlopen(request))


def plain(schema, named=False):
    """Without titles, descriptions and hints; `named` where keys are names of properties."""
    if isinstance(schema, list):
        return [plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if not named and (key in ("title", "description", "$schema", "$id") or key.startswith("x-")):
            continue
        literal = not named and key in ("enum", "const", "default", "required")
        kept[key] = value if literal else plain(value, not named and key in ("properties", "$defs"))
    return kept


def main():
    base, email, password = sys.argv[1:4]
    token = call(base + "/api/v1/auth/login", {"email": email, "password": password})["access_token"]
    skills = call(base + "/api/v1/skills?limit=200", token=token)
    rows = [
        {"name": skill["name"], "input": plain(skill["input_schema"]), "output": plain(skill["output_schema"]), "examples": skill["examples"]}
        for skill in sorted(skills, key=lambda skill: skill["name"])
    ]
    print("[\n" + ",\n".join(json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for row in rows) + "\n]")


main()
