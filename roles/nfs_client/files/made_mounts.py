"""Print the mounts that the role has made on this host, from its mount units, as a JSON list.

Each mount is {"unit", "path", "source", "type", "options", "inventory"}, with empty texts for what
its unit does not say. The argument is the directory of the units. Runs on the host, with Python 3.9
or newer.
"""

import json
import sys
from pathlib import Path

DESCRIPTION = "Description=Heirloom's store"
INVENTORY = "# heirloom: "
FIELDS = {"Where": "path", "What": "source", "Type": "type", "Options": "options"}


def mounts(directory: Path) -> list:
    """Return the mounts of the units in `directory` that the role has written, sorted by unit."""
    found = []
    for file in sorted(directory.glob("*.mount")):
        # A link may be broken. Not splitlines(), which ends lines at other characters too.
        lines = file.read_text(encoding="utf-8").split("\n") if file.is_file() else []
        if DESCRIPTION in lines:
            found.append({"unit": file.name, **_fields(lines)})
    return found


def _fields(lines: list) -> dict:
    fields = {"inventory": "", **dict.fromkeys(FIELDS.values(), "")}
    for line in lines:
        key, _, value = line.partition("=")
        if key in FIELDS:
            fields[FIELDS[key]] = value.replace("%%", "%")
        elif line.startswith(INVENTORY):
            fields["inventory"] = json.loads(line[len(INVENTORY) :])["inventory"]
    return fields


if __name__ == "__main__":
    json.dump(mounts(Path(sys.argv[1])), sys.stdout)
