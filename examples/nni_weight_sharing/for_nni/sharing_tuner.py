"""Weight sharing as in NNI: paths in the parameters, and proposals that wait in threads."""

import threading
from pathlib import Path

import nni
from nni.tuner import Tuner


class SharingTuner(Tuner):
    """Trial 0 writes a file. All other trials read it, and must find the same bytes."""

    def __init__(self, save_dir_root):
        self.save_dir_root = save_dir_root
        self.parent_ended = threading.Event()
        self.checksum = None

    def update_search_space(self, search_space):
        pass  # the search space is empty

    def generate_parameters(self, parameter_id, **kwargs):
        if parameter_id == 0:
            return {"role": "parent", "save_path": self.path(0)}
        self.parent_ended.wait()  # one thread for each child waits here
        if self.checksum is None:
            raise nni.NoMoreTrialError("the parent left no weights")
        return {"role": "child", "restore_path": self.path(0), "save_path": self.path(parameter_id)}

    def receive_trial_result(self, parameter_id, parameters, value, **kwargs):
        if parameter_id == 0:
            self.checksum = value["checksum"]
        elif value["checksum"] != self.checksum:
            raise ValueError(f"trial {parameter_id} did not read the bytes that its parent wrote")

    def trial_end(self, parameter_id, success, **kwargs):
        if parameter_id == 0:
            self.parent_ended.set()  # called after receive_trial_result, and without a result too

    def path(self, parameter_id):
        return str(Path(self.save_dir_root, str(parameter_id)))
