"""A file under a lease, as the NFS server has one for a client with a delegation."""

import subprocess
import sys

from heirloom.node.process import result

# Holds a lease on the file, as the kernel's NFS server does for a client that has a delegation, and
# gives it back when the kernel signals that another process opens the file.
HOLDER = """
import fcntl, os, signal, sys
fd = os.open(sys.argv[1], os.O_RDWR)
signal.signal(signal.SIGIO, lambda *_: fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK))
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_result_under_a_lease_is_read(tmp_path):
    file = tmp_path / "result.json"
    file.write_text('{"value": 1}')
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, file],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        assert result.read(str(file))["value"] == 1
        holder.stdin.close()
