"""Trials written for NNI, as processes of an experiment and outside any experiment."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import nni
from tests.integration.heirloom.test_trial_api import metrics, old_pythons

PACKAGE = Path(nni.__path__[0])

# As NNI's documentation has a trial: https://nni.readthedocs.io, "Write a trial".
TUTORIAL = """
import nni
params = nni.get_next_parameter()
assert params == {"lr": 0.1, "layer": {"_name": "conv", "size": 3}}, params
assert nni.get_current_parameter() == params
assert nni.get_current_parameter("lr") == 0.1
for epoch in range(3):
    nni.report_intermediate_result(params["lr"] * epoch)
nni.report_final_result(0.93)
"""
PARAMS = {"lr": 0.1, "layer": {"_name": "conv", "size": 3}}


def python(*lines):
    return ["python", "-W", "error", "-c", "\n".join(["import nni", *lines])]


def reported(lab, *lines, **spec):
    """Run a trial that calls for its parameters first; its result, and its reports."""
    ended = lab.run("0.1", python("nni.get_next_parameter()", *lines), **spec)
    assert ended["outcome"] == "committed", ended
    values = [line["value"] for line in metrics(lab, "0.1")] if "intermediate" in str(lines) else []
    return lab.verdict(0).result, values


def test_the_tutorials_trial_gets_its_parameters_and_reports(lab):
    ended = lab.run("0.1", ["python", "-W", "error", "-c", TUTORIAL], params=PARAMS)
    assert ended["outcome"] == "committed"
    assert lab.verdict(0).result == {"value": 0.93, "nni": 0.93}
    steps = [(line["step"], line["value"]) for line in metrics(lab, "0.1")]
    assert steps == [(0, 0.0), (1, 0.1), (2, 0.2)]


@pytest.mark.parametrize("name", ["get_next_parameter", "get_next_parameters", "get_parameters"])
def test_parameters_have_several_names_and_are_given_once(lab, name):
    command = python(
        "assert nni.get_current_parameter() is None",
        f"assert nni.{name}() == {{'lr': 0.1}}",
        f"assert nni.{name}() is None",  # there is no second phase
        "assert nni.get_current_parameter('lr') == 0.1",
        "nni.report_final_result(1)",
    )
    assert lab.run("0.1", command, params={"lr": 0.1})["outcome"] == "committed"


def test_numpys_numbers_arrive_as_numbers_within_dictionaries_too(lab):
    result, values = reported(
        lab,
        "import numpy as np",
        "nni.report_intermediate_result(np.float32(0.5))",
        "nni.report_intermediate_result({'default': np.float64(0.25), 'n': np.int64(3)})",
        "nni.report_final_result({'default': np.float32(0.75), 'loss': {'mean': np.float64(2)}})",
    )
    assert values == [0.5, {"default": 0.25, "n": 3}]
    assert result == {"value": 0.75, "nni": {"default": 0.75, "loss": {"mean": 2.0}}}


def test_any_text_in_a_metric_arrives_unchanged(lab):
    text = "it's \"quoted\"\n$HOME `date` % \\ für ☃ \U0001f600 'NNISDK_ME"
    metric = {"default": 0.5, "note": text}
    result, values = reported(
        lab,
        f"metric = {metric!r}",
        "nni.report_intermediate_result(metric)",
        "nni.report_final_result(metric)",
    )
    assert values == [metric]
    assert result == {"value": 0.5, "nni": metric}


def test_a_trial_cannot_report_before_it_requests_parameters(lab):
    ended = lab.run("0.1", python("nni.report_final_result(1)"))
    assert ended["outcome"] == "failed"
    assert "call nni.get_next_parameter() before nni.report_final_result" in ended["reason"]


def test_an_invalid_metric_raises_at_its_line(lab):
    lines = "nni.get_next_parameter()", "nni.report_final_result(float('nan'))"
    ended = lab.run("0.1", python(*lines))
    assert ended["outcome"] == "failed"
    assert "ValueError: a metric must be finite, not nan" in ended["reason"]


def test_a_too_long_report_is_refused(lab):
    lines = "nni.get_next_parameter()", "nni.report_intermediate_result('x' * 70000)"
    ended = lab.run("0.1", python(*lines))
    assert ended["outcome"] == "failed"
    assert "ValueError: a report takes at most 64 KiB as JSON, not 68" in ended["reason"]


def test_an_early_stop_waits_for_the_next_report(lab):
    began = lab.fifo("began")
    command = python(
        "import os, signal, time",
        "nni.get_next_parameter()",
        "nni.report_intermediate_result(0.5)",
        "came, held = [], signal.getsignal(signal.SIGTERM)",
        "signal.signal(signal.SIGTERM, lambda *given: (came.append(1), held(*given)))",
        f"open({str(began.path)!r}, 'w').close()",
        "while not came: time.sleep(0.01)",  # it comes before the weights are written
        "open(os.environ['HEIRLOOM_SAVE_PATH'] + '/w', 'w').close()",
        "nni.report_intermediate_result({'default': 0.75})",
        "nni.report_final_result(1)",
    )
    lab.start(lab.spec("0.1", command, grace=60.0))
    began.receive()
    lab.end("0.1", "stopped", "hopeless")
    assert lab.ended("0.1")["outcome"] == "stopped"
    assert (lab.verdict(0).state, lab.verdict(0).weights) == ("stopped", True)
    assert [entry.path for entry in lab.verdict(0).files] == ["w"]


STANDALONE = """
import nni
assert nni.get_next_parameter() == {} == nni.get_next_parameter() == nni.get_current_parameter()
assert nni.get_experiment_id() == nni.get_trial_id() == "STANDALONE"
assert nni.get_sequence_id() == 0
nni.report_intermediate_result(0.5)
nni.report_intermediate_result({"default": 0.75})
nni.report_final_result({"default": 0.9, "note": "it's"})
"""


def outside(interpreter, text):
    return subprocess.run(
        [interpreter, "-W", "error", "-c", text],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=True,
    )


def test_it_works_outside_an_experiment():
    done = outside(sys.executable, STANDALONE)
    assert done.stdout.splitlines() == [
        "Intermediate result: 0.5  (Index 0)",
        "Intermediate result: {'default': 0.75}  (Index 1)",
        """Final result: {'default': 0.9, 'note': "it's"}""",
    ]
    assert "this process is not a trial of an experiment" in done.stderr


def test_outside_an_experiment_it_may_report_before_parameters():
    done = outside(sys.executable, "import nni; nni.report_final_result(1)")
    assert (done.stdout, done.stderr) == ("Final result: 1\n", "")


def test_all_of_it_runs_on_python_3_9(lab):
    interpreter = next(iter(old_pythons()), None)
    if interpreter is None:
        pytest.skip("no Python 3.9 on PATH or under ~/.pyenv")
    modules = [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).replace(".__init__", "")
        for path in PACKAGE.rglob("*.py")
    ]
    done = outside(interpreter, f"import {', '.join(modules)}\n{STANDALONE}")
    assert "Final result" in done.stdout
    assert lab.run("0.1", [interpreter, "-c", TUTORIAL], params=PARAMS)["outcome"] == "committed"


def test_a_tuners_process_can_import_it_without_an_experiment():
    text = (
        "import json, sys, nni.tuner, nni.assessor, nni.utils\n"
        "print(json.dumps(sorted(name.partition('.')[0] for name in sys.modules)))"
    )
    loaded = set(json.loads(outside(sys.executable, text).stdout))
    assert not {"numpy", "tempfile", "subprocess"} & loaded  # it starts fast
