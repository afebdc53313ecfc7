"""NNI's environment variables at the time of the import; None if a variable is not set."""

from __future__ import annotations

import os
from types import SimpleNamespace

_TRIAL = (
    "NNI_PLATFORM",
    "NNI_EXP_ID",
    "NNI_TRIAL_JOB_ID",
    "NNI_SYS_DIR",
    "NNI_OUTPUT_DIR",
    "NNI_TRIAL_SEQ_ID",
    "NNI_CODE_DIR",
    "MULTI_PHASE",
)
_DISPATCHER = (
    "SDK_PROCESS",
    "NNI_MODE",
    "NNI_CHECKPOINT_DIRECTORY",
    "NNI_LOG_DIRECTORY",
    "NNI_LOG_LEVEL",
    "NNI_INCLUDE_INTERMEDIATE_RESULTS",
)

trial_env_vars = SimpleNamespace(**{name: os.environ.get(name) for name in _TRIAL})
dispatcher_env_vars = SimpleNamespace(**{name: os.environ.get(name) for name in _DISPATCHER})
