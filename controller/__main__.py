"""`python -m controller`."""

import os
import sys

# Python looks for modules in the current directory first, where a user's own random.py or
# heirloom.py may be. Only a clone's top belongs there.
if not sys.flags.safe_path and sys.path[0] != os.path.dirname(os.path.dirname(__file__)):  # noqa: PTH120 - pathlib imports modules that the directory may hide
    del sys.path[0]

from controller.cli import main

if __name__ == "__main__":
    main()
