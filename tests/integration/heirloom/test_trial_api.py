"""`from heirloom import trial`, as a trial of an experiment and outside any experiment."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import heirloom

PACKAGE = Path(heirloom.__path__[0])
SAVE = "(trial.save_path / 'w').write_text('w')"


def python(*lines):
    return ["python", "-W", "error", "-c", "\n".join(["from heirloom import trial", *lines])]


def metrics(lab, attempt):
    return [
        json.loads(line)
        for line in (lab.attempt(attempt) / "metrics.jsonl").read_text().splitlines()
    ]


def test_a_trial_reads_its_parameters_and_reports(lab):
    command = python(
        "assert trial.params == {'lr': 0.1}",
        "assert trial.restore_path is None and trial.restore_paths == ()",
        SAVE,
        "trial.report(1)",
        "trial.report(0.5)",
        "trial.report(0.25, step=10)",
        "trial.report(float('nan'))",
        "trial.finish(0.93, note='good')",
    )
    assert lab.run("0.1", command, params={"lr": 0.1})["outcome"] == "committed"
    reports = [(line["step"], line["value"]) for line in metrics(lab, "0.1")]
    assert reports == [(0, 1), (1, 0.5), (10, 0.25), (11, None)]
    assert lab.verdict(0).result == {"value": 0.93, "note": "good"}
    assert [entry.path for entry in lab.verdict(0).files] == ["w"]


def test_metrics_are_reported_by_name_within_limits(lab):
    command = python(
        "import numpy",
        "trial.report(1, 3, loss=numpy.float32(0.5), f1=None)",
        "trial.report(2, lr=float('inf'), **{'acc/top 5': 1})",
        "for n in range(70): trial.report(n, **{f'm{n}': n})",
        "trial.finish(0.93, loss=0.25)",
    )
    assert lab.run("0.1", command)["outcome"] == "committed"
    first, second, *rest = [line["metrics"] for line in metrics(lab, "0.1")]
    assert (first, second) == ({"loss": 0.5, "f1": None}, {"lr": None, "acc/top 5": 1})
    assert rest == [{f"m{n}": n} if n < 60 else {} for n in range(70)]
    log = (lab.attempt("0.1") / "output.log").read_text()
    assert log == (
        "heirloom: metric 'm60' is one too many: an attempt has 64 names; "
        "it is dropped, and others like it\n"
    )


def test_a_metric_that_is_not_a_number_raises_at_its_line(lab):
    ended = lab.run("0.1", python("trial.report(1, loss='low')"))
    assert ended["outcome"] == "failed"
    assert "TypeError: metric 'loss' must be a number, not 'low' (str)" in ended["reason"]


def test_a_child_finds_its_parents(lab):
    for trial in (0, 1):
        lab.run(f"{trial}.1", python(f"{SAVE}", "trial.finish(1)"))
    command = python(
        "assert [p.parent.name for p in trial.restore_paths] == ['1', '0']",
        "assert trial.restore_path == trial.restore_paths[0]",
        "trial.finish(len((trial.restore_path / 'w').read_text()))",
    )
    assert lab.run("2.1", command, restore=[1, 0])["outcome"] == "committed"


def test_a_trial_has_a_seed_and_a_device(lab):
    command = python("trial.finish(trial.seed, device=trial.device)")
    assert lab.run("0.1", command, seed=2**32 - 1)["outcome"] == "committed"
    assert lab.verdict(0).result == {"value": 2**32 - 1, "device": "cpu"}


@pytest.mark.parametrize(
    ("visible", "device"), [("0", "cuda"), ("GPU-3f,GPU-4a", "cuda"), ("", "cpu"), ("-1", "cpu")]
)
def test_a_trial_by_hand_uses_the_gpus_that_it_sees(visible, device):
    program = "from heirloom import trial; print(trial.device, trial.seed)"
    variables = {"PATH": os.environ["PATH"], "CUDA_VISIBLE_DEVICES": visible}
    command = [sys.executable, "-c", program]
    output = subprocess.check_output(command, cwd=PACKAGE.parent, env=variables, text=True)
    assert output.split() == [device, "0"]


@pytest.mark.parametrize(
    ("value", "plain"),
    [("numpy.float32(0.5)", 0.5), ("numpy.int64(3)", 3), ("numpy.array([0.25])", 0.25)],
)
def test_numpys_numbers_are_numbers(lab, value, plain):
    command = python("import numpy", f"trial.report({value})", f"trial.finish({value})")
    assert lab.run("0.1", command)["outcome"] == "committed"
    assert lab.verdict(0).value == plain
    assert metrics(lab, "0.1")[0]["value"] == plain


@pytest.mark.parametrize("value", ["'good'", "None", "True", "[1]"])
def test_a_value_that_is_not_a_number_raises_at_its_line(lab, value):
    ended = lab.run("0.1", python(f"trial.finish({value})"))
    assert ended["outcome"] == "failed"
    assert "TypeError: a result must be a number, not" in ended["reason"]


def test_a_result_that_is_not_finite_fails_the_trial(lab):
    ended = lab.run("0.1", python("trial.finish(float('nan'))"))
    assert (ended["outcome"], ended["reason"]) == ("failed", "its result is not finite: NaN")


def test_an_early_stop_waits_for_the_next_report(lab):
    began = lab.fifo("began")
    command = python(
        "import signal, time",
        "from heirloom.channel import channel",
        "channel.note('inherited', {'share': 0.5})",
        "trial.report(0.5)",
        "came, held = [], signal.getsignal(signal.SIGTERM)",
        "signal.signal(signal.SIGTERM, lambda *given: (came.append(1), held(*given)))",
        f"open({str(began.path)!r}, 'w').close()",
        "while not came: time.sleep(0.01)",  # it comes before the weights are written
        SAVE,
        "trial.report(0.75)",
        "trial.finish(1)",
    )
    lab.start(lab.spec("0.1", command, grace=60.0))
    began.receive()
    lab.end("0.1", "stopped", "hopeless")
    assert lab.ended("0.1")["outcome"] == "stopped"
    verdict = lab.verdict(0)
    assert (verdict.state, verdict.weights, verdict.value) == ("stopped", True, 0.75)
    assert verdict.result == {"inherited": {"share": 0.5}}
    assert [entry.path for entry in verdict.files] == ["w"]


@pytest.mark.parametrize("line", ["PROGRAM", "true; PROGRAM; true", "PROGRAM | cat"])
def test_an_early_stop_waits_for_a_program_behind_a_shell(lab, line):
    began = lab.fifo("began")
    program = lab.base / "train.py"
    program.write_text(
        "import signal, time\n"
        "from heirloom import trial\n"
        "trial.report(0.5)\n"
        "came, held = [], signal.getsignal(signal.SIGTERM)\n"
        "signal.signal(signal.SIGTERM, lambda *given: (came.append(1), held(*given)))\n"
        f"open({str(began.path)!r}, 'w').close()\n"
        "while not came: time.sleep(0.01)\n"
        "time.sleep(0.3)\n"  # the shell has died meanwhile
        f"{SAVE}\n"
        "trial.report(0.75)\n"
        "trial.finish(1)\n"
    )
    lab.start(lab.spec("0.1", line.replace("PROGRAM", f"python {program}"), grace=60.0))
    began.receive()
    lab.end("0.1", "stopped", "hopeless")
    assert lab.ended("0.1")["outcome"] == "stopped"
    verdict = lab.verdict(0)
    assert (verdict.state, verdict.weights, verdict.value) == ("stopped", True, 0.75)
    assert [entry.path for entry in verdict.files] == ["w"]


def test_a_program_behind_a_shell_that_ignores_its_stop_is_killed_and_leaves_no_weights(lab):
    began = lab.fifo("began")
    program = (
        f"import signal, time; signal.signal(15, signal.SIG_IGN); open({str(began.path)!r}, 'w')"
        ".close(); time.sleep(1000)"
    )
    lab.start(lab.spec("0.1", f'true; python -c "{program}"; true', grace=0.2))
    began.receive()
    lab.end("0.1", "stopped", "hopeless")
    assert lab.ended("0.1")["outcome"] == "stopped"
    assert not lab.verdict(0).weights


def test_an_early_stop_takes_effect_at_the_report_of_any_thread(lab):
    began = lab.fifo("began")
    command = python(
        "import signal, threading, time",
        "trial.report(0.5)",
        "came, held = threading.Event(), signal.getsignal(signal.SIGTERM)",
        "signal.signal(signal.SIGTERM, lambda *given: (came.set(), held(*given)))",
        "def work():",
        "    came.wait()",
        "    trial.report(0.75)",
        "threading.Thread(target=work, daemon=True).start()",
        f"open({str(began.path)!r}, 'w').close()",
        "while True: time.sleep(0.01)",
    )
    lab.start(lab.spec("0.1", command, grace=1000.0))
    began.receive()
    lab.end("0.1", "stopped", "hopeless")
    assert lab.ended("0.1")["outcome"] == "stopped"
    assert lab.verdict(0).value == 0.75


def test_a_second_signal_ends_the_trial_at_once(lab):
    began, go_on = lab.fifo("began"), lab.fifo("go-on")
    command = python(
        "import os, signal",
        "trial.report(0.5)",
        "os.kill(os.getpid(), signal.SIGTERM)",
        f"open({str(began.path)!r}, 'w').close()",
        f"open({str(go_on.path)!r}).read()",
    )
    lab.start(lab.spec("0.1", command, grace=1000.0))
    began.receive()
    lab.end("0.1", "cancelled")
    assert lab.ended("0.1")["outcome"] == "cancelled"


def outside(interpreter, *lines, **environment):
    """Run lines with the API outside an experiment; returns what they print."""
    return subprocess.run(
        [interpreter, "-W", "error", "-c", "\n".join(["from heirloom import trial", *lines])],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE.parent), **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_it_works_outside_an_experiment(tmp_path):
    printed = outside(
        sys.executable,
        "assert trial.params == {} and trial.restore_path is None",
        f"assert trial.save_path.is_dir() and trial.save_path is trial.save_path; {SAVE}",
        "trial.report(0.5); trial.finish(0.75)",
        TMPDIR=str(tmp_path),
    )
    assert "step 0: 0.5" in printed
    assert 'result: {"value": 0.75}' in printed
    [scratch] = tmp_path.iterdir()
    assert (scratch / "w").read_text() == "w"
    assert f"weights go to {scratch}" in printed


def test_checkpoints_work_outside_an_experiment(tmp_path):
    printed = outside(
        sys.executable,
        "assert trial.checkpoint_path is None and trial.first_step == 0",
        "trial.report(0.5, step=4)",
        "with trial.checkpoint() as directory: (directory / 'state').write_text('whole')",
        TMPDIR=str(tmp_path),
    )
    [scratch] = tmp_path.iterdir()
    assert f"checkpoints go to {scratch}" in printed
    assert (scratch / "4/state").read_text() == "whole"


def test_a_trial_by_hand_continues_where_the_variables_say():
    printed = outside(
        sys.executable,
        "print(trial.checkpoint_path, trial.first_step)",
        "trial.report(0.5)",
        HEIRLOOM_CHECKPOINT_PATH="/saved",
        HEIRLOOM_CHECKPOINT_STEP="7",
    )
    assert printed.splitlines() == ["/saved 8", "heirloom: step 8: 0.5"]


@pytest.mark.parametrize(
    ("step", "problem"), [("", "needs a step before the first report"), ("-1", "must be 0 or more")]
)
def test_a_checkpoint_needs_a_step(lab, step, problem):
    ended = lab.run("0.1", python(f"with trial.checkpoint({step}): pass"))
    assert ended["outcome"] == "failed"
    assert problem in ended["reason"]


def test_the_import_creates_nothing(tmp_path):
    assert outside(sys.executable, TMPDIR=str(tmp_path)) == ""
    assert list(tmp_path.iterdir()) == []


def old_pythons():
    found = [shutil.which("python3.9")]
    found += map(str, Path.home().glob(".pyenv/versions/3.9.*/bin/python3.9"))
    return [path for path in found if path and runs(path)][:1]


def runs(path):
    return subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0


SMOKE = """
import fcntl, json, os, sys
from heirloom.node import attempts
root, run_dir = sys.argv[1:]
experiment = os.path.basename(root)
spec = {"format": 1, "attempt": "0.1", "experiment": experiment, "root": root, "node": "here",
        "runtime": "runtime/1", "params": {"a": 1}, "command": ["python", "-W", "error", "-c",
        "from heirloom import trial\\n(trial.save_path / 'w').write_bytes(bytes(9 << 20))\\n"
        "trial.report(trial.params['a'])\\ntrial.finish(1)"]}
