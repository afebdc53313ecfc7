"""Print as JSON what the Python that runs this is, and which packages it has.

Run with a trial's Python as `python -m heirloom.node.inspect.packages`.
"""

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Mapping
from importlib import metadata
from typing import Any, Optional

_FIELD = re.compile(r"^(Name|Version): *(\S+)\s*$", re.MULTILINE)
_LEFT_OUT = ("pip", "heirloom")  # `pip freeze` leaves itself out; trials get Heirloom's runtime


def installed() -> list[str]:
    """The packages that `sys.path` has, a requirement each, in the form of `pip freeze`.

    Of two copies of a package the first on the path counts, as for an import.
    """
    found: dict[str, str] = {}
    for each in metadata.distributions():
        text = each.read_text("METADATA") or each.read_text("PKG-INFO") or each.read_text("") or ""
        fields = dict(_FIELD.findall(text.partition("\n\n")[0]))  # without the long description
        if "Name" in fields and "Version" in fields:
            key = re.sub(r"[-_.]+", "-", fields["Name"]).lower()
            direct_url = each.read_text("direct_url.json")
            found.setdefault(key, requirement(fields["Name"], fields["Version"], direct_url))
    return [found[key] for key in sorted(found) if key not in _LEFT_OUT]


def requirement(name: str, version: str, direct_url: Optional[str] = None) -> str:
    """A requirement that installs a package again.

    `direct_url` is the text of the file by which an installer records another origin than a package
    index (PEP 610). An editable package is a comment: its files are in a directory of its own.
    """
    try:
        origin = json.loads(direct_url or "null")
    except ValueError:
        origin = None
    if not isinstance(origin, Mapping) or not isinstance(origin.get("url"), str):
        return f"{name}=={version}"
    return _from_origin(name, version, origin)


def _from_origin(name: str, version: str, origin: Mapping[str, Any]) -> str:
    url = origin["url"]
    source, directory, archive = (
        found if isinstance(found, Mapping) else None
        for found in (origin.get(key) for key in ("vcs_info", "dir_info", "archive_info"))
    )
    if directory is not None and directory.get("editable"):
        return f"# {name}=={version} is editable, in {url}"
    if source is not None:
        url = f"{source.get('vcs')}+{url}@{source.get('commit_id')}"
    fragments = [] if archive is None else _digest(archive)
    if isinstance(origin.get("subdirectory"), str):  # of the package, in the repository or archive
        fragments.append(f"subdirectory={origin['subdirectory']}")
    return f"{name} @ {url}{'#' if fragments else ''}{'&'.join(fragments)}"


def _digest(archive: Mapping[str, Any]) -> list[str]:
    """The digest of an archive, such as `sha256=…`, if it is known."""
    hashes = archive.get("hashes")  # `hash` is the older form
    first = next(iter(hashes.items()), None) if isinstance(hashes, Mapping) else None
    text = (
        archive.get("hash") if first is None or not isinstance(first[1], str) else "=".join(first)
    )
    return [text] if isinstance(text, str) else []


def main() -> None:
    """Print it."""
    found = {
        "version": platform.python_version(),
        "platform": platform.platform(),
        "packages": installed(),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
