"""Every way in which a trial's process can fail gives an outcome and a reason."""

import os
import signal

import pytest

from tests.integration.heirloom.lab import NOOP


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("echo oh dear >&2; exit 3", "exit code 3: oh dear"),
        ("exit 3", "exit code 3"),
        ("kill -9 $$", "killed by SIGKILL ("),
        ("kill -SEGV $$", "killed by SIGSEGV"),
        ("true", "reported no result"),
        ('echo "{\\"value\\": NaN}" > "$HEIRLOOM_RESULT"', "not finite: NaN"),
        ('echo "{\\"value\\": -Infinity}" > "$HEIRLOOM_RESULT"', "not finite: -Infinity"),
        ('echo "{\\"value\\": 1e999}" > "$HEIRLOOM_RESULT"', "not finite: Infinity"),
        ('echo "{\\"value\\": \\"good\\"}" > "$HEIRLOOM_RESULT"', 'not a number: "good"'),
        ('echo "{\\"value\\": true}" > "$HEIRLOOM_RESULT"', "not a number: true"),
        ('echo "{\\"val\\": 1}" > "$HEIRLOOM_RESULT"', "has no value"),
        ('echo 0.93 > "$HEIRLOOM_RESULT"', "has no value: 0.93"),
        ('echo "it went well" > "$HEIRLOOM_RESULT"', "not JSON: 'it went well"),
        ('head -c 70000 /dev/zero > "$HEIRLOOM_RESULT"', "larger than 64 KiB"),
        (["no-such-program", "x"], "cannot start 'no-such-program': No such file or directory"),
        ("no-such-program", "exit code 127"),
        ('python -c "1/0" | cat', "(its output says: <string>:1: ZeroDivisionError: division by"),
        (f'ln -s /etc/passwd "$HEIRLOOM_SAVE_PATH/w"; {NOOP}', "weights/w is a symbolic link"),
        (f'rm -r "$HEIRLOOM_SAVE_PATH"; {NOOP}', "the save path does not exist"),
        (f'touch "$HEIRLOOM_SAVE_PATH/../x"; {NOOP}', "'x' is beside the save path"),
    ],
)
def test_it_fails_with_a_reason(lab, command, message):
    ended = lab.run("0.1", command)
    assert ended["outcome"] == "failed"
    assert message in ended["reason"]
    assert lab.verdict(0) is None
    assert not (lab.attempt("0.1") / "out").exists()  # it cannot be committed any more


def test_an_empty_save_path_fails_where_weights_are_required(lab):
    ended = lab.run("0.1", weights="required")
    assert ended["outcome"] == "failed"
    assert "weights: required" in ended["reason"]


def test_a_timeout_ends_the_process(lab):
    ended = lab.run("0.1", "exec sleep 1000", timeout=0.1)
    assert ended["outcome"] == "timeout"
    assert ended["reason"] == "ran past its timeout of 0.1 s"


def test_a_timeout_kills_a_process_that_ignores_sigterm(lab):
    command = "trap '' TERM; while :; do sleep 0.05; done"
    assert lab.run("0.1", command, timeout=0.1, grace=0.1)["outcome"] == "timeout"


def test_no_descendant_outlives_the_trial_even_in_another_session(lab):
    lingering = lab.fifo("lingering")
    # The grandchild holds the FIFO open for writing: the reader sees its end when that dies.
    command = f'setsid sh -c "setsid sleep 1000 & sleep 1000" > "{lingering.path}" & {NOOP}'
    assert lab.start(lab.spec("0.1", command)) == ["started"]
    assert lingering.receive() == ""
    assert lab.ended("0.1")["outcome"] == "committed"


def test_the_slot_of_a_killed_supervisor_goes_to_the_next(lab):
    lab.slots = lab.slots[:1]
    began, go_on = lab.fifo("began"), lab.fifo("go-on")
    command = f'echo x > "{began.path}"; read line < "{go_on.path}"; {NOOP}'
    lab.start(lab.spec("0.1", command))
    began.receive()
    lab.start(lab.spec("1.1", command))
    assert not (lab.root / "mail/new/1.1.began.json").exists()
    os.kill(lab.supervisor("0.1"), signal.SIGKILL)  # its trial dies with it
    began.receive()
    go_on.send()
    assert lab.ended("1.1")["outcome"] == "committed"


def test_a_missing_code_directory_is_refused(lab):
    ended = lab.run("0.1", code="code/gone")
    assert ended["outcome"] == "refused"
    assert "code/gone" in ended["reason"]


def test_an_attempt_whose_directory_exists_is_refused(lab):
    lab.attempt("0.1").mkdir()
    ended = lab.run("0.1")
    assert ended["outcome"] == "refused"
    assert "exists already" in ended["reason"]


def test_a_trial_that_needs_more_than_the_node_has_is_refused(lab):
    ended = lab.run("0.1", slots=5)
    assert ended["outcome"] == "refused"
    assert "takes 5 slots and 0 GPUs; this node has 4 slots and 0 GPUs" in ended["reason"]


def test_a_failed_supervisor_reports_it(lab, monkeypatch):
    def broken(*_):
        raise KeyError("what")

    monkeypatch.setattr("heirloom.node.supervisor.evaluate_run", broken)
    ended = lab.run("0.1")
    assert ended["outcome"] == "refused"
    assert "its supervisor failed (KeyError: 'what')" in ended["reason"]
    assert "Traceback" in lab.local("supervisor.log").read_text()


def test_a_full_store_is_reported_and_space_is_freed(lab, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device", "w")

    monkeypatch.setattr("heirloom.store.commits.commit.measure", full)
    ended = lab.run("0.1", f'echo w > "$HEIRLOOM_SAVE_PATH/w"; {NOOP}')
    assert ended["outcome"] == "full"
    assert not list(lab.attempt("0.1").glob("out*/"))


def test_mail_is_retried_until_the_store_accepts_it(lab):
    gone = lab.root / "mail/elsewhere"
    began, go_on = lab.fifo("began"), lab.fifo("go-on")
    command = f'echo x > "{began.path}"; read line < "{go_on.path}"; {NOOP}'
    lab.start(lab.spec("0.1", command))
    began.receive()
    (lab.root / "mail/new").rename(gone)
    lab_fifo = lab.fifo("mail/new")  # a FIFO in the place of the directory takes no mail
    go_on.send()
    while lab.verdict(0) is None:
        os.sched_yield()
    while lab.probe("0.1") != "ended":  # recorded on the node already
        os.sched_yield()
    assert not (gone / "0.1.ended.json").exists()
    lab_fifo.path.unlink()
    gone.rename(lab.root / "mail/new")
    assert lab.ended("0.1")["outcome"] == "committed"
    assert lab.mail("0.1", "ended")["outcome"] == "committed"
