"""Which documents an experiment has, what each depends on, and which a file embeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import quote

from controller.errors import HeirloomError, reason
from controller.views.page.documents import failures, progress, time, trials, weights
from controller.views.page.documents.analysis import (
    chain,
    curves,
    importance,
    lineage,
    understanding,
)
from controller.views.page.documents.analysis.network import candidate
from controller.views.page.documents.state import nodes, running, summary
from controller.views.page.documents.trial import whole
from controller.views.page.encode import encode
from controller.views.page.source import Source

Json = Mapping[str, Any] | None

Needs = Literal["state", "trials", "curves"]
"""What a document reads: the present state and some trials, all trials, or their curves as well."""

_STORE = 10.0  # seconds after which a reader may want to know what the store says now
_TRIALS = 1_000  # whose own documents a file embeds, at most
_SIZE = 8_000_000  # characters of these documents together


class DocumentError(HeirloomError):
    """There is no such document."""


@dataclass(frozen=True, slots=True)
class Query:
    """What an address says beside the kind: the trial, and the options after `?`."""

    trial: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    fetched: Any = None  # what `Document.fetch` found; a HeirloomError: why it found nothing

    @property
    def is_read_only(self) -> bool:
        """Whether the reader cannot send requests."""
        return "read_only" in self.options

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
        make: gives the document. Its numbers may be infinite or NaN: `encode` writes null. It does
            not read the store, which may not answer.
        fetch: returns what reads the store for the document, None if nothing does. That may run in
            another thread, raises OSError or ValueError, and its value becomes `Query.fetched`.
        needs: what it reads of the experiment.
        of_trial: whether its address names a trial, as in `NAME/trial/12`.
        embedded: whether a file has it. Of those of a trial, a file has the first ones.
        most: the number of trials with such a document in a file.
        lasts: seconds after which it may differ although nothing has happened in the experiment,
            since it says something about the store or about work under way.
    """

    make: Callable[[Source, Query], Json]
    fetch: Callable[[Source, Query], Callable[[], Any]] | None = None
    needs: Needs = "trials"
    of_trial: bool = False
    embedded: bool = True
    most: int = _TRIALS
    lasts: float = math.inf


DOCUMENTS: Mapping[str, Document] = {
    "summary": Document(
        lambda source, query: summary.document(source, query.fetched, read_only=query.is_read_only),
        summary.fetch,
        "state",
        lasts=_STORE,
    ),
    "running": Document(lambda source, _: running.document(source), needs="state"),
    "nodes": Document(
        lambda source, query: nodes.document(source, query.fetched),
        nodes.fetch,
        "state",
        lasts=_STORE,
    ),
    "progress": Document(lambda source, _: progress.document(source)),
    "time": Document(lambda source, _: time.document(source)),
    "failures": Document(lambda source, _: failures.document(source)),
    "weights": Document(
        lambda _, query: weights.document(query.fetched), weights.fetch, lasts=_STORE
    ),
    "trials": Document(lambda source, _: trials.document(source)),
    "trial": Document(
        lambda source, query: whole.document(
            source, query.trial or 0, query.fetched, read_only=query.is_read_only
        ),
        lambda source, query: whole.fetch(source, query.trial or 0),
        needs="curves",
        of_trial=True,
        lasts=_STORE,
    ),
    "lineage": Document(lambda source, _: lineage.document(source)),
    "curves": Document(
        lambda source, query: curves.document(source, query.number("of")), needs="curves"
    ),
    "understanding": Document(lambda source, _: understanding.document(source)),
    "importance": Document(
        lambda source, _: importance.document(source), embedded=False, lasts=1.0
    ),
    "chain": Document(lambda source, _: chain.document(source)),
    "network": Document(
        lambda source, query: candidate.document(source, query.trial or 0), of_trial=True, most=100
    ),
}
"""The kinds by name."""


@dataclass(frozen=True, slots=True)
class Request:
    """A document that is asked for, before anything is known of the experiment."""

    document: Document
    key: str  # equal for equal requests
    trial: int | None
    options: Mapping[str, str]

    def query(self, source: Source) -> Query:
        """The query, with a trial that exists. Raises DocumentError."""
        if self.trial is not None and self.trial >= len(source.trials):
            raise DocumentError(f"{source.name} has no trial {self.trial}")
        return Query(self.trial, self.options)


def parse(address: str, options: Mapping[str, str] | None = None) -> Request:
    """Read an address without the experiment's name: `trials` or `trial/12`.

    options: what follows `?` in the address. Raises DocumentError.
    """
    kind, slash, rest = address.partition("/")
    document = DOCUMENTS.get(kind)
    if document is None or bool(slash) != document.of_trial:
        known = ", ".join(DOCUMENTS)
        raise DocumentError(f"there is no document {address!r}: the kinds are {known}")
    trial = Query(options={"trial": rest}).number("trial") if document.of_trial else None
    if document.of_trial and trial is None:
        raise DocumentError(f"the address {address!r} lacks the number of a trial")
    key = "&".join([address, *(f"{name}={text}" for name, text in sorted((options or {}).items()))])
    return Request(document, key, trial, options or {})


def make(source: Source, address: str, options: Mapping[str, str] | None = None) -> Json:
    """The document at an address, with what it reads of the store. Raises DocumentError."""
    request = parse(address, options)
    return _make(source, request.document, request.query(source))


def _make(source: Source, document: Document, query: Query) -> Json:
    if document.fetch is None:
        return document.make(source, query)
    return document.make(source, replace(query, fetched=fetch(document.fetch(source, query))))


def fetch(call: Callable[[], Any]) -> Any:
    """Read the store for a document. Returns a HeirloomError where that fails."""
    try:
        return call()
    except OSError as error:
        return HeirloomError(f"the store cannot be read: {reason(error)}")
    except ValueError as error:
        return HeirloomError(str(error))


def address(source: Source, kind: str) -> str:
    """The address of a document with the experiment's name, as the page asks for it."""
    name = quote(source.name, safe="!'()*")  # as encodeURIComponent does (ECMA-262, 19.2.6.4)
    return f"{name}/{kind}"


def embedded(source: Source) -> Iterator[tuple[str, Json]]:
    """The addresses and documents that a file has."""
    for kind, document in DOCUMENTS.items():
        if not document.embedded:
            continue
        if not document.of_trial:
            yield address(source, kind), _make(source, document, Query())
            continue
        size = 0
        for trial in _first(source)[: document.most]:
            made = _make(source, document, Query(trial))
            size += len(encode(made))
            if size > _SIZE:
                break
            yield f"{address(source, kind)}/{trial}", made


def _first(source: Source) -> list[int]:
    """The trials whose documents a file has: those of the best line, then the latest."""
    line = [trial.id for trial in source.line]
    return list(dict.fromkeys([*line, *reversed(source.by_id)]))[:_TRIALS]
