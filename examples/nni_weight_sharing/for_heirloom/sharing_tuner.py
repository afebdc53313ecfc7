"""Weight sharing in Heirloom: a proposal names its parents."""

from heirloom.tuners import Proposal, Tuner


class SharingTuner(Tuner):
    """Trial 0 writes a file. All other trials read it, and must find the same bytes."""

    def __init__(self, space, *, seed, maximize):
        self.checksum = None

    def propose(self, trial_id):
        return Proposal({}, parents=[0] if trial_id else [])

    def observe(self, result):
        if result.state != "succeeded":
            return
        if result.trial_id == 0:
            self.checksum = result.result["checksum"]
        elif result.result["checksum"] != self.checksum:
            raise ValueError(
                f"trial {result.trial_id} did not read the bytes that its parent wrote"
            )
