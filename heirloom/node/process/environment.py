"""The environment of a trial's process."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import shlex
from collections.abc import Mapping, Sequence
from typing import Optional

from ...store.checkpoints.listing import Checkpoint
from ..attempt_ended import AttemptEnded
from ..claims import Claims
from ..slots import Slot
from ..spec import Spec

_KEPT = (
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "PATH",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "CUDA_HOME",
    "CUDA_PATH",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "VIRTUAL_ENV",
)
_KEPT_PREFIXES = ("LC_", "XDG_", "NVIDIA_", "NCCL_")
THREADS = "OMP_NUM_THREADS"
THREAD_VARIABLES = (THREADS, "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_PATH = "/usr/local/bin:/usr/bin:/bin"


def environment(
    spec: Spec,
    taken: Sequence[Slot],
    node_slots: int,
    run_dir: str,
    inherited: Mapping[str, str],
    passed: Mapping[str, str],
    *,
    node_dir: str = "",
    continued: Optional[Checkpoint] = None,
) -> dict[str, str]:
    """The environment variables of the trial's process.

    `taken` are its slots, `node_slots` is the number of slots on the node, `inherited` is the
    supervisor's environment, `passed` are the variables from the user's shell, `node_dir` is the
    node's prepared directory, `continued` the checkpoint of which the attempt has a copy. Raises
    OSError when the node's interpreter does not exist.
    """
    variables = {
        key: value
        for key, value in inherited.items()
        if key in _KEPT or key.startswith(_KEPT_PREFIXES)
    }
    gpus = dict.fromkeys(gpu for slot in taken for gpu in slot.gpus)
    variables["CUDA_VISIBLE_DEVICES"] = ",".join(gpus) if spec.gpus else ""
    variables["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # so that indexes are those of nvidia-smi
    threads = spec.threads or _threads(spec, len(taken), node_slots)
    variables.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    if any(name == "LANG" or name.startswith("LC_") for name in passed):
        variables.pop("LC_ALL", None)  # Ansible's, and it would override them
    variables.update(passed)
    variables.update(spec.environment)

    path = variables.get("PATH") or _PATH
    # In the experiment's directory, which belongs to its user: others may share `run_dir`.
    own = f"{run_dir}/{spec.experiment}"
    variables["PATH"] = f"{_python_directory(spec.python, own)}:{path}" if spec.python else path
    libraries = variables.get("PYTHONPATH")
    runtime = f"{spec.root}/{spec.runtime}"
    packages = f"{runtime}:{runtime}/heirloom/compat"  # for `import heirloom` and `import nni`
    variables["PYTHONPATH"] = f"{packages}:{libraries}" if libraries else packages
    variables.setdefault("PYTHONPYCACHEPREFIX", pycache(spec, run_dir))

    restore = [f"{spec.root}/trials/{trial}/weights" for trial in spec.restore]
    variables["HEIRLOOM_EXPERIMENT"] = spec.experiment
    variables["HEIRLOOM_TRIAL"] = str(spec.trial)
    variables["HEIRLOOM_ATTEMPT"] = spec.attempt
    variables["HEIRLOOM_SEED"] = str(spec.seed)
    variables["HEIRLOOM_OBJECTIVES"] = json.dumps(
        {name: dict(spec.bounds.get(name, {})) for name in spec.objectives}
    )
    variables["HEIRLOOM_PARAMS"] = f"{spec.directory}/params.json"
    variables["HEIRLOOM_RESTORE_PATH"] = restore[0] if restore else ""
    variables["HEIRLOOM_RESTORE_PATHS"] = ":".join(restore)
    variables["HEIRLOOM_SAVE_PATH"] = f"{spec.out}/weights"
    variables["HEIRLOOM_NODE_DIR"] = node_dir
    variables["HEIRLOOM_METRICS"] = f"{spec.directory}/metrics.jsonl"
    variables["HEIRLOOM_RESULT"] = f"{spec.directory}/result.json"
    variables["HEIRLOOM_CHECKPOINT_DIR"] = spec.checkpoints
    variables["HEIRLOOM_CHECKPOINT_PATH"] = spec.continued if continued else ""
    variables["HEIRLOOM_CHECKPOINT_STEP"] = str(continued.step) if continued else ""
    variables.update(_nni(spec))
    return variables


def passed_variables(spec: Spec, claims: Claims) -> dict[str, str]:
    """The variables that the spec names in `pass_environment`. Raises AttemptEnded."""
    names, found = spec.pass_environment, claims.environment(spec.attempt)
    missing = ", ".join(name for name in names if name not in found)
    if missing:
        reason = f"{missing} (of trial.pass_environment) did not reach {spec.node}"
        raise AttemptEnded("refused", reason)
    return {name: found[name] for name in names}


def _threads(spec: Spec, taken: int, node_slots: int) -> int:
    """The cores divided by the slots, but no more than the trial may use."""
    share = max(1, len(os.sched_getaffinity(0)) // node_slots) * taken
    return share if spec.cpus is None else min(share, math.ceil(spec.cpus))


def pycache(spec: Spec, run_dir: str) -> str:
    """The directory for the bytecode of modules in read-only directories."""
    return f"{run_dir}/{spec.experiment}/pycache"


def _nni(spec: Spec) -> dict[str, str]:
    """The variables that trials written for NNI read. The platform is always `local`."""
    return {
        "NNI_PLATFORM": "local",
        "NNI_EXP_ID": spec.experiment,
        "NNI_TRIAL_JOB_ID": f"{spec.experiment}-{spec.trial}",
        "NNI_TRIAL_SEQ_ID": str(spec.trial),
        "NNI_SYS_DIR": spec.directory,
        "NNI_OUTPUT_DIR": spec.directory,
        "NNI_CODE_DIR": spec.working_directory,
    }


def _python_directory(python: str, directory: str) -> str:
    """A directory in which `python` runs the given interpreter: its own, or a new one.

    It is a new one too where PATH cannot hold its own, because there is a colon in it.
    """
    own = os.path.dirname(python)
    if not os.access(python, os.X_OK):
        raise FileNotFoundError(2, "the node's heirloom_python does not exist", python)
    with contextlib.suppress(FileNotFoundError):
        if ":" not in own and os.path.samefile(f"{own}/python", python):
            return own
    wrappers = f"{directory}/python/{hashlib.sha256(os.fsencode(python)).hexdigest()[:16]}"
    if not os.path.exists(wrappers):
        _create_wrappers(python, wrappers)
    return wrappers


def _create_wrappers(python: str, directory: str) -> None:
    """Create scripts that run the interpreter.

    They are not links, because an interpreter finds its virtual environment by its own path.
    """
    draft = f"{directory}.{os.getpid()}"
    os.makedirs(draft, 0o755)
    for name in ("python", "python3"):
        with open(f"{draft}/{name}", "w") as file:
            file.write(f'#!/bin/sh\nexec {shlex.quote(python)} "$@"\n')
            os.fchmod(file.fileno(), 0o755)
    try:
        os.rename(draft, directory)
    except OSError:  # another supervisor may have created it meanwhile
        if not os.path.exists(f"{directory}/python"):
            raise
