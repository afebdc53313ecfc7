"""The parent writes random bytes to the tuner's path. A child reads them. Both report a digest."""

import hashlib
import os
from pathlib import Path

import nni

SIZE = 1_000_000  # bytes


def main():
    params = nni.get_next_parameter()
    if params["role"] == "parent":
        data = os.urandom(SIZE)
    else:
        data = Path(params["restore_path"], "weights").read_bytes()
    save_path = Path(params["save_path"])
    save_path.mkdir(parents=True, exist_ok=True)
    (save_path / "weights").write_bytes(data)
    nni.report_final_result({"checksum": hashlib.md5(data, usedforsecurity=False).hexdigest()})


if __name__ == "__main__":
    main()
