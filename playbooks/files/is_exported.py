"""Print `yes` if this NFS server exports the directory argv[1] to the host argv[2], else `no`.

Runs on the server with Python 3.9 or newer and reads the table that exportfs writes.
"""

import fnmatch
import ipaddress
import re
import socket
import sys
from pathlib import Path

TABLE = Path("/var/lib/nfs/etab")


def clients(table: str, path: str) -> list:
    """Return the clients of a path in a table: lines of path, tab, client and options."""
    found = []
    for line in table.splitlines():
        exported, _, client = line.partition("\t")
        if re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), exported) == path:
            found.append(client.partition("(")[0])
    return found


def covers(client: str, host: str, addresses: set) -> bool:
    """Whether a client of exports(5) stands for a host. Netgroups are taken to contain it."""
    if client.startswith("@") or fnmatch.fnmatch(host, client):
        return True
    try:
        network = ipaddress.ip_network(client, strict=False)
    except ValueError:
        return bool(_resolve(client) & addresses)
    return any(ipaddress.ip_address(address) in network for address in addresses)


def _resolve(host: str) -> set:
    """Return the addresses of a host, none if it is unknown."""
    try:
        return {entry[4][0].partition("%")[0] for entry in socket.getaddrinfo(host, None)}
    except OSError:
        return set()


def main() -> None:
    """Look the host up."""
    path, host = sys.argv[1:]
    table = TABLE.read_text(encoding="utf-8") if TABLE.exists() else ""
    addresses = _resolve(host)
    exported = any(covers(client, host, addresses) for client in clients(table, path))
    sys.stdout.write("yes" if exported else "no")


if __name__ == "__main__":
    main()
