"""The working directory of a trial, and optional values, as trials written for NNI need them."""

import os
import subprocess

import pytest

LOOK = (
    "test -x run.sh && sh lib/deep.sh && cat link && echo mine > here && echo more >> lib/deep.sh"
)


@pytest.fixture
def code(lab):
    """A snapshot, read-only as snapshots are."""
    code = lab.root / "code/1"
    (code / "lib").mkdir(parents=True)
    (code / "lib/deep.sh").write_text("echo deep\n")
    (code / "helper.py").write_text("x = 1\n")
    (code / "run.sh").touch()
    (code / "link").symlink_to("lib/deep.sh")
    subprocess.run(["chmod", "-R", "a-w", code], check=True)
    (code / "run.sh").chmod(0o555)
    yield "code/1"
    subprocess.run(["chmod", "-R", "u+w", code], check=True)


def test_a_copy_is_writable_and_belongs_to_the_attempt(lab, code):
    command = f'{LOOK} && (pwd; echo "$NNI_CODE_DIR") > "$HEIRLOOM_SAVE_PATH/cwd"'
    for attempt in ("0.1", "1.1"):
        ended = lab.run(attempt, command, code=code, workdir="copy", value="optional")
        assert ended["outcome"] == "committed", ended
        work = lab.attempt(attempt) / "work"
        assert (work / "here").read_text() == "mine\n"
        cwd = lab.root / "trials" / attempt[0] / "weights/cwd"
        assert cwd.read_text().splitlines() == [str(work), str(work)]
        assert "deep\n" in (lab.attempt(attempt) / "output.log").read_text()
    assert (lab.root / code / "lib/deep.sh").read_text() == "echo deep\n"
    assert not (lab.root / code / "here").exists()


def test_bytecode_of_a_copy_is_removed_from_the_node(lab, code):
    command = ["python", "-c", "import helper, sys; print(sys.modules['helper'].__cached__)"]
    ended = lab.run("0.1", command, code=code, workdir="copy", value="optional")
    assert ended["outcome"] == "committed", ended
    [compiled] = (lab.attempt("0.1") / "output.log").read_text().split()
    assert compiled.startswith(str(lab.local("pycache")))
    assert "0.1/work" in compiled
    assert not os.path.exists(compiled)  # noqa: PTH110 - as text


@pytest.mark.parametrize(
    ("result", "value"),
    [
        ('{"value": null, "nni": {"loss": "low"}}', None),
        ('{"value": 0.5, "nni": 0.5}', 0.5),
        (None, None),
    ],
)
def test_a_trial_without_a_value_succeeds_if_it_is_optional(lab, result, value):
    command = f"echo '{result}' > \"$HEIRLOOM_RESULT\"" if result else "true"
    assert lab.run("0.1", command, value="optional")["outcome"] == "committed"
    verdict = lab.verdict(0)
    assert (verdict.state, verdict.value) == ("succeeded", value)
    assert (verdict.result is None) == (result is None)


def test_a_trial_without_a_value_fails_if_it_is_required(lab):
    ended = lab.run("0.1", 'echo \'{"value": null}\' > "$HEIRLOOM_RESULT"')
    assert (ended["outcome"], "not a number: null" in ended["reason"]) == ("failed", True)


def test_a_stopped_trial_has_its_last_reported_value(lab):
    began = lab.fifo("began")
    report = 'echo "{\\"step\\": 0, \\"value\\": {\\"default\\": 0.5}}" >> "$HEIRLOOM_METRICS"'
    command = f"{report}; echo > {began.path}; exec sleep 1000"
    lab.start(lab.spec("0.1", command, value="optional"))
    began.receive()
    lab.end("0.1", "stopped", "hopeless")
    assert lab.ended("0.1")["outcome"] == "stopped"
    assert (lab.verdict(0).value, lab.verdict(0).result) == (0.5, None)
