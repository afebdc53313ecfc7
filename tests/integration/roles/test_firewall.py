"""The nftables rules of the role nfs_server, in a network namespace.

The kernel of the test hosts has no packet filter, so the molecule scenario cannot test this.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import jinja2
import pytest

from tests.integration.search.conftest import REPOSITORY

TEMPLATE = REPOSITORY / "roles/nfs_server/templates/firewall.sh.j2"
RULES = """
table inet filter {
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    ip daddr 127.0.0.9 accept
  }
}
"""
# Reports whether 127.0.0.2 (a client) and 127.0.0.3 (no client) reach port 2049.
TRY = """
import socket, threading
server = socket.create_server(("127.0.0.1", 2049))
for source in ("127.0.0.2", "127.0.0.3"):
    try:
        socket.create_connection(("127.0.0.1", 2049), 0.3, (source, 0)).close()
        print(source, "passes")
    except TimeoutError:
        print(source, "is blocked")
"""


def _usable() -> bool:
    nft = shutil.which("nft", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if os.geteuid() != 0 or nft is None:
        return False
    table = ["unshare", "--net", nft, "add", "table", "inet", "filter"]
    return subprocess.run(table, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _usable(), reason="needs root, nft and a kernel with nf_tables")
def test_a_chain_that_drops_accepts_the_clients_only(tmp_path: Path) -> None:
    environment = jinja2.Environment(trim_blocks=True)
    environment.tests["search"] = lambda text, pattern: re.search(pattern, text) is not None
    text = environment.from_string(TEMPLATE.read_text()).render(
        ansible_managed="test", _nfs_server_all_rules=[["127.0.0.2", 2049]]
    )
    (tmp_path / "firewall.sh").write_text(text)
    (tmp_path / "rules.nft").write_text(RULES)
    (tmp_path / "try.py").write_text(TRY)
    script = """
        set -e
        PATH=$PATH:/usr/sbin:/sbin
        ip link set lo up
        nft -f rules.nft
        python3 try.py
        sh firewall.sh
        sh firewall.sh
        python3 try.py
        [ "$(nft list ruleset | grep -c 'jump heirloom_nfs')" = 1 ]
        sh firewall.sh remove
        python3 try.py
        ! nft list ruleset | grep heirloom
    """
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    before = after = ["127.0.0.2 is blocked", "127.0.0.3 is blocked"]
    open_to_clients = ["127.0.0.2 passes", "127.0.0.3 is blocked"]
    assert done.stdout.splitlines() == [*before, *open_to_clients, *after]
