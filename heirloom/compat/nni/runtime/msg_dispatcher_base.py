"""The base class of advisors written for NNI."""

from __future__ import annotations

from typing import Any, Optional

from nni.recoverable import Recoverable
from nni.runtime import protocol

__all__ = ["MsgDispatcherBase"]


class MsgDispatcherBase(Recoverable):
    """Proposes trials and stops them, by messages. Calls never overlap.

    An advisor answers a call by `send`, at once or later. `data` of its messages is JSON in a text.
    """

    def __init__(self, command_channel_url: Optional[str] = None) -> None:
        self.stopping = False

    def send(self, command: protocol.CommandType, data: str) -> None:
        """Send a message, as `nni.runtime.protocol.send` does."""
        protocol.send(command, data)

    def handle_initialize(self, data: dict[str, Any]) -> None:
        """Receive the search space. Must be overridden. Send `Initialized` afterwards."""
        raise NotImplementedError(f"{type(self).__name__} does not define handle_initialize")

    def handle_request_trial_jobs(self, data: int) -> None:
        """Send `NewTrialJob` this number of times, now or later. Must be overridden.

        Its data has `parameter_id` and `parameters`. `NoMoreTrialJobs`: there is none now.
        """
        raise NotImplementedError(
            f"{type(self).__name__} does not define handle_request_trial_jobs"
        )

    def handle_update_search_space(self, data: dict[str, Any]) -> None:
        """Receive the search space; for `handle_initialize` to call. Must be overridden."""
        raise NotImplementedError(
            f"{type(self).__name__} does not define handle_update_search_space"
        )

    def handle_import_data(self, data: list[dict[str, Any]]) -> None:
        """Receive earlier results, `{"parameter": ..., "value": ...}`."""
        raise NotImplementedError(f"{type(self).__name__} does not define handle_import_data")

    def handle_add_customized_trial(self, data: Any) -> None:
        """Heirloom never calls it."""
        raise NotImplementedError(
            f"{type(self).__name__} does not define handle_add_customized_trial"
        )

    def handle_report_metric_data(self, data: dict[str, Any]) -> None:
        """Receive a report of a trial. Must be overridden.

        `data` has `type` (PERIODICAL or FINAL), `parameter_id`, `trial_job_id`, `sequence` and
        `value`, which is JSON in a text.
        """
        raise NotImplementedError(
            f"{type(self).__name__} does not define handle_report_metric_data"
        )

    def handle_trial_end(self, data: dict[str, Any]) -> None:
        """Receive the end of a trial: `trial_job_id`, `event`, `hyper_params`. Must be overridden.

        `hyper_params` is the data of its `NewTrialJob`.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define handle_trial_end")

    def handle_ping(self, data: Any) -> None:
        """Heirloom never calls it."""
