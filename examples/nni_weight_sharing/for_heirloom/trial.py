"""The father writes random bytes; a child reads its parent's and reports their digest."""

import hashlib
import os

from heirloom import trial

SIZE = 1_000_000  # bytes


def main():
    parent = trial.restore_path
    data = (parent / "weights").read_bytes() if parent else os.urandom(SIZE)
    (trial.save_path / "weights").write_bytes(data)
    trial.finish(0, checksum=hashlib.md5(data, usedforsecurity=False).hexdigest())


if __name__ == "__main__":
    main()
