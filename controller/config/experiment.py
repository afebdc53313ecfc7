"""The model of the experiment file. Its fields are the keys of the file."""

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
from controller.config.passed import PassEnvironment
from controller.config.plugin import AssessorChoice, TunerChoice
from controller.core.model import Keep as Keeping
from controller.core.model import OnParentFailure, RetryRule, Rules
from heirloom.objective import Objective
from heirloom.space import SpaceError, endless, parse
from heirloom.tuners.batch import candidates
from heirloom.tuners.registry import TUNERS

_LEAST_MEMORY = 16 * 2**20  # bytes: with less, the supervisor could not start the trial
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
    """Whether the next attempt avoids the node, if another one can run it."""

    @model_validator(mode="after")
    def _has_condition(self) -> RetrySection:
        if self.on is None and self.exit_code is None:
            raise ValueError("needs on (a pattern in the output), exit_code, or both")
        return self

    def rule(self) -> RetryRule:
        """The rule in the form of the core."""
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
    """How long a process may take to end after a signal: seconds, or text such as 10s."""
    retries: int = Field(default=0, ge=0)
    """Further attempts after a failure of the trial's own."""
    retry: _Retry = ()
    """Rules for failures with a pattern in the output or an exit code."""
    environment: Environment = Field(default={})
    """Variables for the trial's process."""
    pass_environment: PassEnvironment = ()
    """Names of variables that trials get from the shell of `run` and `resume`, or `all`."""
    weights: Literal["optional", "required"] = "optional"
    """Whether a trial with an empty save path fails."""
    value: Literal["required", "optional"] = "required"
    """Whether a trial that reports no number as its result fails."""
    workdir: Literal["snapshot", "copy"] = "snapshot"
    """Where trials start: in the read-only snapshot, or each in a writable copy of its own."""
    writable: list[AbsolutePath] = Field(default=[])
    """Directories on the store that trials may write to; they are created."""
    threads: int | None = Field(default=None, ge=1)
    """Threads for OMP and MKL; null: the node's cores divided by its slots."""
    memory: Size | None = None
    """The memory limit of one trial: bytes, or text such as 8GB. A trial that exceeds it fails."""
    cpus: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """The CPU limit of one trial, such as 1.5."""
    log_limit: Size = 64 * 2**20
    """How much of a trial's output is kept: bytes, or text such as 64MB."""

    @field_validator("memory")
    @classmethod
    def _suffices(cls, memory: int | None, info: ValidationInfo) -> int | None:
        if memory is not None and memory < _LEAST_MEMORY and info.context:
            raise ValueError(
                f"must be at least {_LEAST_MEMORY >> 20} MiB, which an interpreter takes, not "
                f"{memory} bytes: write a unit, such as 8GB"
            )
        return memory

    @field_validator("retry", mode="before")
    @classmethod
    def _to_tuple(cls, rules: Any) -> Any:
        return tuple(rules) if isinstance(rules, list) else _single_rule(rules)


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
    """An experiment file."""

    name: str = ""
    """Lower-case letters, digits, - and _; by default made from the directory's name."""
    description: str = ""
    """Text for people."""
    objective: Literal["maximize", "minimize"] = "maximize"
    """Whether a larger or a smaller value is better."""
    tuner: TunerChoice = TunerChoice(name="evolution")
    """The tuner, which proposes the trials."""
    assessor: AssessorChoice | None = None
    """The assessor, which stops trials early."""
    search_space_file: ExistingPath | None = Field(default=None, exclude=True)
    """A file that holds the search space, instead of `search_space`."""
    search_space: dict[str, Any] = Field(default={})
    """The parameters and their values, in NNI's JSON types."""
    trial: TrialSection
    """How a trial is run; it has at least a `command`."""
    budget: BudgetSection
    """When the search ends: at least `trials` or `duration`."""
    seed: int | None = Field(default=None, ge=0)
    """The seed of the tuner's random numbers; null: drawn at random."""
    on_parent_failure: Literal["skip", "scratch", "ancestor"] = "skip"
    """What happens to the children of a trial without weights."""
    lookahead: int | None = Field(default=None, ge=0)
    """Trials that a node holds beyond its free slots; null: the number of its slots."""
    keep: Keep = "all"
    """Whose weights are kept when no trial can read them: all, lineage, or such as best 5."""
    store_reserve: Size = 64 * 2**20
    """Space that trials must leave free on the store: bytes, or text such as 1GB."""
    store: AnyPath | None = None
    """The shared directory for weights; null: under HEIRLOOM_HOME."""
    inventory: Inventory | None = None
    """The Ansible inventory, by its path or written out; null: this machine alone."""

    @field_validator("name")
    @classmethod
    def _valid_name(cls, name: str, info: ValidationInfo) -> str:
        if not name and info.context:
            return slug(info.context["base"].name)
        if not NAME.fullmatch(name):
            raise ValueError(
                "must be lower-case letters, digits, - and _, with a letter or a digit first "
                f"(63 at most), not {name!r}; for example {slug(name)}"
            )
        return name

    @field_validator("search_space", mode="before")
    @classmethod
    def _valid_space(cls, space: Any, info: ValidationInfo) -> Any:
        tuner: TunerChoice | None = info.data.get("tuner")
        is_wrong = tuner is None and not (info.context or {}).get("checks_space", True)
        if is_wrong or (tuner is not None and tuner.name not in TUNERS):
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
        """The rules that the core needs."""
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
        """The setup of `TunerProcess`, in plain JSON."""
        return {
            "experiment": self.name,
            "tuner": self.tuner.model_dump(mode="json", by_alias=True),
            "assessor": self.assessor and self.assessor.model_dump(mode="json", by_alias=True),
            "space": self.search_space,
            "seed": seed,
            "maximize": Objective.parse(self.objective).maximize,
        }


def _single_rule(rule: Any) -> Any:
    if isinstance(rule, tuple):
        return rule
    if isinstance(rule, dict):
        return (rule,)
    raise ValueError(f"must be rules such as {{on: CUDA error, exclude_node: true}}, not {rule!r}")


def slug(text: str) -> str:
    """Make a valid experiment name of a text. Letters of other scripts are transliterated.

    A name is part of paths, of unit names and of trial ids, so it has only ASCII letters.
    """
    if not text.isascii():
        from anyascii import anyascii  # not at the top: it is needed rarely

        text = anyascii(text)
    slug = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")
    return slug[:63] or "experiment"


def _plain(space: Any) -> Any:
    try:
        json.dumps(space, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"must be numbers, text, lists and mappings: {error}") from None
    return space
