"""The parameter of a search space whose value is a network: the type `layers`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import Mistake, Path, SpaceError
from .graph import linear
from .kinds import is_count
from .read import read

if TYPE_CHECKING:
    from random import Random  # for annotations: the core imports these modules

VALUE_OF_LAYERS = "{input: [channels, height, width], classes: …}"


@dataclass(frozen=True)
class Layers:
    """A network for images of one shape and a number of classes, with any number of layers.

    It has no distribution: `sample` gives the network with the fewest layers, and `mutate` changes
    nothing. Tuners that change networks do that with `heirloom.space.network`.
    """

    input: tuple[int, int, int]
    classes: int

    def sample(self, rng: Random) -> dict[str, Any]:
        """The network with the fewest layers, in its JSON form."""
        return linear(self.input, self.classes).to_json()

    def contains(self, value: Any) -> bool:
        """Whether the value is a network for these images and classes."""
        return not self.mistakes(value)

    def mistakes(self, value: Any) -> list[Mistake]:
        """What is wrong with a value, by the place in it."""
        try:
            network = read(value)
        except SpaceError as error:
            return error.mistakes
        found: list[Mistake] = []
        if network.input != self.input:
            found.append((("input",), f"must be {list(self.input)}, as in the search space"))
        if network.layers[-1]["units"] != self.classes:
            place = ("layers", len(network.layers) - 1, "units")
            found.append((place, f"must be {self.classes}, the classes of the search space"))
        return found

    def coordinates(self, value: Any) -> int:
        """0: only tuners that change networks change a network."""
        return 0

    def mutate(self, value: Any, rng: Random) -> Any:
        """The same network."""
        return value

    def values(self) -> Iterator[Any] | None:
        """None: networks cannot be enumerated."""
        return None


def declared(
    kind: str, value: Mapping[str, Any], path: Path, mistakes: list[Mistake]
) -> Layers | None:
    """The parameter that a search space declares by a value at a path, or its mistakes."""
    shape, classes = value.get("input"), value.get("classes")
    found: list[Mistake] = []
    if len(path) > 2:
        found.append((path[:-1], "a network must not be a parameter of an option"))
    if value.keys() != {"input", "classes"}:
        found.append((path, f"{kind} takes {VALUE_OF_LAYERS}"))
    elif not (isinstance(shape, list) and len(shape) == 3 and all(map(is_count, shape))):
        found.append(((*path, "input"), "must be [channels, height, width]"))
    elif not is_count(classes):
        found.append(((*path, "classes"), f"must be a whole number above 0, not {classes!r:.60}"))
    mistakes += found
    if found or not isinstance(shape, list) or not isinstance(classes, int):
        return None
    return Layers((shape[0], shape[1], shape[2]), classes)
