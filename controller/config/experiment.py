"""The experiment file's model. Its fields are the file's keys."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, WithJsonSchema, field_validator, model_validator

from controller.config.fields import (
    AbsolutePath,
    AnyPath,
    Command,
    Directory,
    Duration,
    Environment,
    ExistingPath,
    Inventory,
    Keep,
    Pattern,
    Section,
    Size,
)
from controller.config.mistakes import several
from controller.config.plugin import AssessorChoice, TunerChoice
from controller.core.model import Keep as Keeping
from controller.core.model import OnParentFailure, RetryRule, Rules
from heirloom.objective import Objective
from heirloom.space import SpaceError, endless, parse
from heirloom.tuners.batch import candidates
from heirloom.tuners.registry import TUNERS

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class RetrySection(Section):
    """Further attempts after a failure of one kind, which do not use up `retries`."""

    on: Pattern | None = None
    """A regular expression that a line at the end of the trial's output matches somewhere."""
    exit_code: int | None = Field(default=None, ge=1, le=255)
    """The exit code; 128 and a signal's number where a signal ended the process."""
    times: int = Field(default=1, ge=1)
    """How many further attempts there are."""
    exclude_node: bool = False
    """Whether the node is to blame: the trial does not go there again where it can go elsewhere."""

    @model_validator(mode="after")
    def _tells(self) -> RetrySection:
        if self.on is None and self.exit_code is None:
            raise ValueError("needs on (a pattern in the output), exit_code, or both")
        return self

    def rule(self) -> RetryRule:
        """The rule as the core knows it."""
        code = None if self.exit_code is None else f"exit_code {self.exit_code}"
        on = None if self.on is None else f"on {self.on!r}"
        name = " and ".join(filter(None, (on, code)))
        return RetryRule(name=name, times=self.times, exclude_node=self.exclude_node)


_RULE = RetrySection.model_json_schema()
_Retry = Annotated[
    tuple[RetrySection, ...],
    WithJsonSchema({"anyOf": [_RULE, {"type": "array", "items": _RULE}]}),
]


class TrialSection(Section):
    """How a trial is run."""

    command: Command
    """Text goes verbatim to `sh -c`, a list is the program with its arguments."""
    code_dir: Directory = Path()
    """The directory that trials run a snapshot of, relative to the experiment file."""
    python: AnyPath | None = None
    """The Python that trials find, relative to the experiment file; null: the active environment's.
    """
    gpus: int = Field(default=0, ge=0)
    """GPUs that one trial needs, of those that its slots have."""
    slots: int = Field(default=1, ge=1)
    """Slots that one trial takes."""
    timeout: Duration | None = None
    """How long one attempt may run: seconds, or text such as 1h30m."""
    grace: Duration = 10.0
    """How long a process that is told to end may take: seconds, or text such as 10s."""
    retries: int = Field(default=0, ge=0)
    """Further attempts after a failure of the trial's own."""
    retry: _Retry = ()
    """Rules for failures that a pattern in the output or an exit code tells apart."""
    environment: Environment = Field(default={})
    """Variables for the trial's process."""
    weights: Literal["optional", "required"] = "optional"
    """Whether a trial that leaves its save path empty fails."""
    value: Literal["required", "optional"] = "required"
    """Whether a trial that reports no number as its result fails."""
    workdir: Literal["snapshot", "copy"] = "snapshot"
    """Where trials start: in the read-only snapshot, or each in a writable copy of its own."""
    writable: list[AbsolutePath] = Field(default=[])
    """Directories that trials may write to though they lie on the store; made where missing."""
    threads: int | None = Field(default=None, ge=1)
    """Threads for OMP and MKL; null: the node's cores divided by its slots."""
    memory: Size | None = None
    """Most memory that one trial may use: bytes, or text such as 8GB. Held by systemd on nodes."""
    cpus: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Most processors that one trial may use, such as 1.5. Held by systemd on nodes."""
    log_limit: Size = 64 * 2**20
    """How much of a trial's output is kept: bytes, or text such as 64MB."""

    @field_validator("retry", mode="before")
    @classmethod
    def _one_or_more(cls, rules: Any) -> Any:
        return tuple(rules) if isinstance(rules, list) else _alone(rules)


class BudgetSection(Section):
    """When the search ends. At least `trials` or `duration` is needed."""

    trials: int | None = Field(default=None, ge=1)
    """How many trials may be proposed."""
    duration: Duration | None = None
    """How long the search may run: seconds, or text such as 8h."""
    concurrency: int | None = Field(default=None, ge=1)
    """How many trials may be under way; null: the slots and the lookahead."""

    @field_validator("duration")
    @classmethod
    def _ends(cls, duration: float | None, info: ValidationInfo) -> float | None:
        if duration is None and info.data.get("trials", 1) is None:
            raise ValueError("trials or duration is needed, or the search would never end")
        return duration


