"""Helpers of NNI's own modules that third-party tuners import."""

from __future__ import annotations

from .serializer import dump, load

__all__ = ["dump", "init_logger", "load", "multi_phase_enabled"]


def init_logger(logger_file_path: str = "", log_level_name: str = "info") -> None:
    """Do nothing: Heirloom keeps the logs of trials and tuners already."""


def multi_phase_enabled() -> bool:
    """Whether a trial may request parameters more than once: always False."""
    return False
