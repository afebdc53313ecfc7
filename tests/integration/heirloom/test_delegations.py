"""A file that somebody has for itself, as an NFS client may have one on the server's own disk."""

import subprocess
import sys

from heirloom.node.process import result

# Holds a lease on the file, as the kernel's NFS server does for a client that has a delegation, and
# gives it back when the kernel says that somebody else wants the file.
HOLDER = """
import fcntl, os, signal, sys
fd = os.open(sys.argv[1], os.O_RDWR)
signal.signal(signal.SIGIO, lambda *_: fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK))
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_result_is_read_although_somebody_has_the_file_for_itself(tmp_path):
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