class Experiment(Section):
    """A search, as the experiment file describes it."""

    name: str = ""
    """Lower-case letters, digits, - and _; by default made from the directory's name."""
    description: str = ""
    """Whatever people should know about it."""
    objective: Literal["maximize", "minimize"] = "maximize"
    """Whether a larger or a smaller value is better."""
    tuner: TunerChoice = TunerChoice(name="evolution")
    """What proposes the trials."""
    assessor: AssessorChoice | None = None
    """What ends hopeless trials early."""
    search_space_file: ExistingPath | None = Field(default=None, exclude=True)
    """A file that holds the search space, instead of `search_space`."""
    search_space: dict[str, Any] = Field(default={})
    """The parameters and what values they take, in NNI's JSON types."""
    trial: TrialSection
    """How a trial is run; it has at least a `command`."""
    budget: BudgetSection
    """When the search ends: at least `trials` or `duration`."""
    seed: int | None = Field(default=None, ge=0)
    """Makes the tuner repeatable; null: drawn at random."""
    on_parent_failure: Literal["skip", "scratch", "ancestor"] = "skip"
    """What becomes of the children of a trial that left no weights."""
    lookahead: int | None = Field(default=None, ge=0)
    """Trials that a node holds beyond what its slots can take; null: as many as it has slots."""
    keep: Keep = "all"
    """Whose weights stay when no trial can read them any more: all, lineage, or such as best 5."""
    store_reserve: Size = 64 * 2**20
    """Room on the store that trials must leave: bytes, or text such as 1GB."""
    store: AnyPath | None = None
    """The shared directory for weights; null: under HEIRLOOM_HOME."""
    inventory: Inventory | None = None
    """The Ansible inventory, by its path or written out; null: this machine alone."""

    @field_validator("name")
    @classmethod
    def _named(cls, name: str, info: ValidationInfo) -> str:
        if not name and info.context:
            return slug(info.context["base"].name)
        if not NAME.fullmatch(name):
            raise ValueError(
                "must start with a lower-case letter or a digit and go on with those, - and _ "
                f"(63 at most), not {name!r}; for example {slug(name)}"
            )
        return name

    @field_validator("search_space", mode="before")
    @classmethod
    def _searchable(cls, space: Any, info: ValidationInfo) -> Any:
        tuner: TunerChoice | None = info.data.get("tuner")
        if tuner is not None and tuner.name not in TUNERS:
            return _plain(space)  # another tuner than Heirloom's may have types of its own
        if space == {}:
            who = f"tuner {tuner.name}" if tuner else "the tuner"
            raise ValueError(f"missing: {who} needs search_space or search_space_file")
        try:
            parsed = parse(space)
        except SpaceError as error:
            raise several(error.mistakes) from None
        if tuner is not None and tuner.name == "grid" and (problems := endless(parsed)):
            raise several(problems)
        if tuner is not None and tuner.name == "batch":
            try:
                candidates(space)
            except SpaceError as error:
                raise several(error.mistakes) from None
        return space

    def rules(self) -> Rules:
        """The part of the experiment that the core decides by."""
        keep, _, count = self.keep.partition(" ")
        return Rules(
            trials=self.budget.trials,
            duration=self.budget.duration,
            concurrency=self.budget.concurrency,
            lookahead=self.lookahead,
            slots=self.trial.slots,
            retries=self.trial.retries,
            retry=tuple(rule.rule() for rule in self.trial.retry),
            on_parent_failure=OnParentFailure(self.on_parent_failure),
            objective=Objective.parse(self.objective),
            assess=self.assessor is not None,
            keep=Keeping(keep),
            keep_best=int(count or 0),
            reserve=self.store_reserve,
        )

    def tuner_setup(self, seed: int) -> dict[str, Any]:
        """What `TunerProcess` needs to make the tuner and the assessor, in plain JSON."""
        return {
            "experiment": self.name,
            "tuner": self.tuner.model_dump(mode="json", by_alias=True),
            "assessor": self.assessor and self.assessor.model_dump(mode="json", by_alias=True),
            "space": self.search_space,
            "seed": seed,
            "maximize": Objective.parse(self.objective).maximize,
        }


def _alone(rule: Any) -> Any:
    if isinstance(rule, tuple):
        return rule
    if isinstance(rule, dict):
        return (rule,)
    raise ValueError(f"must be rules such as {{on: CUDA error, exclude_node: true}}, not {rule!r}")


def slug(text: str) -> str:
    """A name that an experiment can have, made from a text."""
    slug = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")
    return slug[:63] or "experiment"


def _plain(space: Any) -> Any:
    try:
        json.dumps(space, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"must be numbers, text, lists and mappings: {error}") from None
    return space