child = {**spec, "attempt": "1.1", "restore": [0]}
slots = [{"name": "0", "gpus": []}]
print([answer["found"] for answer in attempts.start(run_dir, slots, [child, spec])])
for attempt in ("0.1", "1.1"):
    with open(f"{run_dir}/{experiment}/{attempt}.claim") as claim:
        fcntl.flock(claim, fcntl.LOCK_SH)
ends = attempts.probe(run_dir, experiment, ["0.1", "1.1"])
print([answer["outcome"]["outcome"] for answer in ends])
"""


NEEDS_SCIPY = PACKAGE / "assessors" / "curves"  # imported by curve_fitting alone, when it is used


def modules_of_3_9():
    """The modules that must run on Python 3.9 without anything installed."""
    rooms = ("node", "store", "channel", "assessors")
    files = [PACKAGE / "trial.py"]
    files += [file for room in rooms for file in sorted((PACKAGE / room).rglob("*.py"))]
    files = [file for file in files if file.parent != NEEDS_SCIPY]
    paths = [file.relative_to(PACKAGE.parent).with_suffix("") for file in files]
    return [".".join(path.parts).removesuffix(".__init__") for path in paths]


def test_node_and_trial_side_run_on_python_3_9(lab):
    interpreter = next(iter(old_pythons()), None)
    if interpreter is None:
        pytest.skip("no Python 3.9 on PATH or under ~/.pyenv")
    outside(interpreter, *(f"import {name}" for name in modules_of_3_9()))
    done = subprocess.run(
        [interpreter, "-W", "error", "-c", SMOKE, lab.root, lab.run_dir],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["['started', 'started']", "['committed', 'committed']"]
