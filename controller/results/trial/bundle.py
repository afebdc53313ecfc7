"""Export one trial: its weights, and what trains it again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from controller.core.model import Trial, split_attempt
from controller.errors import HeirloomError, reason
from controller.formats import command
from controller.results.trial import environment as environments
from controller.results.trial import script
from controller.results.trial.environment import TrialEnvironment
from controller.results.trial.readme import readme
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.state.record import Record
from controller.store.layout import Root, remove
from heirloom.node.process.workdir import copy_tree
from heirloom.node.spec import Spec
from heirloom.store import manifest
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Entry, Manifest, ManifestError

_CHUNK = 1 << 20
_SPEC_LIMIT = 64 << 20  # bytes


class ExportError(HeirloomError):
    """A trial cannot be exported; the message says why, and what to do."""


def export(place: ExperimentDir, number: int, directory: Path) -> list[str]:
    """Write a trial to a new directory, as a whole or not at all. Returns remarks for the user.

    Every file of the weights is compared with its digest. Raises HeirloomError.
    """
    record = records.load(place)
    trial = record.trial(number)
    verdict = _verdict(record, trial)
    try:
        with _draft(directory) as draft:
            return _Export(record, trial, verdict, draft).write()
    except ManifestError as error:  # of a parent
        raise ExportError(f"trial {number} of {place.name} cannot be exported: {error}") from None
    except OSError as error:
        raise ExportError(
            f"trial {number} of {place.name} cannot be exported: {error.filename or directory}: "
            f"{reason(error)}"
        ) from None


def _verdict(record: Record, trial: Trial) -> Manifest:
    """The manifest of a trial that has results. Raises ExportError."""
    named = f"trial {trial.id} of {record.place.name}"
    if trial.removed:
        again = command("rerun", record.place.name, str(trial.id), "--from-scratch")
        raise ExportError(
            f"the weights of {named} were removed; to train its candidate again: {again}"
        )
    try:
        found = manifest.read(RealFiles(), str(record.root.path), trial.id)
    except (ManifestError, OSError) as error:
        raise ExportError(f"the verdict of {named} cannot be read: {error}") from None
    if found is None:
        raise ExportError(f"{named} is {trial.state}: export it when it has succeeded")
    if found.state not in ("succeeded", "stopped"):
        raise ExportError(f"{named} has no result, it is {found.state}: name another trial")
    return found


@contextlib.contextmanager
def _draft(directory: Path) -> Iterator[Path]:
    """A directory that takes the place of `directory` at the end, unless there is an error.

    Raises ExportError where `directory` exists and is not empty, OSError.
    """
    try:
        target = directory.expanduser().absolute()
    except RuntimeError:  # `~name` of a user that does not exist
        raise ExportError(f"{directory}: there is no such user: name another directory") from None
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ExportError(f"{directory} exists: name a directory that does not, or an empty one")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield draft
        draft.chmod(0o755)
        draft.rename(target)
    except BaseException:
        remove(draft)
        raise


class _Export:
    """Writes one trial into a draft. Methods raise OSError and ExportError."""

    def __init__(self, record: Record, trial: Trial, verdict: Manifest, draft: Path) -> None:
        self._record = record
        self._trial = trial
        self._verdict = verdict
        self._draft = draft
        self._root: Root = record.root
        self._remarks: list[str] = []

    def write(self) -> list[str]:
        """Write everything. Returns the remarks."""
        verdict, trial = self._verdict, self._trial
        self._text("params.json", json.dumps(trial.params, indent=1) + "\n")
        self._text("manifest.json", verdict.to_json().decode())
        self._weights(trial.id, self._draft / "weights", verdict.files)
        self._text(script.SUMS, "".join(map(_sum_line, verdict.files)))
        spec = self._spec()
        environment = None
        if spec is not None:
            environment = self._environment(spec)
            self._code(spec)
            self._parents(spec)
            threads = spec.threads if environment is None else environment.threads
            text = script.script(spec, threads=threads, files=len(verdict.files))
            self._text(script.NAME, text)
            (self._draft / script.NAME).chmod(0o755)
        names = [f"{path.name}{'/' if path.is_dir() else ''}" for path in self._draft.iterdir()]
        self._text(
            "README.md",
            readme(
                self._record,
                trial,
                verdict,
                spec=spec,
                environment=environment,
                names=names,
                remarks=self._remarks,
            ),
        )
        return self._remarks

    def _text(self, name: str, text: str) -> None:
        (self._draft / name).write_text(text, encoding="utf-8")

    def _weights(self, trial: int, target: Path, files: tuple[Entry, ...]) -> None:
        """Copy the weights of a trial. Raises ExportError for a file that is not the committed."""
        target.mkdir(parents=True)
        for entry in files:
            copy = target / entry.path
            copy.parent.mkdir(parents=True, exist_ok=True)
            source = self._root.weights(trial) / entry.path
            if _copy(source, copy) != entry.digest:
                verify = command("verify", self._record.place.name)
                raise ExportError(f"{source} is damaged: see `{verify}`")

    def _spec(self) -> Spec | None:
        """What the attempt with the verdict ran; None of an imported trial, or if it is gone."""
        verdict = self._verdict
        if verdict.imported is not None:
            source = f"trial {verdict.imported['trial']} of {verdict.imported['experiment']}"
            self._remarks.append(f"It was imported from {source}: export that one to train it")
            return None
        if verdict.attempt is None:
            self._remarks.append("It was never trained")
            return None
        path = self._root.attempt(*split_attempt(verdict.attempt)) / "spec.json"
        try:
            with path.open("rb") as file:
                return Spec.from_dict(json.loads(file.read(_SPEC_LIMIT)))
        except (OSError, ValueError, RecursionError) as error:
            text = reason(error) if isinstance(error, OSError) else str(error)
            self._remarks.append(f"It cannot be trained again: {path}: {text}")
            return None

    def _environment(self, spec: Spec) -> TrialEnvironment | None:
        found = None
        if spec.python is not None:
            found = environments.find(self._root, spec.node, spec.python)
        if found is None:
            self._remarks.append("The packages of its Python are not known")
            return None
        about = {key: getattr(found, key) for key in ("node", "python", "version", "platform")}
        self._text("environment.json", json.dumps(about | {"threads": found.threads}, indent=1))
        self._text("requirements.txt", found.requirements)
        return found

    def _code(self, spec: Spec) -> None:
        """Copy the snapshots of the code and of Heirloom."""
        for path, name in ((spec.code, "code"), (spec.runtime, "runtime")):
            if path is not None:
                copy_tree(str(self._root.path / path), str(self._draft / name))

    def _parents(self, spec: Spec) -> None:
        """Copy the weights that the trial started from, as far as they are on the store."""
        gone = []
        for parent in spec.restore:
            found = manifest.read(RealFiles(), str(self._root.path), parent)
            if found is None or not self._root.weights(parent).is_dir():
                gone.append(str(parent))
                continue
            self._weights(parent, self._draft / "parents" / str(parent), found.files)
        if gone:
            self._remarks.append(
                f"It starts from the weights of trial {', '.join(gone)}, which were removed: it "
                "cannot be trained again from this directory alone"
            )


def _copy(source: Path, target: Path) -> str:
    """Copy a file. Returns the digest of the bytes that were copied, as manifests have it."""
    digest = hashlib.sha256()
    with source.open("rb") as reader, target.open("xb") as writer:
        while chunk := reader.read(_CHUNK):
            digest.update(chunk)
            writer.write(chunk)
    return f"sha256:{digest.hexdigest()}"


def _sum_line(entry: Entry) -> str:
    r"""A line for sha256sum(1), which has `\` before a line whose name has that character."""
    digest = entry.digest.removeprefix("sha256:")
    if "\\" not in entry.path:
        return f"{digest}  {entry.path}\n"
    escaped = entry.path.replace("\\", "\\\\")
    return f"\\{digest}  {escaped}\n"
