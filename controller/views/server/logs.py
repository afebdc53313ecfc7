"""The live log of a trial."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from controller.core.model import AttemptState
from controller.errors import HeirloomError, reason
from controller.views.page.documents import DocumentError, Query
from controller.views.page.documents.trial import log
from controller.views.page.source import Source
from controller.views.server.live.experiment import LiveExperiment
from controller.views.server.live.threads import StoreThreads


class _Log(NamedTuple):
    path: Path
    attempt: int
    ended: bool


async def document(
    live: LiveExperiment, store: StoreThreads, trial: str, options: Mapping[str, str]
) -> dict[str, Any]:
    """A piece of the log, or with `find` where a text occurs next.

    Options: `attempt` (default: the newest), `from` (bytes from the beginning, or with `-` from the
    end), `find` (a text). Raises HeirloomError.
    """
    number = Query(options={"trial": trial}).number("trial")
    wanted = Query(options=options).number("attempt")
    start = _start(options.get("from", "0"))
    found = await live.run(lambda source: _find(source, number, wanted))
    text = options.get("find", "")
    name = f"{live.place.name}/log/{number}.{found.attempt} {start} {text}"
    try:
        if text:
            at, to = await store.run(name, log.find, found.path, text, max(0, start))
            return {"found": at, "next": to}
        piece = await store.run(name, log.read, found.path, start)
    except OSError as error:
        raise HeirloomError(f"{found.path} cannot be read: {reason(error)}") from None
    return {
        "attempt": found.attempt,
        "from": piece.start,
        "next": piece.end,
        "size": piece.size,
        "text": piece.text,
        "ended": found.ended,
    }


def _find(source: Source, number: int | None, wanted: int | None) -> _Log:
    if number is None:
        raise DocumentError("the address of a log lacks the number of a trial")
    trial = source.record.trial(number)
    if not trial.attempts:
        raise DocumentError(f"trial {number} has no output yet: it is {trial.state}")
    attempt = len(trial.attempts) if wanted is None else wanted
    if not 1 <= attempt <= len(trial.attempts):
        raise DocumentError(f"trial {number} has {len(trial.attempts)} attempt(s), not {attempt}")
    ended = trial.attempts[attempt - 1].state is AttemptState.ENDED
    return _Log(source.record.root.attempt(number, attempt) / "output.log", attempt, ended)


def _start(text: str) -> int:
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise DocumentError(f"from={text!r} is not a whole number")
    return int(text)
