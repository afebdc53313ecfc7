"""The state of an experiment, and questions about it that need no decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import MutableSequence

from controller.core import events as e
from controller.core.budget import Budget
from controller.core.commands import Commands
from controller.core.gc_state import CheckpointState, GcState
from controller.core.model import AlikeFailures, Attempt, NodeFailures, Rules, State, Trial
from controller.core.placement import Placement
from controller.core.queue import Queue
from controller.core.search import Conclusion, Search
from controller.core.usage.amounts import Usage
from heirloom.objective import Front


class ExperimentState:
    """Trials, nodes and pending commands. Mappings keep the order in which they were filled."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.trials: MutableSequence[Trial] = []  # readers load them when they are asked for
        self.commands = Commands()
        self.queue = Queue()
        self.budget = Budget(rules.trials, rules.duration)
        self.placement = Placement(rules.slots, rules.lookahead)
        self.search = Search()
        self.conclusion = Conclusion()
        self.gc = GcState(self.commands)
        self.checkpoints = CheckpointState(self.commands)
        self.counts: Counter[State] = Counter()
        self.front = Front()  # of the committed candidates
        self.usage = Usage()  # of all trials
        self.latest: int | None = None  # the latest committed trial that is no candidate
        self.touched: set[int] = set()  # trials that events changed; who keeps them empties it

        self.armable: list[int] = []  # heap of waiting trials whose parents are all on nodes
        self.chosen_slots: int | None = None  # of the controller's machine, by the user
        self.on_nodes: dict[tuple[int, int], None] = {}  # attempts that have not ended
        self.on_hold: dict[tuple[int, int], None] = {}  # those of them that are armed
        self.preparing: dict[str, e.Preparing] = {}  # nodes, and what prepares each
        self.set_aside: dict[str, str] = {}  # nodes on which attempts failed in a row, and why
        self.node_failures: dict[str, NodeFailures] = {}
        self.retry_requests: set[str] = set()  # names of the requests that were taken
        self.extensions: set[str] = set()  # names of the requests for a larger budget

        self.largest = 0  # bytes of weights, the most of any trial
        self.standing: dict[int, None] = {}  # committed trials that a trial can start from
        self.damaged: dict[int, str] = {}  # trials with damaged weights, and what was found
        self.short: e.RoomShort | None = None  # why no attempt is placed
        self.alike = AlikeFailures()
        self.keep_going = False  # whether trials that fail alike do not pause the search
        self.paused: e.Paused | None = None  # why nothing is started
        self.stopping: str | None = None  # why the experiment is being stopped
        self.closed: e.Closed | None = None
        self.created: e.Created | None = None
        self.imports: e.ImportAsked | None = None  # trials of another experiment
        self.opened_at: float | None = None
        self.started_at: float | None = None
        self.last_at = 0.0
        self.spent = 0.0  # seconds under earlier controllers

    @property
    def best(self) -> int | None:
        """The best committed candidate, the first by id among equals."""
        return self.front.best

    @property
    def open_trials(self) -> int:
        """The number of trials without a verdict."""
        return len(self.trials) - sum(n for state, n in self.counts.items() if state.is_verdict)

    @property
    def concurrency(self) -> int:
        """The number of trials that may be without a verdict at once."""
        if self.rules.concurrency is not None:
            return self.rules.concurrency
        return self.placement.capacity

    @property
    def room(self) -> int:
        """The number of further trials that may be proposed now."""
        room = self.concurrency - self.open_trials
        if self.budget.trials is not None:
            room = min(room, self.budget.trials - self.counted_trials)
        return max(0, room)

    @property
    def counted_trials(self) -> int:
        """The number of trials that the budget counts.

        Not those that were imported, not those that a user cancelled, by a stop or one by one, and
        not the last trials, which `conclude` proposed.
        """
        counted = len(self.trials) - self.imported - self.counts[State.CANCELLED]
        last = (self.trials[trial] for trial in self.conclusion.trials)
        return counted - sum(trial.state is not State.CANCELLED for trial in last)

    @property
    def imported(self) -> int:
        """The number of trials that were imported. They are the first ones."""
        return 0 if self.imports is None else min(len(self.trials), len(self.imports.trials))

    @property
    def is_importing(self) -> bool:
        """Whether trials are still to be imported. Nothing is proposed before."""
        return self.imports is not None and self.imported < len(self.imports.trials)

    def used_up(self, now: float) -> str | None:
        """Why the budget allows no further proposal, or None if it does."""
        budget = self.budget
        if budget.trials is not None and self.counted_trials >= budget.trials:
            return f"the budget of {budget.trials} trials is used up"
        if budget.duration is not None and self.elapsed(now) >= budget.duration:
            return f"the budget of {budget.duration:.0f} s is used up"
        return None

    @property
    def asked(self) -> int | None:
        """The trial for which the tuner's proposal is awaited, if any."""
        return self.search.asked

    @property
    def search_over(self) -> e.SearchEnded | None:
        """Why no further proposal is requested, if so."""
        return self.search.over

    @property
    def proposals_possible(self) -> bool:
        """Whether the tuner may propose another trial, now or after a resume."""
        over = self.search.over
        return over is None or over.error or self.stopping is not None

    @property
    def needed(self) -> int:
        """Bytes that must be free on the store before another attempt is placed."""
        most = self.largest + self.checkpoints.largest
        return most * (len(self.on_nodes) + 1) + self.rules.reserve

    @property
    def is_at_rest(self) -> bool:
        """Whether no attempt is on a node, and every attempt that ended was dealt with."""
        commands = self.commands
        return not (self.on_nodes or commands.verdicts or commands.checks or commands.results)

    def elapsed(self, now: float) -> float:
        """Seconds that controllers have spent on the experiment.

        In a pause, the time after the last event does not count.
        """
        if self.opened_at is None or self.closed is not None:
            return self.spent
        if self.paused is not None:
            now = min(now, self.last_at)
        return self.spent + max(0.0, now - self.opened_at)

    def trial(self, number: int) -> Trial | None:
        """The trial, or None if no such trial was proposed."""
        return self.trials[number] if 0 <= number < len(self.trials) else None

    def attempt(self, trial: int, number: int) -> Attempt | None:
        """The attempt, or None if no such attempt was placed."""
        if 0 <= trial < len(self.trials) and 1 <= number <= len(self.trials[trial].attempts):
            return self.trials[trial].attempts[number - 1]
        return None

    def add(self, trial: Trial) -> None:
        """Take a new trial."""
        self.trials.append(trial)
        self.counts[trial.state] += 1
        self.touched.add(trial.id)

    def set_state(self, trial: Trial, state: State) -> None:
        """Change a trial's state and the counts by state."""
        self.touched.add(trial.id)
        self.counts[trial.state] -= 1
        trial.state = state
        self.counts[state] += 1
