"""Weight sharing as in NNI: paths in the parameters, and children that wait in threads."""

import threading
from pathlib import Path

import nni
from nni.tuner import Tuner


class FatherTuner(Tuner):
    """The first trial writes a file; all others read it, and must find what it wrote."""

    def __init__(self, save_dir_root):
        self.save_dir_root = save_dir_root
        self.father_ended = threading.Event()
        self.checksum = None

    def update_search_space(self, search_space):
        pass  # there is nothing to search

    def generate_parameters(self, parameter_id, **kwargs):
        if parameter_id == 0:
            return {"role": "father", "save_path": self.path(0)}
        self.father_ended.wait()  # here a thread stands for every child
        if self.checksum is None:
            raise nni.NoMoreTrialError("the father left nothing to read")
        return {"role": "child", "restore_path": self.path(0), "save_path": self.path(parameter_id)}

    def receive_trial_result(self, parameter_id, parameters, value, **kwargs):
        if parameter_id == 0:
            self.checksum = value["checksum"]
        elif value["checksum"] != self.checksum:
            raise ValueError(f"trial {parameter_id} read other bytes than its father wrote")

    def trial_end(self, parameter_id, success, **kwargs):
        if parameter_id == 0:
            self.father_ended.set()  # after receive_trial_result, and also when there was none

    def path(self, parameter_id):
        return str(Path(self.save_dir_root, str(parameter_id)))
