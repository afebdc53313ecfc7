"""The section `resource` of the experiment file: how long trials train."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator

from controller.config.fields import Section


class ResourceSection(Section):
    """How long trials train, for a tuner that decides it: such as epochs, from `min` to `max`."""

    name: str = Field(min_length=1)
    """The parameter that holds the amount in a trial's params."""
    min: int = Field(default=1, ge=1)
    """The least amount that a trial gets."""
    max: int = Field(ge=1)
    """The largest amount that a trial gets."""
    eta: int = Field(default=3, ge=2)
    """By how much the amount grows from one rung to the next."""

    @field_validator("max")
    @classmethod
    def _above_min(cls, most: int, info: ValidationInfo) -> int:
        least = info.data.get("min")
        if least is not None and most < least:
            raise ValueError(f"must be at least min, {least}, not {most}")
        return most
