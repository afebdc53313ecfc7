"""The section `trial` of the experiment file."""

from __future__ import annotations

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
    Pattern,
    Section,
    Size,
)
from controller.config.passed import PassEnvironment
from controller.core.model import RetryRule

_LEAST_MEMORY = 16 * 2**20  # bytes: with less, the supervisor could not start the trial


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


def _single_rule(rule: Any) -> Any:
    if isinstance(rule, tuple):
        return rule
    if isinstance(rule, dict):
        return (rule,)
    raise ValueError(f"must be rules such as {{on: CUDA error, exclude_node: true}}, not {rule!r}")
