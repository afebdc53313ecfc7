"""What NNI has and this package has not, and what to use instead.

`advice` serves attributes (`nni.nas`). A finder at the end of `sys.meta_path` serves imports
(`import nni.nas`, `from nni.nas.nn.pytorch import LayerChoice`): it raises ModuleNotFoundError
with the same words. `importlib.util.find_spec` still returns None for such a module.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from types import FrameType, ModuleType
from typing import Optional

_DOCS = "see docs/reference/nni.md"

_ANNOTATIONS = (
    "calls that describe parameters are served in annotations alone (useAnnotation: true): "
    "describe them in the search space, and read them with nni.get_next_parameter()"
)
_ARCHITECTURE = (
    "NNI's own architecture search is not served: write the network with the choices of "
    "heirloom.nas (docs/tutorial/choices.md), or a tuner that proposes the networks"
)
_EXPERIMENTS = (
    "experiments are run from a file: heirloom run config.yml (python -m controller run "
    "config.yml in a clone)"
)
_ALGORITHMS = (
    "name a tuner or an assessor in the experiment file (such as tuner: {name: TPE}), or subclass "
    "nni.tuner.Tuner or nni.assessor.Assessor"
)
_ALGORITHM_NAMES = ("_tuner", "_assessor", "_advisor")  # how NNI's modules of algorithms end
_INTERNALS = "only what trials, tuners and assessors of a search use is served"
_FEATURES = f"{_INTERNALS}; select features in the trial's own code"

_ADVICE = {
    **dict.fromkeys(
        (
            "choice",
            "randint",
            "uniform",
            "quniform",
            "loguniform",
            "qloguniform",
            "normal",
            "qnormal",
            "lognormal",
            "qlognormal",
            "function_choice",
            "variable",
            "smartparam",
        ),
        _ANNOTATIONS,
    ),
    **dict.fromkeys(
        (
            "mutable_layer",
            "mutable_layers",
            "training_update",
            "nas",
            "retiarii",
            "mutable",
            "nas_utils",
        ),
        _ARCHITECTURE,
    ),
    **dict.fromkeys(("experiment", "Experiment", "tools", "nni_cmd"), _EXPERIMENTS),
    **dict.fromkeys(
        (
            "algorithms",
            "advisor",
            "msg_dispatcher",
            "multi_phase",
        ),
        _ALGORITHMS,
    ),
    "feature_engineering": _FEATURES,
    **dict.fromkeys(
        (
            "compression",
            "common",
            "contrib",
            "trace",
            "save",
            "platform",
            "package_utils",
            "typehint",
            "runtime",
            "trial_tool",
            "recoverable",
        ),
        _INTERNALS,
    ),
}


def advice(name: str) -> str:
    """The message for a name, such as `nas.nn.pytorch`, that this package has not."""
    first = name.partition(".")[0]
    is_algorithm = first.endswith(_ALGORITHM_NAMES)
    text = _ALGORITHMS if is_algorithm else _ADVICE.get(first)
    return f"Heirloom's nni has no {name!r}" + (f": {text}; {_DOCS}" if text else "")


class UnsupportedFinder:
    """Refuses the import of modules of `nni` that no other finder has found.

    It does not subclass MetaPathFinder, whose module imports much.
    """

    def find_spec(
        self,
        fullname: str,
        path: Optional[Sequence[str]],
        target: Optional[ModuleType] = None,
    ) -> None:
        """None, unless a module of `nni` is imported: then raises ModuleNotFoundError."""
        callers = list(_import_machinery()) if fullname.startswith("nni.") else ()
        # Without the first, `importlib.util.find_spec` asks whether there is such a module.
        if "_find_and_load_unlocked" in callers:
            # `from nni import nas` hides an error that has the module's name.
            name = None if "_handle_fromlist" in callers else fullname
            raise ModuleNotFoundError(advice(fullname.partition(".")[2]), name=name)


def _import_machinery() -> Iterator[str]:
    """The functions of Python's import system that are running, the innermost first."""
    frame: Optional[FrameType] = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        yield frame.f_code.co_name
        frame = frame.f_back


def install() -> None:
    """Add the finder, once."""
    if not any(type(finder).__name__ == UnsupportedFinder.__name__ for finder in sys.meta_path):
        sys.meta_path.append(UnsupportedFinder())
