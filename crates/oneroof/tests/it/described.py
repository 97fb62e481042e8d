"""Asks the API for these paths, each of which must answer, and compares every answer with the shape that the
description has for it:  described.py BASE_URL [--as-if SHAPE.MEMBER] PATH...

--as-if takes the description as if that member were of a type that it is not.
"""
import json
import sys
import urllib.request

import jsonschema_rs


def get(path):
    with urllib.request.urlopen(base + path) as answer:
        assert answer.headers.get_content_type() == "application/json", path
        return json.load(answer)


def described(path):
    """The operation of a path: the fixed words of a path come before those that may be anything."""
    words = path.split("?")[0].split("/")

    def fits(pattern):
        wanted = pattern.split("/")
        rest = len(words) > len(wanted) and wanted[-1] == "{path}"
        return (rest or len(words) == len(wanted)) and all(
            one == other or one.startswith("{") for one, other in zip(wanted, words)
        )

    found = sorted((pattern for pattern in description["paths"] if fits(pattern)), key=lambda one: one.count("{"))
    assert found, f"{path} is not described"
    return description["paths"][found[0]]["get"]


base, *paths = sys.argv[1:]
description = get("/api/v1/openapi.json")
shapes = description["components"]["schemas"]
if paths[0] == "--as-if":
    shape, member = paths[1].split(".")
    shapes[shape]["properties"][member] = {"type": "null"}
    paths = paths[2:]
faults = []
for path in paths:
    shape = described(path)["responses"]["200"]["content"]["application/json"]["schema"]
    validator = jsonschema_rs.Draft202012Validator({**shape, "components": description["components"]})
    for error in validator.iter_errors(get(path)):
        where = "/".join(str(part) for part in error.instance_path)
        faults.append(f"{path}: {where}: {error.message[:300]}")
print("\n".join(faults) or f"{len(paths)} answers are as described")
sys.exit(bool(faults))
