"""The tuner and the assessor of an NNI configuration in Heirloom's own form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.config.mistakes import Key, unknown
from controller.config.nni.builtin import ASSESSORS, REFUSED, TUNERS, Served, find
from controller.config.nni.native import Native
from controller.config.nni.nni_config import Algorithm, NniConfig
from heirloom.objective import DIRECTIONS

_ARGS = "classArgs"


def add_algorithms(native: Native, said: NniConfig) -> None:
    """Say what proposes trials, what stops them, and what both of them take for better."""
    tuner, advisor = said.algorithm("tuner"), said.algorithm("advisor")
    if advisor is not None:
        _refuse_advisor(native, advisor)
    elif tuner is None:
        native.mistake((), "missing: tuner, what proposes the trials")
    for algorithm in said.algorithms:
        if algorithm.kind != "advisor":
            _add(native, algorithm)
    if tuner is not None and tuner.class_ is not None:
        native.put(("tuner", "multi_thread"), said.multi_thread or None, ("multiThread",))
        last = tuner.last_report or None
        source = ("tuner", "includeIntermediateResults")
        native.put(("tuner", "include_intermediate_results"), last, source)
    _add_objective(native, said)


def _add(native: Native, algorithm: Algorithm) -> None:
    kind = algorithm.kind
    native.named[(kind,)] = (kind,)
    if algorithm.lacks is not None:
        native.mistake((kind,), algorithm.lacks)
    elif algorithm.name is not None and algorithm.class_ is not None:
        ours, theirs = algorithm.names["name"], algorithm.names["class"]
        native.mistake((kind,), f"give either {ours} or {theirs}, not both")
    elif algorithm.name is not None:
        _add_builtin(native, algorithm, algorithm.name)
    elif algorithm.class_ is not None:
        native.put((kind, "class"), algorithm.class_, algorithm.key("class"))
        native.put((kind, "code_dir"), algorithm.code_dir or ".", algorithm.key("code_dir"))
        native.put((kind, "args"), dict(algorithm.args), (kind, _ARGS))
        native.put((kind, "interface"), "nni", algorithm.key("class"))
    else:
        names = algorithm.names
        words = f"missing: {names['name']}, or {names['class']} for a class of your own"
        native.mistake((kind,), words)
    if algorithm.gpus is not None:
        words = f"the {kind} sees the GPUs that this command sees: set CUDA_VISIBLE_DEVICES for it"
        native.note((kind, algorithm.gpus), words)
    if algorithm.state is not None:
        words = "is not used: NNI_CHECKPOINT_DIRECTORY names a directory in the experiment's place"
        native.note((kind, algorithm.state), words)


def _add_builtin(native: Native, algorithm: Algorithm, name: str) -> None:
    kind, key = algorithm.kind, algorithm.key("name")
    table = TUNERS if kind == "tuner" else ASSESSORS
    found = find(name, table)
    if found is None:
        native.mistake(key, _unserved(kind, name, table))
        if kind == "tuner":
            native.put((kind, "name"), "random", key)  # so that the rest is looked at too
        return
    served = table[found]
    native.put((kind, "name"), served.name, key)
    if args := _args(native, algorithm, found, served):
        native.put((kind, "args"), args, (kind, _ARGS))
    if served.note:
        native.note(key, served.note)


def _unserved(kind: str, name: str, table: Mapping[str, Served]) -> str:
    refused = find(name, REFUSED)
    if refused is not None:
        return f"NNI's {refused} is not served: {REFUSED[refused]}"
    own = "; for a class of your own give its file and its name"
    return unknown(kind, name, [*table, *REFUSED]) + own


def _args(native: Native, algorithm: Algorithm, name: str, served: Served) -> dict[str, Any]:
    """Heirloom's arguments for one that comes with NNI."""
    args: dict[str, Any] = dict(served.given)
    said = dict(algorithm.args)
    inner = said.pop("tpe_args", None) if name == "TPE" else None
    given: list[tuple[str, Any, Key]] = [
        (key, value, (algorithm.kind, _ARGS, key)) for key, value in said.items()
    ]
    if isinstance(inner, Mapping):
        given += [
            (str(key), value, (algorithm.kind, _ARGS, "tpe_args", str(key)))
            for key, value in inner.items()
        ]
    for key, value, source in given:
        if key == "optimize_mode":
            continue
        if key == "seed" and algorithm.kind == "tuner":
            native.put(("seed",), value, source)
        elif key in served.args:
            args[served.args[key]] = value
            native.named[(algorithm.kind, "args", served.args[key])] = source
        elif key in served.dropped:
            native.note(source, f"has no counterpart in `{served.name}` and is left out")
        else:
            known = ["optimize_mode", *served.args, *sorted(served.dropped)]
            native.mistake(source, unknown("argument", key, known) + f" (of {name})")
    start = args.get("warmup")
    if name == "Medianstop" and isinstance(start, int) and not isinstance(start, bool):
        args["warmup"] = max(0, start - 1)  # NNI's is the first step that is judged
    elif name == "Medianstop":
        args.setdefault("warmup", 0)
    return args


def _refuse_advisor(native: Native, advisor: Algorithm) -> None:
    if advisor.class_ is not None or advisor.name is None:
        native.mistake(
            ("advisor",),
            "an advisor of your own is not run, since it speaks to NNI's manager itself: write a "
            "tuner, and an assessor if it is to stop trials",
        )
    else:
        native.mistake(advisor.key("name"), _unserved("advisor", advisor.name, {}))


def _add_objective(native: Native, said: NniConfig) -> None:
    found: dict[str, Key] = {}
    for algorithm in said.algorithms:
        mode = algorithm.args.get("optimize_mode")
        source: Key = (algorithm.kind, _ARGS, "optimize_mode")
        if mode is None:
            continue
        if mode not in DIRECTIONS:
            native.mistake(source, f"must be maximize or minimize, not {mode!r}")
        elif found and mode not in found:
            native.mistake(source, f"the tuner says {next(iter(found))}: let both say the same")
        else:
            found.setdefault(mode, source)
    if found:
        native.put(("objective",), *next(iter(found.items())))
