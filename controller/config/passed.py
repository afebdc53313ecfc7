"""The variables of the shell that trials get: `trial.pass_environment`."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from controller.config.mistakes import Key, several
from controller.errors import HeirloomError

ALL: Literal["all"] = "all"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = ("HEIRLOOM_", "NNI_")  # Heirloom sets variables with these prefixes itself
_GPUS = "CUDA_VISIBLE_DEVICES"
# With `all`: what describes the shell's process, or what Heirloom derives for trials from it.
_OF_THE_SHELL = frozenset(
    {
        "PWD",
        "OLDPWD",
        "SHLVL",
        "_",
        "PATH",
        "VIRTUAL_ENV",
        "PYTHONHOME",
        "__PYVENV_LAUNCHER__",
        _GPUS,
    }
)
# What libraries for training read, by name and by prefix.
_WELL_KNOWN = frozenset(
    {
        "PYTHONPATH",
        "PYTHONHASHSEED",
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "CUDA_HOME",
        "CUDA_PATH",
        "CUDA_LAUNCH_BLOCKING",
        "CUDA_DEVICE_ORDER",
        "CUBLAS_WORKSPACE_CONFIG",
        "ROCR_VISIBLE_DEVICES",
        "HIP_VISIBLE_DEVICES",
        "TRANSFORMERS_CACHE",
        "HUGGING_FACE_HUB_TOKEN",
        "TORCH_HOME",
        "TORCH_EXTENSIONS_DIR",
        "KERAS_HOME",
        "KERAS_BACKEND",
        "NLTK_DATA",
        "SCIKIT_LEARN_DATA",
        "MPLBACKEND",
        "MPLCONFIGDIR",
        "NUMBA_CACHE_DIR",
        "TRITON_CACHE_DIR",
        "XLA_FLAGS",
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "MLFLOW_TRACKING_URI",
        "COMET_API_KEY",
        "NEPTUNE_API_TOKEN",
        "CLEARML_CONFIG_FILE",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "OPENAI_API_KEY",
        "ALL_PROXY",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "all_proxy",
        "http_proxy",
        "https_proxy",
        "no_proxy",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "XDG_CACHE_HOME",
        "XDG_DATA_HOME",
        "R_LIBS_USER",
        "JULIA_DEPOT_PATH",
    }
)
_WELL_KNOWN_PREFIXES = (
    "HF_",
    "PYTORCH_",
    "TORCHINDUCTOR_",
    "TF_CONFIG",
    "TF_CPP_",
    "TF_DETERMINISTIC_",
    "TF_ENABLE_",
    "TF_FORCE_",
    "TF_GPU_",
    "TF_NUM_",
    "TF_XLA_",
    "TFDS_",
    "JAX_",
    "WANDB_",
    "MLFLOW_",
    "KAGGLE_",
    "AWS_",
    "AZURE_",
    "NCCL_",
    "NVIDIA_",
)


class MissingVariableError(HeirloomError):
    """A variable of `trial.pass_environment` is not set in this shell."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Variables with their values. No other object holds the values, and none writes them here."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    only_here: bool = False  # whether trials on other machines get none of them

    def on(self, *, is_local: bool) -> Mapping[str, str]:
        """What trials on a node get; `is_local` says whether the node is this machine."""
        return self.values if is_local or not self.only_here else {}


NOTHING = Passed()


def read(chosen: Sequence[str] | str, shell: Mapping[str, str]) -> Passed:
    """The variables that `trial.pass_environment` chooses. Raises MissingVariableError."""
    if isinstance(chosen, str):
        values = {name: text for name, text in shell.items() if _is_of_the_user(name)}
        return Passed(values, only_here=True)
    if missing := [name for name in chosen if name not in shell]:
        names, are = ", ".join(missing), "is" if len(missing) == 1 else "are"
        raise MissingVariableError(
            f"trial.pass_environment names {names}, which {are} not set here: export "
            f"{'it' if len(missing) == 1 else 'them'} in this shell"
        )
    return Passed({name: shell[name] for name in chosen})


def left_behind(
    chosen: Sequence[str] | str, given: Collection[str], shell: Mapping[str, str]
) -> list[str]:
    """Remarks on variables of the shell that libraries read and that do not reach trials.

    `given` are the names in `trial.environment`.
    """
    notes = []
    reached = {*given, *(shell if isinstance(chosen, str) else chosen)}
    if names := [name for name in sorted(shell) if _is_well_known(name) and name not in reached]:
        notes.append(
            f"set here, and not passed to trials: {', '.join(names)}; name in "
            "trial.pass_environment those that trials need"
        )
    if shell.get(_GPUS) is not None and _GPUS not in given:
        notes.append(
            f"{_GPUS} is set here, and not passed to trials: their GPUs are those of their slots "
            "(heirloom_slots in the inventory)"
        )
    return notes


def _is_of_the_user(name: str) -> bool:
    return name not in _OF_THE_SHELL and not name.startswith((*_RESERVED, "ANSIBLE_"))


def _is_well_known(name: str) -> bool:
    return name in _WELL_KNOWN or name.startswith(_WELL_KNOWN_PREFIXES)


def _validate(value: Any, info: ValidationInfo) -> tuple[str, ...] | str:
    if value == ALL:
        return ALL
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise ValueError(f"must be a list of names, such as [HF_HOME], or all; not {value!r}")
    # The context is that of an experiment file that is read to be run here.
    shell = os.environ if info.context else None
    mistakes = list(_mistakes(value, info.data.get("environment") or (), shell))
    if mistakes:
        raise several(mistakes)
    return tuple(dict.fromkeys(value))


def _mistakes(
    names: Iterable[str], given: Collection[str], shell: Collection[str] | None
) -> Iterable[tuple[Key, str]]:
    for index, name in enumerate(names):
        if not _NAME.fullmatch(name):
            what = "name it alone, without its value" if "=" in name else "see `env` for names"
            yield (index,), f"{name!r} is not the name of a variable: {what}"
        elif name.startswith(_RESERVED):
            yield (index,), f"Heirloom sets {name.split('_')[0]}_… itself: remove {name}"
        elif name == _GPUS:
            yield (
                (index,),
                f"Heirloom sets {name} to the GPUs of a trial's slots: remove it, and name the "
                "GPUs in heirloom_slots of the inventory",
            )
        elif name in given:
            yield (index,), f"{name} is in trial.environment too: keep one of the two"
        elif shell is not None and name not in shell:
            yield (index,), f"{name} is not set here: export it in this shell, or remove it"


PassEnvironment = Annotated[
    tuple[str, ...] | Literal["all"],
    BeforeValidator(_validate),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "const": ALL},
                {"type": "array", "items": {"type": "string", "pattern": f"^{_NAME.pattern}$"}},
            ]
        }
    ),
]
