"""What a tuner written for NNI inherits from."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from .errors import NoMoreTrialError
from .recoverable import Recoverable

__all__ = ["Tuner"]

_logger = logging.getLogger(__name__)


class Tuner(Recoverable):
    """Proposes parameters and is told of results, each call in its turn."""

    def generate_parameters(self, parameter_id: int, **kwargs: Any) -> Any:
        """The parameters of the next trial, for JSON to carry. Must be overridden.

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
        """Hear of a trial's final result, as it was reported. Must be overridden."""
        raise NotImplementedError(f"{type(self).__name__} does not define receive_trial_result")

    def trial_end(self, parameter_id: int, success: bool, **kwargs: Any) -> None:
        """Hear that a trial has ended, well or not. Does nothing by default."""

    def update_search_space(self, search_space: Any) -> None:
        """Take the search space; called before anything else. Must be overridden."""
        raise NotImplementedError(f"{type(self).__name__} does not define update_search_space")

    def import_data(self, data: list[dict[str, Any]]) -> None:
        """Take results known already, `{"parameter": ..., "value": ...}`. Ignores them."""
        _logger.info("%s ignores %d results known already", type(self).__name__, len(data))

    def accept_customized_trials(self, accept: bool = True) -> None:
        """Say that trials of a person's own are welcome. There are none here."""

    def _accept_customized_trials(self, accept: bool = True) -> None:
        self.accept_customized_trials(accept)

    def _on_exit(self) -> None:
        """Called when the search has ended."""

    def _on_error(self) -> None:
        """Called when the search ends for an error of the tuner's."""
