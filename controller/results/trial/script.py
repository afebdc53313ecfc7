"""The shell script that trains an exported trial again."""

from __future__ import annotations

import json
import shlex

from heirloom.node.process.environment import THREAD_VARIABLES
from heirloom.node.spec import Spec

NAME = "train.sh"
SUMS = "SHA256SUMS"
AGAIN = "again"

_HEAD = """\
#!/bin/sh
# Trains trial {trial} of {experiment} again, in {again}/, and compares its weights.
# Exit code: 0 if they are those in weights/, byte for byte, 1 if they differ, 2 if training failed.
set -u
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd) || exit 2
again=$here/{again}
mkdir "$again" || {{ echo "move $again away, or remove it" >&2; exit 2; }}
mkdir "$again/weights" || exit 2
"""
_RUN = """
(cd "$again/work" && exec {command}) || {{ echo "training failed: exit code $?" >&2; exit 2; }}
"""
_PREPARE = """
mkdir "$again/node" || exit 2
(cd "$again/work" && exec {command}) || {{ echo "prepare failed: exit code $?" >&2; exit 2; }}
"""
_COMPARE = """
if [ -f "$again/result.json" ]; then echo "result: $(cat "$again/result.json")"; fi
cd "$again/weights" || exit 2
if [ "$(find . -type f | wc -l)" -eq {files} ]{check}; then
  echo "the weights are those of the trial, byte for byte"
else
  echo "the weights differ from those of the trial"
  exit 1
fi
"""


def script(spec: Spec, *, threads: int | None, files: int) -> str:
    """The text of the script.

    `spec` is that of the attempt whose weights were committed, `threads` the number that its
    process was told to use, and `files` the number of files of its weights.
    """
    head = _HEAD.format(trial=spec.trial, experiment=spec.experiment, again=AGAIN)
    code = "mkdir" if spec.code is None else 'cp -R "$here/code"'
    lines = [f'{code} "$again/work" || exit 2', *_variables(spec, threads)]
    check = f' && sha256sum --check --quiet "$here/{SUMS}"' if files else ""
    parts = [head, "\n".join(lines), "\n"]
    if spec.prepare is not None:
        parts.append(_PREPARE.format(command=_command(spec.prepare["command"])))
    parts.append(_RUN.format(command=_command(spec.command)))
    parts.append(_COMPARE.format(files=files, check=check))
    return "".join(parts)


def _command(command: str | list[str]) -> str:
    return shlex.join(["sh", "-c", command] if isinstance(command, str) else command)


def _variables(spec: Spec, threads: int | None) -> list[str]:
    """The lines that set what the supervisor sets (heirloom/node/process/environment.py)."""
    lines = [
        _set("CUDA_DEVICE_ORDER", "PCI_BUS_ID"),
        _export("PYTHONPYCACHEPREFIX", "$again/pycache"),
    ]
    if not spec.gpus:
        lines.append(_set("CUDA_VISIBLE_DEVICES", ""))
    if threads is not None:
        lines += [_set(name, str(threads)) for name in THREAD_VARIABLES]
    lines += [
        f': "${{{name}?set it: the trial had a value of its own from the shell of its user}}"'
        for name in spec.pass_environment
    ]
    lines += [_set(name, value) for name, value in spec.environment.items()]
    runtime = "$here/runtime:$here/runtime/heirloom/compat"
    lines.append(_export("PYTHONPATH", f"{runtime}${{PYTHONPATH:+:$PYTHONPATH}}"))
    restore = [f"$here/parents/{trial}" for trial in spec.restore]
    objectives = {name: dict(spec.bounds.get(name, {})) for name in spec.objectives}
    of_trial = {
        "HEIRLOOM_EXPERIMENT": spec.experiment,
        "HEIRLOOM_TRIAL": str(spec.trial),
        "HEIRLOOM_ATTEMPT": spec.attempt,
        "HEIRLOOM_SEED": str(spec.seed),
        "HEIRLOOM_OBJECTIVES": json.dumps(objectives),
        "HEIRLOOM_CHECKPOINT_PATH": "",
        "HEIRLOOM_CHECKPOINT_STEP": "",
        "NNI_PLATFORM": "local",
        "NNI_EXP_ID": spec.experiment,
        "NNI_TRIAL_JOB_ID": f"{spec.experiment}-{spec.trial}",
        "NNI_TRIAL_SEQ_ID": str(spec.trial),
    }
    lines += [_set(name, value) for name, value in of_trial.items()]
    paths = {
        "HEIRLOOM_PARAMS": "$here/params.json",
        "HEIRLOOM_RESTORE_PATH": restore[0] if restore else "",
        "HEIRLOOM_RESTORE_PATHS": ":".join(restore),
        "HEIRLOOM_SAVE_PATH": "$again/weights",
        "HEIRLOOM_NODE_DIR": "" if spec.prepare is None else "$again/node",
        "HEIRLOOM_METRICS": "$again/metrics.jsonl",
        "HEIRLOOM_RESULT": "$again/result.json",
        "HEIRLOOM_CHECKPOINT_DIR": "$again/checkpoint",
        "NNI_SYS_DIR": "$again",
        "NNI_OUTPUT_DIR": "$again",
        "NNI_CODE_DIR": "$again/work",
    }
    return lines + [_export(name, value) for name, value in paths.items()]


def _set(name: str, value: str) -> str:
    """A line that sets a variable to a text."""
    return f"export {name}={shlex.quote(value)}"


def _export(name: str, value: str) -> str:
    """A line that sets a variable to a text in which the shell replaces variables."""
    return f'export {name}="{value}"'
