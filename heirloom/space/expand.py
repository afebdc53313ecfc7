"""Makes annotated Python files ask for their parameters: `python -m heirloom.space.expand`.

It edits the files below the current directory, which is a trial's own copy of the code.
"""

from __future__ import annotations

import sys
from pathlib import Path

from .annotations import apply, python_files, read


def main() -> None:
    """Edit the files. Exits with a message if an annotation is wrong."""
    for path, module in python_files(Path()):
        source = path.read_bytes()
        found = read(source, module)
        for line, text in found.mistakes:
            sys.exit(f"{path}:{line}: {text}")
        if found.edits:
            edited = apply(source, found.edits)
            if path.is_symlink():
                path.unlink()  # what it points to is not the trial's own
            path.write_bytes(edited)


if __name__ == "__main__":
    main()
