"""Debian packages for the hosts: apt-cacher-ng on the bridge, their only access to an archive."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

from testbed.archive import Archive
from testbed.processes import WAIT_FOR_GO, Process, start

PORT = 31420  # not 3142, the port of a packaged apt-cacher-ng
# Without the Remap lines of the distribution's configuration, which redirect requests to mirrors
# that may be unreachable. Requests go to the addresses in the hosts' sources.
_CONFIGURATION = """\
CacheDir: {cache}
LogDir: {directory}
SocketPath: {directory}/socket
BindAddress: {address}
Port: {port}
ForeGround: 1
ReportPage:
ExThreshold: 30
"""


def start_packages(
    archive: Archive,
    address: str,
    cache: Path,
    directory: Path,
    record: Callable[[Process], None],
) -> Process:
    """Start apt-cacher-ng at an address of this machine, with its downloads in `cache`."""
    cache.mkdir(exist_ok=True)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    text = _CONFIGURATION.format(cache=cache, directory=directory, address=address, port=PORT)
    if archive.proxy:
        text += f"Proxy: {archive.proxy}\n"
    (directory / "acng.conf").write_text(text)
    words = shlex.join(["apt-cacher-ng", "-c", str(directory)])
    command = ["sh", "-ec", f"{WAIT_FOR_GO}; exec {words}"]
    return start(command, directory / "output.log", record)


def host_settings(address: str) -> str:
    """Return the apt.conf of a host."""
    return f'Acquire::http::Proxy "http://{address}:{PORT}";\n'
