"""The parent writes random bytes. A child copies its parent's bytes. Both report a digest."""

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
