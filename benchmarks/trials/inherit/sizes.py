"""The sizes at which searches with and without inherited weights are compared."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Reading:
    """The searches of the example for reading comprehension; their full size is the example's own.

    Args:
        articles: of each file of the corpus; None: all of them.
        epochs: of a trial of arm A.
        lengths: of arm B, as multiples of that.
        candidates: of a search.
        population: of its tuner.
        seeds: the most, from 0.
        final: the most epochs of a final training.
        repeats: final trainings of each network.
    """

    articles: int | None = None
    epochs: int = 4
    lengths: tuple[int, ...] = (1, 2, 4)
    candidates: int = 32
    population: int = 8
    seeds: int = 4
    final: int = 16
    repeats: int = 3


@dataclass(frozen=True)
class Size:
    """A size. The protocol is docs/explanation/inherit-protocol.md.

    Args:
        side: height and width of the images, in pixels.
        train, validation: numbers of images.
        widths, depths: what each stage of the chain chooses among.
        grown: the width of the first network of `morphism`, and the most parameters of a network.
        macro: channels and layers of the space of methods that share weights.
        batch: images in a batch.
        epochs: of a trial of arm A.
        lengths: of arm B, as multiples of that.
        candidates: of a search.
        further: times as many candidates has arm A of `evolution` where it goes on.
        population: of `evolution`, and of `pbt`.
        generations: of the shared weights of `enas`, two epochs each.
        final: the most epochs of a final training.
        repeats: final trainings of each network.
        ranked: networks that are ranked with shared weights and without.
        slots: trials at once.
        gpu: whether the slots share a GPU.
        reading: the searches of the example for reading comprehension; None: there are none.
    """

    side: int = 14
    train: int = 10_000
    validation: int = 5_000
    widths: tuple[int, ...] = (4, 8, 16)
    depths: tuple[int, ...] = (1, 2, 3)
    grown: tuple[int, int] = (4, 20_000)
    macro: tuple[int, int] = (8, 6)
    batch: int = 64
    epochs: int = 2
    lengths: tuple[int, ...] = (1, 2, 4, 8)
    candidates: int = 40
    further: int = 3
    population: tuple[int, int] = (10, 8)
    generations: int = 40
    final: int = 30
    repeats: int = 5
    ranked: int = 20
    slots: int = 2
    gpu: bool = False
    reading: Reading | None = None


_GPU = Size(
    side=28,
    train=55_000,
    widths=(16, 32, 64),
    grown=(16, 300_000),
    macro=(36, 12),
    batch=256,
    slots=4,
    gpu=True,
)
SIZES = {
    "small": Size(reading=Reading()),
    "gpu": _GPU,
    "gpu-minutes": replace(_GPU, lengths=(4,), candidates=24, final=10, repeats=2),
    "short": Size(  # shows that it works
        side=8,
        train=400,
        validation=200,
        widths=(2, 4),
        depths=(1, 2),
        grown=(2, 2_000),
        macro=(2, 3),
        batch=16,
        epochs=1,
        lengths=(2,),
        candidates=4,
        further=1,
        population=(2, 2),
        generations=1,
        final=1,
        repeats=1,
        ranked=3,
        reading=Reading(
            articles=6, epochs=1, lengths=(2,), candidates=3, population=2, final=1, repeats=1
        ),
    ),
}


def of_trial() -> Size:
    """The size that the trial's experiment file names."""
    return SIZES[os.environ["SIZE"]]
