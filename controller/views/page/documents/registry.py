"""Which documents an experiment has, what each depends on, and which a file embeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from controller.errors import HeirloomError
from controller.views.page.documents import failures, progress, time, trials, weights
from controller.views.page.source import Source

Json = Mapping[str, Any] | None

Needs = Literal["state", "trials", "curves"]
"""What a document reads: the present state and some trials, all trials, or their curves as well."""

_TRIALS = 1_000  # whose own documents a file embeds, at most


class DocumentError(HeirloomError):
    """There is no such document."""


@dataclass(frozen=True, slots=True)
class Query:
    """What an address says beside the kind: the trial, and the options after `?`."""

    trial: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    def number(self, name: str) -> int | None:
        """The whole number of an option, None without it. Raises DocumentError."""
        text = self.options.get(name, "")
        if not text:
            return None
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            raise DocumentError(f"{name}={text!r} is not a whole number")
        return int(text)


@dataclass(frozen=True, slots=True)
class Document:
    """A kind of document.

    Args:
        make: gives the document. Its numbers may be infinite or NaN: `encode` writes null.
        needs: what it reads of the experiment.
        of_trial: whether its address names a trial, as in `NAME/trial/12`.
        embedded: whether a file has it. Of those of a trial, a file has the first ones.
    """

    make: Callable[[Source, Query], Json]
    needs: Needs = "trials"
    of_trial: bool = False
    embedded: bool = True


DOCUMENTS: Mapping[str, Document] = {
    "progress": Document(lambda source, _: progress.document(source)),
    "time": Document(lambda source, _: time.document(source)),
    "failures": Document(lambda source, _: failures.document(source)),
    "weights": Document(lambda source, _: weights.document(source)),
    "trials": Document(lambda source, _: trials.document(source)),
}
"""The kinds by name."""


def make(source: Source, address: str, options: Mapping[str, str] | None = None) -> Json:
    """The document at an address, without the experiment's name: `trials` or `trial/12`.

    options: what follows `?` in the address. Raises DocumentError.
    """
    kind, slash, rest = address.partition("/")
    document = DOCUMENTS.get(kind)
    if document is None or bool(slash) != document.of_trial:
        known = ", ".join(DOCUMENTS)
        raise DocumentError(f"{source.name} has no document {address!r}: its kinds are {known}")
    query = Query(options=options or {})
    if document.of_trial:
        number = Query(options={"trial": rest}).number("trial")
        if number is None or number >= len(source.trials):
            raise DocumentError(f"{source.name} has no trial {rest!r}")
        query = Query(number, query.options)
    return document.make(source, query)


def embedded(source: Source) -> Iterator[tuple[str, Json]]:
    """The addresses and documents that a file has."""
    name = quote(source.name, safe="!'()*")  # as encodeURIComponent does (ECMA-262, 19.2.6.4)
    for kind, document in DOCUMENTS.items():
        if not document.embedded:
            continue
        if not document.of_trial:
            yield f"{name}/{kind}", document.make(source, Query())
            continue
        for trial in _first(source):
            yield f"{name}/{kind}/{trial}", document.make(source, Query(trial))


def _first(source: Source) -> list[int]:
    """The trials whose documents a file has: those of the best line, then the latest."""
    line = [trial.id for trial in source.line]
    return list(dict.fromkeys([*line, *reversed(source.by_id)]))[:_TRIALS]
