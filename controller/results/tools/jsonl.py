"""The trials as lines of JSON (https://jsonlines.org)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import IO

from controller.formats import counted
from controller.results.tools.interface import replacing
from controller.results.tools.source import Source


class JsonLines:
    """One object a trial, with its curves, in a file or on standard output."""

    def export(self, source: Source, path: str | None) -> str:
        """See Exporter. The file is written anew, with all trials."""
        if path is None:
            _write(sys.stdout, source)
            return ""
        with replacing(Path(path)) as file:
            count = _write(file, source)
        return f"{counted(count, 'trial')} in {path}"


def _write(file: IO[str], source: Source) -> int:
    count = 0
    for trial in source.trials():
        file.write(json.dumps(trial) + "\n")
        count += 1
    return count
