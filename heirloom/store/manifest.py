"""A verdict's manifest: how a trial ended, and the files that are its weights."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from .files import NO_FILE, Files
from .json_limits import DEPTH_LIMIT, finite, shallow

FORMAT = 1
STATES = ("succeeded", "failed", "stopped", "skipped", "cancelled")
REMOVED = "weights.removed"  # stands in `trials/N` where its weights were removed
SIZE_LIMIT = 64 << 20  # bytes; 100,000 files with long names fit
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_ATTEMPT = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")


class ManifestError(Exception):
    """A manifest is damaged, or belongs to something else; the message says how."""


@dataclass(frozen=True)
class Entry:
    """One file of the weights: its path below `weights/`, its size in bytes, its digest."""

    path: str
    size: int
    digest: str  # sha256:…
    shared: Optional[int] = None  # the ancestor that committed these bytes, stored once for both


@dataclass(frozen=True)
class Manifest:
    """A verdict (docs/wire.md). `attempt` and `node` are None when the controller passed it."""

    experiment: str
    trial: int
    state: str
    reason: str = ""
    attempt: Optional[str] = None
    node: Optional[str] = None
    value: Optional[float] = None
    result: Any = None
    parents: tuple[int, ...] = ()
    weights: bool = False
    files: tuple[Entry, ...] = ()
    started_at: Optional[float] = None  # the node's clock, seconds since the epoch
    seconds: Mapping[str, float] = field(default_factory=dict)  # waiting, verifying, ...

    @property
    def size(self) -> int:
        """Bytes of weights."""
        return sum(entry.size for entry in self.files)

    @property
    def shared(self) -> int:
        """Bytes of weights that are stored once for an ancestor and this trial."""
        return sum(entry.size for entry in self.files if entry.shared is not None)

    def to_json(self) -> bytes:
        """The bytes of `manifest.json`."""
        said = {"format": FORMAT, **vars(self), "files": [_plain(entry) for entry in self.files]}
        said["seconds"] = dict(self.seconds)
        return json.dumps(said, allow_nan=False).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> Manifest:
        """The manifest in `data`. Raises ManifestError."""
        if len(data) > SIZE_LIMIT:
            raise ManifestError(f"is larger than {SIZE_LIMIT} bytes")
        try:
            said = json.loads(data.decode(), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise ManifestError(f"is not JSON: {error}") from None
        if not isinstance(said, dict):
            raise ManifestError("is not a JSON object")
        if not shallow(said):
            raise ManifestError(f"is nested more than {DEPTH_LIMIT} deep")
        if said.pop("format", None) != FORMAT:
            raise ManifestError(f"has a format other than {FORMAT}")
        _check(said)
        said["files"] = tuple(Entry(**entry) for entry in said["files"])
        said["parents"] = tuple(said["parents"])
        return cls(**said)


def read(files: Files, root: str, trial: int) -> Optional[Manifest]:
    """The manifest that stands in `trials/N` of the experiment at `root`; None when none does.

    Raises ManifestError when what stands there is damaged or another trial's, OSError when it
    cannot be read.
    """
    place = f"{root}/trials/{trial}"
    data = _bytes(files, place)
    if data is None and files.stat(place) is not None:
        data = _bytes(files, place)  # it may have come between the two looks
        if data is None:
            raise ManifestError(f"{place} has no manifest.json")
    if data is None:
        return None
    try:
        found = Manifest.from_json(data)
    except ManifestError as error:
        raise ManifestError(f"{place}/manifest.json {error}") from None
    experiment = root.rstrip("/").rpartition("/")[2]
    if (found.experiment, found.trial) != (experiment, trial):
        raise ManifestError(
            f"{place}/manifest.json is that of trial {found.trial} of {found.experiment}"
        )
    return found


def _bytes(files: Files, place: str) -> Optional[bytes]:
    try:
        return files.read(f"{place}/manifest.json", SIZE_LIMIT)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno not in (errno.EFBIG, *NO_FILE):
            raise
        raise ManifestError(f"{place}/manifest.json: {error.strerror}") from None


def sound_path(path: str) -> bool:
    """Whether `path` may name a file of the weights: relative, plain, one line of UTF-8."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    parts = path.split("/")
    return "\n" not in path and "\0" not in path and not {"", ".", ".."} & set(parts)


def _check(said: dict[str, Any]) -> None:
    """Raise ManifestError for the first key that is not as docs/wire.md has it."""
    for key, sound in _SOUND.items():
        if key not in said:
            raise ManifestError(f"has no {key!r}")
        if not sound(said[key]):
            raise ManifestError(f"has an invalid {key!r}: {str(said[key])[:80]}")
    unknown = said.keys() - _SOUND.keys()
    if unknown:
        raise ManifestError(f"has unknown keys: {', '.join(sorted(unknown))[:80]}")
    attempt = said["attempt"]
    if attempt is not None and attempt.partition(".")[0] != str(said["trial"]):
        raise ManifestError(f"names attempt {attempt} for trial {said['trial']}")
    if said["files"] and not said["weights"]:
        raise ManifestError("lists files, and says that there are no weights")
    if said["weights"] and said["state"] not in ("succeeded", "stopped"):
        raise ManifestError(f"has weights, and is {said['state']}")
    if len({entry["path"] for entry in said["files"]}) < len(said["files"]):
        raise ManifestError("lists a file twice")


def _plain(entry: Entry) -> dict[str, Any]:
    said = dict(vars(entry))
    if entry.shared is None:
        del said["shared"]
    return said


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _entry(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() - {"shared"} == {"path", "size", "digest"}
        and _count(value.get("shared", 0))
        and isinstance(value["path"], str)
        and sound_path(value["path"])
        and _count(value["size"])
        and isinstance(value["digest"], str)
        and _DIGEST.fullmatch(value["digest"]) is not None
    )


_SOUND: dict[str, Callable[[Any], bool]] = {
    "experiment": _text,
    "trial": _count,
    "state": lambda value: value in STATES,
    "reason": _text,
    "attempt": lambda value: value is None or (_text(value) and bool(_ATTEMPT.fullmatch(value))),
    "node": lambda value: value is None or _text(value),
    "value": lambda value: value is None or finite(value),
    "result": lambda value: True,
    "parents": lambda value: isinstance(value, list) and all(map(_count, value)),
    "weights": lambda value: isinstance(value, bool),
    "files": lambda value: isinstance(value, list) and all(map(_entry, value)),
    "started_at": lambda value: value is None or finite(value),
    "seconds": lambda value: isinstance(value, dict) and all(map(finite, value.values())),
}
