"""The base class of tuners written for NNI."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from .errors import NoMoreTrialError
from .recoverable import Recoverable

__all__ = ["Tuner"]

_logger = logging.getLogger(__name__)


class Tuner(Recoverable):
    """Proposes parameters and receives results. Calls never overlap."""

    def generate_parameters(self, parameter_id: int, **kwargs: Any) -> Any:
        """The parameters of the next trial, in JSON types. Must be overridden.

        `parameter_id` counts from 0. Raise `nni.NoMoreTrialError` when there are none now.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define generate_parameters")

    def generate_multiple_parameters(
        self, parameter_id_list: Iterable[int], **kwargs: Any
    ) -> list[Any]:
        """The parameters of several trials; fewer when `generate_parameters` has no more."""
        found = []
        for parameter_id in parameter_id_list:
            try:
                found.append(self.generate_parameters(parameter_id, **kwargs))
            except NoMoreTrialError:
                break
        return found

    def receive_trial_result(
        self, parameter_id: int, parameters: Any, value: Any, **kwargs: Any
    ) -> None:
        """Receive a trial's final result as it was reported. Must be overridden."""
        raise NotImplementedError(f"{type(self).__name__} does not define receive_trial_result")

    def trial_end(self, parameter_id: int, success: bool, **kwargs: Any) -> None:
        """Called when a trial has ended, whether it succeeded or not. Does nothing by default."""

    def update_search_space(self, search_space: Any) -> None:
        """Receive the search space, before any other call. Must be overridden."""
        raise NotImplementedError(f"{type(self).__name__} does not define update_search_space")

    def import_data(self, data: list[dict[str, Any]]) -> None:
        """Receive earlier results, `{"parameter": ..., "value": ...}`. Ignores them by default."""
        _logger.info("%s ignores %d earlier results", type(self).__name__, len(data))

    def accept_customized_trials(self, accept: bool = True) -> None:
        """Accept customized trials. Heirloom never submits any."""

    def _accept_customized_trials(self, accept: bool = True) -> None:
        self.accept_customized_trials(accept)

    def _on_exit(self) -> None:
        """Called when the search has ended."""

    def _on_error(self) -> None:
        """Called when the search ends because of an error in the tuner."""
