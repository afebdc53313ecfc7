"""The params of a trial, as a trial that was written for NNI expects them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

# The parameters by which tuners that replace NNI's tell a trial how much to train.
TRIAL_BUDGET = "TRIAL_BUDGET"  # NNI's name, of Hyperband and BOHB
PBT_GENERATION = "PBT_GENERATION"  # of the population; NNI's PBTTuner has no such parameter
NETWORK = "network"  # the parameter of NetworkMorphism

_FROM = "_from"  # see heirloom.tuners.methods.resource


def nni_params(params: Any, restore: Optional[str], save: str) -> Any:
    """The params without the amounts that NNI does not have, and with its checkpoint directories.

    Hyperband and BOHB tell a trial of NNI its TRIAL_BUDGET alone. PBTTuner tells it no amount, but
    the directories `load_checkpoint_dir` and `save_checkpoint_dir`. Here they are the restore path
    and the save path of the attempt; without a parent both are the save path, which is empty.
    """
    if not isinstance(params, Mapping):
        return params
    found = {
        key: value
        for key, value in params.items()
        if key not in (TRIAL_BUDGET + _FROM, PBT_GENERATION, PBT_GENERATION + _FROM)
    }
    if PBT_GENERATION in params:
        found["load_checkpoint_dir"] = save if restore is None else restore
        found["save_checkpoint_dir"] = save
    return found
