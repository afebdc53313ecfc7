"""The environment variables, by the name that NNI 2 gave their module."""

from __future__ import annotations

from nni.env_vars import dispatcher_env_vars, trial_env_vars

__all__ = ["dispatcher_env_vars", "trial_env_vars"]
