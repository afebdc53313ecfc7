"""The environment of a trial's process."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
from collections.abc import Mapping, Sequence

from ..slots import Slot
from ..spec import Spec

_KEPT = (
    "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "PATH", "TMPDIR",
    "LD_LIBRARY_PATH", "CUDA_HOME", "CUDA_PATH", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
    "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "VIRTUAL_ENV",
)  # fmt: skip
_KEPT_PREFIXES = ("LC_", "XDG_", "NVIDIA_", "NCCL_")
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_PATH = "/usr/local/bin:/usr/bin:/bin"


def environment(
    spec: Spec, taken: Sequence[Slot], of: int, run_dir: str, inherited: Mapping[str, str]
) -> dict[str, str]:
    """What the trial's process sees; `taken` are its slots, `of` how many the node has.

    Raises OSError when the node's interpreter is not there.
    """
    seen = {
        key: value
        for key, value in inherited.items()
        if key in _KEPT or key.startswith(_KEPT_PREFIXES)
    }
    gpus = dict.fromkeys(gpu for slot in taken for gpu in slot.gpus)
    seen["CUDA_VISIBLE_DEVICES"] = ",".join(gpus) if spec.gpus else ""
    threads = spec.threads or max(1, len(os.sched_getaffinity(0)) // of) * len(taken)
    seen.update(dict.fromkeys(_THREADS, str(threads)))
    seen.update(spec.environment)

    path = seen.get("PATH") or _PATH
    seen["PATH"] = f"{_bin(spec.python, run_dir)}:{path}" if spec.python else path
    libraries = spec.environment.get("PYTHONPATH")
    runtime = f"{spec.root}/{spec.runtime}"
    packages = f"{runtime}:{runtime}/heirloom/compat"  # `heirloom`, and the `nni` of trials
    seen["PYTHONPATH"] = f"{packages}:{libraries}" if libraries else packages
    seen.setdefault("PYTHONPYCACHEPREFIX", pycache(spec, run_dir))

    restore = [f"{spec.root}/trials/{trial}/weights" for trial in spec.restore]
    seen["HEIRLOOM_EXPERIMENT"] = spec.experiment
    seen["HEIRLOOM_TRIAL"] = str(spec.trial)
    seen["HEIRLOOM_ATTEMPT"] = spec.attempt
    seen["HEIRLOOM_PARAMS"] = f"{spec.directory}/params.json"
    seen["HEIRLOOM_RESTORE_PATH"] = restore[0] if restore else ""
    seen["HEIRLOOM_RESTORE_PATHS"] = ":".join(restore)
    seen["HEIRLOOM_SAVE_PATH"] = f"{spec.out}/weights"
    seen["HEIRLOOM_METRICS"] = f"{spec.directory}/metrics.jsonl"
    seen["HEIRLOOM_RESULT"] = f"{spec.directory}/result.json"
    seen.update(_nni(spec))
    return seen


def pycache(spec: Spec, run_dir: str) -> str:
    """Where Python keeps the bytecode of what lies in read-only directories."""
    return f"{run_dir}/{spec.experiment}/pycache"


def _nni(spec: Spec) -> dict[str, str]:
    """What trials written for NNI ask for; it says `local` on whatever node they are."""
    return {
        "NNI_PLATFORM": "local",
        "NNI_EXP_ID": spec.experiment,
        "NNI_TRIAL_JOB_ID": f"{spec.experiment}-{spec.trial}",
        "NNI_TRIAL_SEQ_ID": str(spec.trial),
        "NNI_SYS_DIR": spec.directory,
        "NNI_OUTPUT_DIR": spec.directory,
        "NNI_CODE_DIR": spec.working_directory,
    }


def _bin(python: str, run_dir: str) -> str:
    """A directory whose `python` is the given interpreter: its own, or one made for it."""
    own = os.path.dirname(python)
    if not os.access(python, os.X_OK):
        raise FileNotFoundError(2, "the node's heirloom_python is not there", python)
    with contextlib.suppress(FileNotFoundError):
        if os.path.samefile(f"{own}/python", python):
            return own
    made = f"{run_dir}/python/{hashlib.sha256(os.fsencode(python)).hexdigest()[:16]}"
    if not os.path.exists(made):
        _make_bin(python, made)
    return made


def _make_bin(python: str, made: str) -> None:
    """Scripts rather than links: an interpreter finds its virtual environment by its own path."""
    draft = f"{made}.{os.getpid()}"
    os.makedirs(draft, 0o755)
    for name in ("python", "python3"):
        with open(f"{draft}/{name}", "w") as file:
            file.write(f'#!/bin/sh\nexec {shlex.quote(python)} "$@"\n')
            os.fchmod(file.fileno(), 0o755)
    try:
        os.rename(draft, made)
    except OSError:  # another supervisor was first
        if not os.path.exists(f"{made}/python"):
            raise
