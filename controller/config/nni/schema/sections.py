"""Sections and types that both versions of NNI's configuration share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from controller.config.fields import Section
from controller.config.lookup import REFUSED
from controller.config.mistakes import Key, unknown_name

SUPPORTED = ("local", "remote")
# Platforms of NNI 1 and 2 that are not supported.
FOREIGN = frozenset(
    {
        "adl",
        "aml",
        "dlc",
        "dlts",
        "frameworkcontroller",
        "heterogeneous",
        "hybrid",
        "kubeflow",
        "kubernetes",
        "openpai",
        "pai",
        "paiYarn",
    }
)


class NniSection(Section):
    """A section of the file. Its keys are camelCase, and a key with a null value is ignored."""

    model_config = ConfigDict(alias_generator=to_camel)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, section: Any) -> Any:
        if isinstance(section, dict):
            return {key: value for key, value in section.items() if value is not None}
        return section


def _refused(text: str) -> BeforeValidator:
    """Refuse any value of a key. The text says what to do instead."""

    def refuse(value: Any) -> Any:
        if value:
            raise ValueError(text)
        return value

    return BeforeValidator(refuse)


def _gpus(value: Any) -> list[str]:
    if isinstance(value, int) and not isinstance(value, bool):
        value = [value]
    if isinstance(value, str):
        value = [part for part in re.split(r"\s*,\s*", value.strip()) if part]
    numbers = isinstance(value, list) and all(re.fullmatch(r"\d+", str(part)) for part in value)
    if not numbers or not value:
        raise ValueError(f"must be indexes of GPUs, such as 0 or 0,1,3, not {value!r}")
    return list(dict.fromkeys(map(str, value)))


def _platform(value: Any) -> Any:
    if not isinstance(value, str) or value in SUPPORTED:
        return value
    if value in FOREIGN:
        raise ValueError(
            f"{value} is not supported: use local, or remote with a machineList of machines that "
            "can be reached by SSH"
        )
    raise ValueError(unknown_name("training service", value, SUPPORTED))


def _experiment_type(value: Any) -> Any:
    if value == "nas":
        raise ValueError(
            "NNI's architecture search is not served: write the network with the choices of "
            "heirloom.nas (docs/tutorial/choices.md)"
        )
    if value != "hpo":
        raise ValueError(f"must be hpo, not {value!r}")
    return value


ExperimentType = Annotated[str, BeforeValidator(_experiment_type)]
Platform = Annotated[str, BeforeValidator(_platform)]
Count = Annotated[int, Field(ge=1)]
GpuIndices = Annotated[list[str], BeforeValidator(_gpus)]

# Keys that are refused. Messages do not propose those that have no valid value.
_NEVER = Field(json_schema_extra={REFUSED: True})
MultiPhase = Annotated[
    bool,
    _refused(
        "trials with several phases are not supported (nor by NNI since 2.0): propose a trial for "
        "each phase; in Heirloom's form it can start from its parent's weights"
    ),
]
NasMode = Annotated[
    str | None,
    _refused("NNI's NAS modes are not supported: write the choices into the search space"),
    _NEVER,
]
Prepare = Annotated[
    str | None,
    _refused("commands before each trial are not supported: put them into the trial's command"),
    _NEVER,
]


class AlgorithmSection(NniSection):
    """A tuner, an assessor or an advisor."""

    class_name: str | None = None
    """A class of the user's own."""
    class_args: dict[str, Any] = Field(default={})
    """Arguments of the class."""


class GpuSection(NniSection):
    """GPUs of a machine."""

    gpu_indices: GpuIndices | None = None
    """The GPUs that trials may use, such as 0,1,3."""
    use_active_gpu: bool | None = None
    """Whether GPUs that other programs use are used too."""


class MachineSection(NniSection):
    """A machine that runs trials. Secrets are not used, and never shown."""

    port: int | None = Field(default=None, ge=1, le=65535)
    """The port of its SSH server."""
    python_path: str | None = None
    """The directory of the interpreter that trials use."""


class NniFile(NniSection):
    """A configuration file."""

    experiment_name: str | None = None
    """The experiment's name."""
    use_annotation: bool = False
    """Whether the search space is in annotations of the trial's code."""
    nni_manager_ip: str | None = None
    """The address of this machine."""
    log_level: str | None = None
    """What NNI logs."""
    debug: bool | None = None
    """Whether NNI logs more."""
    shared_storage: dict[str, Any] | None = None
    """Storage that the machines share."""
    heirloom: dict[str, Any] = Field(default={})
    """Keys of Heirloom's form, which replace what the other keys translate to."""


def given_keys(section: NniSection, names: Sequence[str], around: Key = ()) -> list[Key]:
    """The keys of those fields that the file has. `around` is the key of the section."""
    fields = type(section).model_fields
    present = [name for name in names if name in section.model_fields_set]
    return [(*around, fields[name].alias or name) for name in present]
