"""The sections `tuner` and `assessor` of the experiment file."""

from __future__ import annotations

import ast
import inspect
import json
import typing
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, TypeAdapter, ValidationError, ValidationInfo, field_validator

from controller.config.fields import Directory, Duration, Section
from controller.config.installed import is_installed, prefixes
from controller.config.mistakes import Key, messages, several, unknown_name
from heirloom.objective import Objectives
from heirloom.tuners import Tuner, registry
from heirloom.tuners.process.construct import takes_resource

# Arguments of every tuner and every assessor, beside `args`.
_SPACE = {"x": {"_type": "choice", "_value": [{"y": 0}]}}
_NETWORKS = {"x": {"_type": "layers", "_value": {"input": [1, 8, 8], "classes": 2}}}
# Many rungs, so that only arguments are refused. The file's own is tried with its space.
_RESOURCE = {"name": "amount", "min": 1, "max": 2**40, "eta": 2}
_GIVEN: dict[str, dict[str, Any]] = {
    "tuner": {"space": _SPACE, "seed": 0, "maximize": True},
    "assessor": {"maximize": True},
}


class Plugin(Section):
    """A tuner or an assessor: one with a `name`, or a class of your own."""

    kind: ClassVar[str]

    name: str | None = None
    """The name of one that comes with Heirloom or with an installed package."""
    code_dir: Directory = Path()
    """The directory of your class, relative to the experiment file."""
    class_: str | None = Field(default=None, alias="class")
    """A class of your own, as MODULE.CLASS. Only the tuner's process imports it."""
    args: dict[str, Any] = Field(default={})
    """Arguments of the class, beside those that every one gets."""
    interface: Literal["heirloom", "nni"] = "heirloom"
    """The base of the class: Heirloom's, or NNI's of the same name."""

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
            _look_for(class_, info.data["code_dir"], info.context.get("python"))
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
            raise ValueError("nni needs a class of your own: give class instead of name")
        return interface

    def check_objectives(self, objectives: Objectives) -> None:
        """Raise ValueError if this one takes a single objective, and there is more to it.

        Only the tuner's process knows that of a class of the user's own or of another package.
        """
        if self.interface == "nni":
            registry.check_objectives(f"{self.kind} of NNI's interface", None, objectives)
        elif self.name in registry.KNOWN[self.kind]:
            found = registry.find(self.kind, self.name)
            registry.check_objectives(f"{self.kind} {self.name}", found, objectives)


class TunerChoice(Plugin):
    """The tuner, which proposes the trials."""

    kind = "tuner"

    multi_thread: bool = False
    """Whether a proposal may block, in its thread, while others are requested."""
    patience: Duration | None = None
    """How long a proposal may block; null: while trials are under way, and a minute more."""
    include_intermediate_results: bool = False
    """Whether the last report of a trial that was stopped early counts as its result."""

    @property
    def known(self) -> type[Tuner] | None:
        """The class of a tuner that comes with Heirloom; None for another one."""
        return registry.find("tuner", self.name) if self.name in registry.TUNERS else None

    @property
    def label(self) -> str:
        """What messages call it."""
        return registry.label(self.kind, self.model_dump(by_alias=True))

    def try_resource(self, space: dict[str, Any], resource: dict[str, Any] | None) -> None:
        """Construct a tuner of Heirloom's that takes a resource. Raises ValueError."""
        if self.known is not None and takes_resource(self.known):
            create: Any = self.known
            create(space, seed=0, maximize=True, resource=resource, **_without_initial(self.args))

    @field_validator("multi_thread", "patience", "include_intermediate_results")
    @classmethod
    def _of_nni(cls, value: Any, info: ValidationInfo) -> Any:
        if value and info.data.get("interface") == "heirloom":
            raise ValueError("needs a tuner with `interface: nni`")
        return value


class AssessorChoice(Plugin):
    """The assessor, which stops trials early."""

    kind = "assessor"


def _look_for(class_: str, code_dir: Path, python: Path | None) -> None:
    """Find a user's class in its source, without importing it. Raises ValueError.

    A class of an installed package is not looked at: only the tuner's Python can tell.
    """
    module, _, name = class_.rpartition(".")
    if not module or not all(part.isidentifier() for part in class_.split(".")):
        raise ValueError(f"must be MODULE.CLASS, such as my_tuner.MyTuner, not {class_}")
    stem = code_dir.joinpath(*module.split("."))
    file = next((f for f in (stem.with_suffix(".py"), stem / "__init__.py") if f.is_file()), None)
    if file is None:
        package = module.partition(".")[0]
        is_here = (code_dir / package).is_dir() or (code_dir / f"{package}.py").is_file()
        if not is_here and is_installed(module, prefixes(python)):
            return
        raise ValueError(
            f"{stem.with_suffix('.py')} does not exist, and no package {package} is installed: "
            "correct class or code_dir, or activate the environment that has the package"
        )
    try:
        tree = ast.parse(file.read_bytes())
    except SyntaxError as error:
        raise ValueError(f"{file}:{error.lineno}: invalid Python: {error.msg}") from None
    names = _names(tree)
    if name not in names and "*" not in names:
        raise ValueError(f"{unknown_name('class', name, sorted(names))} in {file}")


def _names(tree: ast.Module) -> set[str]:
    """The names that a module may define, branches included; `*` for a star import."""
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
    """Check args against the constructor of one that comes with Heirloom. Raises `several`."""
    cls = registry.find(kind, name)
    hints = typing.get_type_hints(cls.__init__)
    accepted = [
        key
        for key, parameter in inspect.signature(cls).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
        and key not in (*_GIVEN[kind], registry.OBJECTIVES, "resource")
    ]
    mistakes: list[tuple[Key, str]] = []
    for key, value in args.items():
        if key not in accepted:
            mistakes.append(
                ((key,), f"{unknown_name('argument', key, accepted)} (of {kind} {name})")
            )
            continue
        try:
            TypeAdapter(hints[key]).validate_python(value, strict=True)
        except ValidationError as error:
            for found in error.errors():
                mistakes += [((key, *inner), text) for inner, text in messages(found, ())]
    if not mistakes:
        given = dict(_GIVEN[kind])
        if takes_resource(cls):
            given["resource"] = _RESOURCE
        if getattr(cls, "takes_layers", False):
            given["space"] = _NETWORKS
        try:
            cls(**given, **_without_initial(args))
        except ValueError as error:
            mistakes.append(((), str(error)))
    if mistakes:
        raise several(mistakes)


def _without_initial(args: dict[str, Any]) -> dict[str, Any]:
    """`initial` is checked against the experiment's own space (controller/config/fit.py)."""
    return {key: value for key, value in args.items() if key != "initial"}
