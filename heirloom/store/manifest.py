"""The manifest of a verdict: how a trial ended, and the files of its weights."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from .files import NO_FILE, Files
from .limits.values import DEPTH_LIMIT, finite, shallow

FORMAT = 1
STATES = ("succeeded", "failed", "stopped", "skipped", "cancelled")
REMOVED = "weights.removed"  # the name in `trials/N` that `weights` gets before its removal
SIZE_LIMIT = 64 << 20  # bytes, enough for 100,000 files with long names
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_OPTIONAL = ("values", "imported")  # keys that earlier versions do not know
_ATTEMPT = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")


class ManifestError(Exception):
    """A manifest is damaged, or belongs to another trial; the message says how."""


@dataclass(frozen=True)
class Entry:
    """One file of the weights: its path in `weights/`, its size in bytes, and its digest."""

    path: str
    size: int
    digest: str  # sha256:…
    shared: Optional[int] = None  # the trial that first committed these bytes, if they are shared


@dataclass(frozen=True)
class Manifest:
    """A verdict (docs/reference/files.md). `attempt` and `node` are None for the controller's."""

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
    values: Mapping[str, float] = field(default_factory=dict)  # by name, of named objectives
    imported: Optional[Mapping[str, Any]] = None  # experiment, root, trial and params of the source

    @property
    def author(self) -> str:
        """What committed the weights, for messages."""
        if self.imported is not None:
            trial, experiment = self.imported["trial"], self.imported["experiment"]
            return f"the import of trial {trial} of {experiment}"
        return f"attempt {self.attempt} on {self.node}"

    @property
    def size(self) -> int:
        """The size of the weights in bytes."""
        return sum(entry.size for entry in self.files)

    @property
    def shared(self) -> int:
        """The bytes of the weights that are shared with an ancestor."""
        return sum(entry.size for entry in self.files if entry.shared is not None)

    def to_json(self) -> bytes:
        """The bytes of `manifest.json`."""
        data = {"format": FORMAT, **vars(self), "files": [_plain(entry) for entry in self.files]}
        data["seconds"] = dict(self.seconds)
        data["values"] = dict(self.values)
        if not self.values:
            del data["values"]
        if self.imported is None:
            del data["imported"]
        return json.dumps(data, allow_nan=False).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> Manifest:
        """Parse a manifest. Raises ManifestError."""
        if len(data) > SIZE_LIMIT:
            raise ManifestError(f"is larger than {SIZE_LIMIT} bytes")
        try:
            fields = json.loads(data.decode(), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise ManifestError(f"is not JSON: {error}") from None
        if not isinstance(fields, dict):
            raise ManifestError("is not a JSON object")
        if not shallow(fields):
            raise ManifestError(f"is nested more than {DEPTH_LIMIT} levels deep")
        if fields.pop("format", None) != FORMAT:
            raise ManifestError(f"has a format other than {FORMAT}")
        _check(fields)
        fields["files"] = tuple(Entry(**entry) for entry in fields["files"])
        fields["parents"] = tuple(fields["parents"])
        return cls(**fields)


def read(files: Files, root: str, trial: int) -> Optional[Manifest]:
    """The manifest in `trials/N` of the experiment at `root`; None if the trial has no verdict.

    Raises ManifestError when it is damaged or belongs to another trial, OSError when it cannot be
    read.
    """
    directory = f"{root}/trials/{trial}"
    data = _read_bytes(files, directory)
    if data is None and files.stat(directory) is not None:
        data = _read_bytes(files, directory)  # the verdict may have appeared between the two calls
        if data is None:
            raise ManifestError(f"{directory} has no manifest.json")
    if data is None:
        return None
    try:
        found = Manifest.from_json(data)
    except ManifestError as error:
        raise ManifestError(f"{directory}/manifest.json {error}") from None
    experiment = root.rstrip("/").rpartition("/")[2]
    if (found.experiment, found.trial) != (experiment, trial):
        raise ManifestError(
            f"{directory}/manifest.json belongs to trial {found.trial} of {found.experiment}"
        )
    return found


def _read_bytes(files: Files, directory: str) -> Optional[bytes]:
    try:
        return files.read(f"{directory}/manifest.json", SIZE_LIMIT)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno not in (errno.EFBIG, *NO_FILE):
            raise
        raise ManifestError(f"{directory}/manifest.json: {error.strerror}") from None


def valid_path(path: str) -> bool:
    """Whether `path` may name a file of the weights: relative, without `..`, one line of UTF-8."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    parts = path.split("/")
    return "\n" not in path and "\0" not in path and not {"", ".", ".."} & set(parts)


def _check(fields: dict[str, Any]) -> None:
    """Raise ManifestError for the first key that does not follow docs/reference/files.md."""
    for key, is_valid in _VALID.items():
        if key not in fields:
            if key in _OPTIONAL:
                continue
            raise ManifestError(f"has no {key!r}")
        if not is_valid(fields[key]):
            raise ManifestError(f"has an invalid {key!r}: {str(fields[key])[:80]}")
    unknown = fields.keys() - _VALID.keys()
    if unknown:
        raise ManifestError(f"has unknown keys: {', '.join(sorted(unknown))[:80]}")
    attempt = fields["attempt"]
    if attempt is not None and attempt.partition(".")[0] != str(fields["trial"]):
        raise ManifestError(f"names attempt {attempt} for trial {fields['trial']}")
    if fields["files"] and not fields["weights"]:
        raise ManifestError("lists files, but says that there are no weights")
    if fields["weights"] and fields["state"] not in ("succeeded", "stopped"):
        raise ManifestError(f"has weights, but its state is {fields['state']}")
    if len({entry["path"] for entry in fields["files"]}) < len(fields["files"]):
        raise ManifestError("lists a file twice")


def _plain(entry: Entry) -> dict[str, Any]:
    data = dict(vars(entry))
    if entry.shared is None:
        del data["shared"]
    return data


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _numbers(value: Any) -> bool:
    return isinstance(value, dict) and all(map(finite, value.values()))


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _entry(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() - {"shared"} == {"path", "size", "digest"}
        and _count(value.get("shared", 0))
        and isinstance(value["path"], str)
        and valid_path(value["path"])
        and _count(value["size"])
        and isinstance(value["digest"], str)
        and _DIGEST.fullmatch(value["digest"]) is not None
    )


def _origin(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"experiment", "root", "trial", "params"}
        and _text(value["experiment"])
        and _text(value["root"])
        and _count(value["trial"])
        and isinstance(value["params"], dict)
    )


_VALID: dict[str, Callable[[Any], bool]] = {
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
    "seconds": _numbers,
    "values": lambda value: _numbers(value) and bool(value),
    "imported": _origin,
}
