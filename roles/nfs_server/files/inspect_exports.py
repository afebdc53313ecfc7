"""Print which directories this host exports for Heirloom, and where the given paths are.

Standard input: a JSON list of absolute paths. Standard output: a JSON object with

exports    path -> {"inventory", "file", "clients"}, from the role's files in /etc/exports.d
paths      path -> {"real", "file_system", "parent"}: the path without symbolic links, the type of
           its file system, and whether its parent directory exists
writable   the directories above the paths in which others than root can rename files, as
           {"path", "uid", "gid", "mode"}
firewall   inventory -> [[address, port], ...], the rules that the role added, from its record

Runs on the server with Python 3.9 or newer, as root. The option --root is for tests.
"""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

HEADER = "# heirloom: "
FORMER = "heirloom.exports"  # of earlier versions
RECORD = "var/lib/heirloom/nfs_server.json"


def exports(directory: Path) -> dict:
    """Return the exports in the role's files in `directory`.

    The single file of earlier versions has no header: its inventory is "". Other files replace what
    it says.
    """
    found = {}
    files = sorted(directory.glob("heirloom*.exports"), key=lambda file: file.name != FORMER)
    for file in files:
        header = {"inventory": ""}
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith(HEADER):
                header = json.loads(line[len(HEADER) :])
                # A path without clients has no line of its own.
                found[header["path"]] = _export(header["inventory"], file, [])
            elif line.startswith('"'):
                path, _, clients = line[1:].partition('"')
                found[path] = _export(header["inventory"], file, _hosts(clients))
    return found


def _export(inventory: str, file: Path, clients: list) -> dict:
    return {"inventory": inventory, "file": str(file), "clients": clients}


def _hosts(clients: str) -> list:
    """Return the hosts in the clients of an export line: `10.0.0.1(rw,sync) …`."""
    return [client.partition("(")[0] for client in clients.split()]


def describe(path: str) -> dict:
    """Return where a path is. It need not exist."""
    real = Path(os.path.realpath(path))
    existing = real
    while not existing.exists():
        existing = existing.parent
    done = subprocess.run(
        ["df", "--output=fstype", "--", existing], capture_output=True, text=True, check=False
    )
    return {
        "real": str(real),
        "file_system": (done.stdout.split() or ["unknown"])[-1],
        "parent": real.parent.is_dir(),
    }


def writable(paths: list) -> list:
    """Return the directories above `paths` that others than root can change."""
    parents = sorted({parent for path in paths for parent in Path(os.path.realpath(path)).parents})
    found = []
    for parent in filter(Path.is_dir, parents):
        status = parent.stat()
        mode = stat.S_IMODE(status.st_mode)
        # In a sticky directory, only its owner and the owner of a file can rename the file.
        shared = mode & (stat.S_IWGRP | stat.S_IWOTH) and not mode & stat.S_ISVTX
        if shared or status.st_uid:
            ids = {"uid": status.st_uid, "gid": status.st_gid}
            found.append({"path": str(parent), "mode": f"{mode:04o}", **ids})
    return found


def main() -> None:
    """Describe this host."""
    root = Path(sys.argv[2] if sys.argv[1:2] == ["--root"] else "/")
    record = root / RECORD
    recorded = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    paths = json.load(sys.stdin)
    found = {
        "exports": exports(root / "etc/exports.d"),
        "paths": {path: describe(path) for path in paths},
        "writable": writable(paths),
        "firewall": recorded.get("firewall", {}),
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
