"""What the sections of an NNI configuration file have in common."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from controller.config.fields import Section


class NniSection(Section):
    """A part of the file. Its keys are camelCase, and one whose value is empty is not there."""

    model_config = ConfigDict(alias_generator=to_camel)

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, said: Any) -> Any:
        if isinstance(said, dict):
            return {key: value for key, value in said.items() if value is not None}
        return said


def _refused(words: str) -> BeforeValidator:
    """Refuses whatever is said with a key, with words that say what to do instead."""

    def refuse(value: Any) -> Any:
        if value:
            raise ValueError(words)
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
    if isinstance(value, str) and value not in ("local", "remote"):
        raise ValueError(
            f"{value} is not served: say local, or remote with a machineList, for machines that "
            "can be reached by SSH"
        )
    return value


Platform = Annotated[str, BeforeValidator(_platform)]
Count = Annotated[int, Field(ge=1)]
GpuIndices = Annotated[list[str], BeforeValidator(_gpus)]

# Keys that are refused.
Annotation = Annotated[
    bool,
    _refused(
        "annotations in the trial's code are not read: write the search space into a file, name it "
        "here, and let the trial call nni.get_next_parameter()"
    ),
]
MultiPhase = Annotated[
    bool,
    _refused(
        "several phases of one trial are not run (NNI dropped them in 2.0): propose a trial for "
        "each phase; in Heirloom's own form it starts from its parent's weights"
    ),
]
NasMode = Annotated[
    str | None,
    _refused("NNI's NAS modes are not run: write the choices into the search space"),
]
Password = Annotated[
    str | None,
    _refused(
        "a password is not read from this file, which others may read: name a key, or give an "
        "inventory of your own with -i, which may hold it in ansible-vault"
    ),
]
Passphrase = Annotated[
    str | None,
    _refused("a passphrase is not read from this file: load the key into ssh-agent"),
]
Prepare = Annotated[
    str | None,
    _refused("commands before each trial are not run: put them into the trial's command"),
]
