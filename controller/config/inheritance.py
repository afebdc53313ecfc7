"""The section `inheritance` of the experiment file: whose weights trials start from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from controller.config.fields import Section
from heirloom.space import Space, SpaceError, parse


class InheritanceSection(Section):
    """Whose weights trials start from."""

    from_: Literal["tuner", "nearest", "none"] = Field(default="tuner", alias="from")
    """The parents that the tuner names; where it names none, the nearest trial; or nobody."""
    limit: float = Field(default=0.5, ge=0, le=1)
    """With `from: nearest`, the largest distance of the params, from 0 to 1."""

    @field_validator("limit")
    @classmethod
    def _of_nearest(cls, limit: float, info: ValidationInfo) -> float:
        if info.context and limit != 0.5 and info.data.get("from_") not in ("nearest", None):
            raise ValueError("needs `from: nearest`")
        return limit

    def space(self, search_space: Mapping[str, Any]) -> Space | None:
        """The space by which `nearest` compares params. Raises ValueError for other types."""
        if self.from_ != "nearest":
            return None
        try:
            return parse(search_space, layers=True)
        except SpaceError as error:
            raise ValueError(
                f"nearest compares params by the types of the search space, and {error}"
            ) from None
