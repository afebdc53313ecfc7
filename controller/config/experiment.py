"""The model of the experiment file. Its fields are the keys of the file."""

from __future__ import annotations

import json
import re
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from controller.config import fit
from controller.config.budget import BudgetSection
from controller.config.declared import without_chain
from controller.config.fields import (
    AnyPath,
    Command,
    Duration,
    ExistingPath,
    Exporters,
    Inventory,
    Keep,
    ObjectiveField,
    Section,
    Size,
)
from controller.config.inheritance import InheritanceSection
from controller.config.mistakes import several
from controller.config.plugin import AssessorChoice, Plugin, TunerChoice
from controller.config.resource import ResourceSection
from controller.config.trial import TrialSection
from controller.config.warm_start import WarmStartSection
from controller.core.model import Inherit, OnParentFailure, Rules
from controller.core.model import Keep as Keeping
from heirloom.objective import Objectives
from heirloom.space import SpaceError, endless, expand, parse
from heirloom.tuners.batch import candidates
from heirloom.tuners.process.construct import NO_RESOURCE, takes_resource
from heirloom.tuners.registry import TUNERS

_DRAWING = TUNERS.keys() - {"replay"}  # tuners that draw from the search space
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class Experiment(Section):
    """An experiment file."""

    name: str = ""
    """Lower-case letters, digits, - and _; by default made from the directory's name."""
    description: str = ""
    """Text for people."""
    objective: ObjectiveField = "maximize"
    """Whether a larger or a smaller value is better; with several objectives, for each by name."""
    tuner: TunerChoice = TunerChoice(name="evolution")
    """The tuner, which proposes the trials."""
    assessor: AssessorChoice | None = None
    """The assessor, which stops trials early."""
    model: str | None = None
    """A model with choices, as MODULE.NAME in `trial.code_dir`, from which the search space comes.
    """
    search_space_file: ExistingPath | None = Field(default=None, exclude=True)
    """A file that holds the search space, instead of `search_space`."""
    search_space: dict[str, Any] = Field(default={})
    """The parameters and their values, in NNI's form or the short one, which a file may mix."""
    prepare: Command | None = None
    """What prepares a node before its first trial. A command, as in `trial.command`."""
    prepare_timeout: Duration = 3600.0
    """How long the preparation of a node may take: seconds, or text such as 1h30m."""
    trial: TrialSection
    """How a trial is run; it has at least a `command`."""
    on_end: Command | None = None
    """What runs on this machine when the search ends or pauses, or a node is set aside."""
    on_end_timeout: Duration = 60.0
    """How long that command may run: seconds, or text such as 5m."""
    exporters: Exporters = Field(default={})
    """Tools that get the trials while the search runs, each with a path or an address."""
    inheritance: InheritanceSection = InheritanceSection()
    """Whose weights trials start from."""
    resource: ResourceSection | None = None
    """How long trials train, for a tuner that decides it."""
    budget: BudgetSection = BudgetSection()
    """When the search ends: `trials` or `duration`, unless the tuner ends it by itself."""
    warm_start: WarmStartSection | None = None
    """Trials of an earlier experiment to import, with their weights, before the search."""
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

    @field_validator("model")
    @classmethod
    def _valid_model(cls, model: str | None) -> str | None:
        parts = [] if model is None else model.split(".")
        if model is not None and (len(parts) < 2 or not all(map(str.isidentifier, parts))):
            raise ValueError(f"must be MODULE.NAME, such as net.Net, not {model}")
        return model

    @field_validator("search_space", mode="before")
    @classmethod
    def _valid_space(cls, space: Any, info: ValidationInfo) -> Any:
        if space == {} and info.data.get("model") is not None:
            return {}  # a trial makes it
        tuner: TunerChoice | None = info.data.get("tuner")
        is_wrong = tuner is None and not (info.context or {}).get("checks_space", True)
        if is_wrong or (tuner is not None and tuner.name not in _DRAWING):
            # Another tuner than Heirloom's may have types of its own; replay uses none.
            return _plain(space, expands=(info.context or {}).get("expands_space", False))
        if space == {}:
            who = f"tuner {tuner.name}" if tuner else "the tuner"
            raise ValueError(f"missing: {who} needs search_space or search_space_file")
        try:
            # A tuner that is wrong itself is not held against the types of the space.
            known = None if tuner is None else tuner.known
            parsed = parse(space, layers=known is None or known.takes_layers)
        except SpaceError as error:
            raise several(error.mistakes) from None
        if tuner is not None and tuner.name == "grid" and (problems := endless(parsed)):
            raise several(problems)
        if tuner is not None and tuner.name == "batch":
            try:
                candidates(space)
            except SpaceError as error:
                raise several(error.mistakes) from None
        if tuner is not None and info.context and (mistake := fit.unsupported(tuner, space)):
            raise several([mistake])
        return expand(space)

    @model_validator(mode="after")
    def _fits(self, info: ValidationInfo) -> Experiment:
        mistakes = [] if self.lacks_space else list(fit.initial(self.tuner, self.search_space))
        if info.context and self.tuner.known is not None and self.tuner.known.chain:
            mistakes += without_chain(self)
        if mistakes:
            raise several(mistakes)
        return self

    @field_validator("tuner", "assessor")
    @classmethod
    def _takes_objectives(cls, choice: Plugin | None, info: ValidationInfo) -> Plugin | None:
        if choice is not None and "objective" in info.data:
            choice.check_objectives(Objectives.parse(info.data["objective"]))
        return choice

    @property
    def lacks_space(self) -> bool:
        """Whether a trial must make the search space, which is that of `model`."""
        return self.model is not None and not self.search_space

    @property
    def objectives(self) -> Objectives:
        """What `objective` says."""
        return Objectives.parse(self.objective)

    @field_validator("inheritance")
    @classmethod
    def _comparable(
        cls, inheritance: InheritanceSection, info: ValidationInfo
    ) -> InheritanceSection:
        inheritance.space(info.data.get("search_space", {}))
        return inheritance

    @field_validator("resource")
    @classmethod
    def _fitting(
        cls, resource: ResourceSection | None, info: ValidationInfo
    ) -> ResourceSection | None:
        tuner: TunerChoice | None = info.data.get("tuner")
        space = info.data.get("search_space")
        lacks_space = info.data.get("model") is not None and not space
        if tuner is None or space is None or lacks_space or not info.context:
            return resource
        if resource is not None:
            if tuner.interface == "nni" or (tuner.known and not takes_resource(tuner.known)):
                raise ValueError(f"tuner {tuner.name or tuner.class_} {NO_RESOURCE}")
            if resource.name in space:
                raise ValueError(f"{resource.name} is a parameter of the search space: rename one")
        tuner.try_resource(space, None if resource is None else resource.model_dump(mode="json"))
        return resource

    @field_validator("budget")
    @classmethod
    def _ends(cls, budget: BudgetSection, info: ValidationInfo) -> BudgetSection:
        tuner: TunerChoice | None = info.data.get("tuner")
        if tuner is None or not tuner.known:
            return budget  # the tuner's process says whether the tuner ends its search
        try:
            budget.check_end(ends_itself=tuner.known.ends_itself)
        except ValueError as error:
            if budget.model_fields_set:
                raise several([(("duration",), str(error))]) from None
            raise ValueError(f"missing: {error}") from None
        return budget

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
            inherit=Inherit(self.inheritance.from_),
            inherit_limit=self.inheritance.limit,
            space=self.inheritance.space(self.search_space),
            objectives=self.objectives,
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
            "maximize": self.objectives.first.maximize,
            "objectives": self.objective,
            "resource": self.resource and self.resource.model_dump(mode="json"),
        }


def slug(text: str) -> str:
    """Make a valid experiment name of a text. Letters of other scripts are transliterated.

    A name is part of paths, of unit names and of trial ids, so it has only ASCII letters.
    """
    if not text.isascii():
        from anyascii import anyascii  # not at the top: it is needed rarely

        text = anyascii(text)
    slug = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")
    return slug[:63] or "experiment"


def _plain(space: Any, *, expands: bool) -> Any:
    try:
        json.dumps(space, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"must be numbers, text, lists and mappings: {error}") from None
    return expand(space) if expands and isinstance(space, dict) else space
