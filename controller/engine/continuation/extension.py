"""Requests for a larger budget: `resume NAME --trials +50 --duration +8h`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.config import units
from controller.core import events as e
from controller.core.budget import Budget, Limit
from controller.core.experiment import Experiment
from controller.errors import HeirloomError
from controller.formats import command, duration, limits
from controller.state import record
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import user_name
from controller.state.inbox import Inbox

_TRIALS = re.compile(r"\+?[1-9][0-9]{0,8}")


class ExtensionError(HeirloomError):
    """The budget cannot be extended as requested."""


@dataclass(frozen=True, slots=True)
class Extension:
    """What a user typed for `--trials` and `--duration`. At least one of them is given."""

    trials: str | None
    duration: str | None
    by: str  # the user

    @classmethod
    def of(
        cls, trials: str | None, duration: str | None, by: str | None = None
    ) -> Extension | None:
        """The request; None where neither is given. `by`: who asks, by default this user.

        Raises ExtensionError.
        """
        if trials is None and duration is None:
            return None
        asked = cls(trials, duration, by or user_name())
        asked._limits()
        return asked

    @classmethod
    def from_request(cls, request: Mapping[str, Any]) -> Extension:
        """Read a request of the inbox. Raises ExtensionError."""
        texts = [request.get(key) for key in ("trials", "duration", "by")]
        if not all(text is None or isinstance(text, str) for text in texts):
            raise ExtensionError(f"invalid request for a larger budget: {request!r}")
        return cls(texts[0], texts[1], texts[2] or "")

    @property
    def request(self) -> dict[str, Any]:
        """The request in the form of the inbox."""
        return {
            "action": "extend",
            "trials": self.trials,
            "duration": self.duration,
            "by": self.by,
        }

    def event(self, x: Experiment, name: str, now: float, request: str = "") -> e.BudgetExtended:
        """The event that extends the budget of the experiment `name`. Raises ExtensionError."""
        trials, seconds = self._limits()
        elapsed = x.elapsed(now)
        count = _after(x.budget.trials, trials, x.counted_trials, "trials", name)
        after = Budget(
            None if count is None else int(count),
            _after(x.budget.duration, seconds, elapsed, "duration", name),
        )
        if after.trials is not None and trials is None and x.counted_trials >= after.trials:
            raise ExtensionError(
                f"{name} has also used up its budget of {after.trials} trials: add --trials +N"
            )
        if after.duration is not None and seconds is None and elapsed >= after.duration:
            raise ExtensionError(
                f"{name} has also used up its duration of {duration(after.duration)}: add "
                "--duration +TIME"
            )
        return e.BudgetExtended(
            at=now, trials=after.trials, duration=after.duration, by=self.by, request=request
        )

    def _limits(self) -> tuple[Limit | None, Limit | None]:
        trials = seconds = None
        if self.trials is not None:
            if not _TRIALS.fullmatch(self.trials):
                raise ExtensionError(
                    "--trials takes a number of further trials, such as +50, or the new limit, "
                    f"such as 200, not {self.trials!r}"
                )
            trials = Limit(int(self.trials), is_more=self.trials.startswith("+"))
        if self.duration is not None:
            amount = self.duration.removeprefix("+")
            try:
                found = units.seconds(float(amount) if amount.isdecimal() else amount)
            except ValueError:
                raise ExtensionError(
                    "--duration takes a further time, such as +8h or +1h30m, or the new limit, "
                    f"such as 24h, not {self.duration!r}"
                ) from None
            seconds = Limit(found, is_more=self.duration.startswith("+"))
        return trials, seconds


def send(place: ExperimentDir, extension: Extension) -> str:
    """Have the controller that runs the experiment extend its budget.

    Returns a line for the user. Raises HeirloomError.
    """
    known = record.load(place)
    event = extension.event(known.experiment, place.name, known.experiment.last_at)
    Inbox(place.inbox).send(extension.request)
    budget, watch = limits(event.trials, event.duration), command("watch", place.name)
    return f"asked the controller of {place.name} for a budget of {budget}; watch it with `{watch}`"


def _after(
    limit: float | None, asked: Limit | None, used: float, what: str, name: str
) -> float | None:
    """The limit after the request, which may leave it as it is. Raises ExtensionError."""
    if asked is None:
        return limit
    if limit is None:
        raise ExtensionError(f"the budget of {name} has no limit of {what}, so leave out --{what}")
    after = asked.after(limit, used)
    if after <= limit or after <= used:
        is_count = what == "trials"
        least = f"{max(limit, used)} trials" if is_count else duration(max(limit, used))
        raise ExtensionError(
            f"{name} has a budget of {least} already: name a larger limit, or how much more, such "
            f"as --{what} +{'50' if is_count else '8h'}"
        )
    return after
