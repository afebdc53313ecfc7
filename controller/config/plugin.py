"""The part of the experiment file that chooses a tuner or an assessor."""

from __future__ import annotations

import ast
import inspect
import json
import typing
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, TypeAdapter, ValidationError, ValidationInfo, field_validator

from controller.config.fields import Directory, Duration, Section
from controller.config.mistakes import Key, in_words, several, unknown
from heirloom.tuners import registry

# What a tuner and an assessor are made with beside their `args`.
_SPACE = {"x": {"_type": "choice", "_value": [{"y": 0}]}}
_GIVEN: dict[str, dict[str, Any]] = {
    "tuner": {"space": _SPACE, "seed": 0, "maximize": True},
    "assessor": {"maximize": True},
}


class Plugin(Section):
    """One that comes with Heirloom, by `name`, or a class of the user's own."""

    kind: ClassVar[str]

    name: str | None = None
    """One that comes with Heirloom."""
    code_dir: Directory = Path()
    """The directory of the user's class, relative to the experiment file."""
    class_: str | None = Field(default=None, alias="class")
    """A class of the user's own, as MODULE.CLASS. It is imported in the tuner's process only."""
    args: dict[str, Any] = Field(default={})
    """What the class is made with beside what every one gets."""
    interface: Literal["heirloom", "nni"] = "heirloom"
    """What the class is a subclass of: Heirloom's own, or NNI's of the same name."""

    @field_validator("name")
    @classmethod
    def _known(cls, name: str | None, info: ValidationInfo) -> str | None:
        if name is not None and info.context:
            registry.check(cls.kind, name)
        return name

    @field_validator("class_")
    @classmethod
    def _found(cls, class_: str | None, info: ValidationInfo) -> str | None:
        named = info.data.get("name", "?")
        if class_ is None:
            if named is None:
                known = ", ".join(registry.names(cls.kind))
                raise ValueError(f"missing: name (one of {known}) or class")
            return None
        if named is not None:
            raise ValueError("give either name or class, not both")
        if info.context and "code_dir" in info.data:
            _look_for(class_, info.data["code_dir"])
        return class_

    @field_validator("args")
    @classmethod
    def _fitting(cls, args: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        try:
            json.dumps(args, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(f"must be numbers, text, lists and mappings: {error}") from None
        if info.context and info.data.get("name") in registry.KNOWN[cls.kind]:
            _check_args(cls.kind, info.data["name"], args)
        return args

    @field_validator("interface")
    @classmethod
    def _of_a_class(cls, interface: str, info: ValidationInfo) -> str:
        if interface == "nni" and info.data.get("name"):
            raise ValueError(f"nni is for a class of your own: {cls.kind}s by name have none")
        return interface


class TunerChoice(Plugin):
    """What proposes the trials."""

    kind = "tuner"

    multi_thread: bool = False
    """Whether a proposal may wait, in a thread of its own, while others are asked for."""
    patience: Duration | None = None
    """How long a proposal may stand still; null: while trials are under way, and a minute more."""
    include_intermediate_results: bool = False
    """Whether the last report of a trial that was stopped early is told as its result."""

    @field_validator("multi_thread", "patience", "include_intermediate_results")
    @classmethod
    def _of_nni(cls, value: Any, info: ValidationInfo) -> Any:
        if value and info.data.get("interface") == "heirloom":
            raise ValueError("is for tuners with `interface: nni`")
        return value


class AssessorChoice(Plugin):
    """What ends hopeless trials early."""

    kind = "assessor"


def _look_for(class_: str, code_dir: Path) -> None:
    """Find a user's class without importing its file. Raises ValueError."""
    module, _, name = class_.rpartition(".")
    if not module or not all(part.isidentifier() for part in class_.split(".")):
        raise ValueError(f"must be MODULE.CLASS, such as my_tuner.MyTuner, not {class_}")
    stem = code_dir.joinpath(*module.split("."))
    file = next((f for f in (stem.with_suffix(".py"), stem / "__init__.py") if f.is_file()), None)
    if file is None:
        raise ValueError(f"there is no file {stem.with_suffix('.py')}: correct class or code_dir")
    try:
        tree = ast.parse(file.read_bytes())
    except SyntaxError as error:
        raise ValueError(f"{file}:{error.lineno}: this is not Python: {error.msg}") from None
    names = _names(tree)
    if name not in names and "*" not in names:
        raise ValueError(f"{unknown('class', name, sorted(names))} in {file}")


def _names(tree: ast.Module) -> set[str]:
    """What a module's statements may define, in branches too; `*` where one can't know."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def _check_args(kind: str, name: str, args: dict[str, Any]) -> None:
    """Hold args against the constructor of one that comes with Heirloom. Raises `several`."""
    made = registry.find(kind, name)
    hints = typing.get_type_hints(made.__init__)
    taken = [
        key
        for key, parameter in inspect.signature(made).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and key not in _GIVEN[kind]
    ]
    mistakes: list[tuple[Key, str]] = []
    for key, value in args.items():
        if key not in taken:
            mistakes.append(((key,), f"{unknown('argument', key, taken)} (of {kind} {name})"))
            continue
        try:
            TypeAdapter(hints[key]).validate_python(value, strict=True)
        except ValidationError as error:
            for found in error.errors():
                mistakes += [((key, *inner), words) for inner, words in in_words(found, ())]
    if not mistakes:
        try:
            made(**_GIVEN[kind], **args)
        except ValueError as error:
            mistakes.append(((), str(error)))
    if mistakes:
        raise several(mistakes)
