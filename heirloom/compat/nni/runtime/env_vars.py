"""The environment variables, under the module name of NNI 2."""

from __future__ import annotations

from nni.env_vars import dispatcher_env_vars, trial_env_vars

__all__ = ["dispatcher_env_vars", "trial_env_vars"]
